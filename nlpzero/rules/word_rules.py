"""Rules between the words of sentences, with defaults that leave what says something."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from nlpzero.engine.resources import Resources
from nlpzero.rules.apriori import frequent_itemsets
from nlpzero.rules.association import association_rules
from nlpzero.rules.common_words import COMMON, common_words
from nlpzero.rules.contexts import RecordedTokenizer, with_contexts
from nlpzero.rules.holdout import split_transactions, validated
from nlpzero.rules.itemsets import Itemsets
from nlpzero.rules.reading import Sentences, read_transactions
from nlpzero.rules.rule_filter import RuleFilter
from nlpzero.rules.rule_list import Rules
from nlpzero.rules.transactions import Transactions
from nlpzero.segmentation.tokenizers import as_tokenizer
from nlpzero.text.corpus import Corpus, Shard

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer

#: Where phrases stand among the rules.
Phrases = Literal["last", "mixed", "only", "none"]

# the default support: a share of the sentences, but not fewer than so many
_SUPPORT, _LEAST = 0.0002, 5


@dataclass(frozen=True)
class WordRules:
    """Rules between words, and what they were found in.

    Attributes
    ----------
    rules : Rules
        With the columns ``lift_low``, ``information``, ``kind``, ``adjacent``, ``example_1``...
    itemsets : Itemsets
        The frequent itemsets, of words that are not set aside.
    common : tuple of str
        Words set aside because they go with any other word, most frequent first.
    numbers : tuple of str
        Words set aside because they have a digit, most frequent first.
    transactions : Transactions
        The sentences that were read.
    held_out : int
        Sentences held out to look at the rules again.
    """

    rules: Rules
    itemsets: Itemsets
    common: tuple[str, ...]
    numbers: tuple[str, ...]
    transactions: Transactions
    held_out: int = 0


def word_support(sentences: int) -> int:
    """The support that word rules need by default: in 2 of 10,000 sentences, but at least 5."""
    return max(math.ceil(sentences * _SUPPORT), _LEAST)


def _arranged(rules: Rules, phrases: Phrases) -> Rules:
    is_phrase = [kind == "phrase" for kind in rules.columns["kind"]]
    apart = [i for i, phrase in enumerate(is_phrase) if not phrase]
    close = [i for i, phrase in enumerate(is_phrase) if phrase]
    places = {"last": apart + close, "mixed": range(len(rules)), "only": close, "none": apart}
    return rules.chosen(places[phrases])


def word_rules(
    corpus: Corpus | Shard | str,
    tokenizer: "Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str",
    *,
    min_support: float | None = None,
    min_confidence: float = 0.1,
    minimum: Mapping[str, float] | None = None,
    max_len: int = 2,
    min_item_count: int = 1,
    strict: bool = False,
    exclude: Iterable[str] = (),
    common: float = COMMON,
    numbers: bool = False,
    where: RuleFilter | None = None,
    order: str = "information",
    max_q: float | None = None,
    validate: float | None = None,
    seed: int = 0,
    phrases: Phrases = "last",
    examples: int = 2,
    resources: Resources | None = None,
) -> WordRules:
    """Rules between the words of sentences, those first that say most of the text.

    Parameters
    ----------
    corpus : Corpus or path
    tokenizer : Tokenizer, Segmenter, callable or str
        What cuts words, as in :class:`Sentences`.
    min_support : float or int, optional
        As for :func:`frequent_itemsets`; default :func:`word_support`.
    min_confidence, minimum, order, max_q : optional
        As for :func:`association_rules`; `minimum` is ``{"lift_low": 4}`` unless it is given.
    max_len, min_item_count, strict : optional
        As for :func:`frequent_itemsets`.
    exclude : iterable of str
        Stop words.
    common : float in [0, 1]
        As for :func:`common_words`, which are set aside; 1 keeps them.
    numbers : bool
        Whether words with a digit are kept.
    where : RuleFilter, optional
        By default redundant, mirrored and indirect rules are pruned.
    validate : float in (0, 1), optional
        A share of the sentences that is held out: :func:`split_transactions`, :func:`validated`.
    seed : int >= 0
        Draws what is held out.
    phrases : {"last", "mixed", "only", "none"}
        Where rules stand whose words are side by side nearly always: after the others, by `order`
        as the others, alone, or nowhere.
    examples : int >= 0
        Sentences with each rule.
    resources : Resources, optional

    Returns
    -------
    WordRules

    Examples
    --------
    >>> from nlpzero import Corpus, word_rules
    >>> text = Corpus.from_texts(["房间 很 干净", "房间 真 干净"] * 9 + ["早餐 很 好", "好"] * 150)
    >>> found = word_rules(text, "whitespace", examples=1)
    >>> rule = found.rules[0]
    >>> rule.antecedent, rule.consequent, found.rules.columns["example_1"][0]
    (('干净',), ('房间',), '房间很干净')
    """
    if phrases not in get_args(Phrases):
        raise ValueError(f"`phrases` must be one of {get_args(Phrases)}, got {phrases!r}")
    if isinstance(examples, bool) or not isinstance(examples, int) or examples < 0:
        raise ValueError(f"`examples` must be an integer >= 0, got {examples!r}")
    resources = Resources() if resources is None else resources
    minimum = {"lift_low": 4.0} if minimum is None else minimum
    if where is None:
        where = RuleFilter(prune_redundant=True, prune_mirrored=True, prune_indirect=True)
    recorded = RecordedTokenizer(as_tokenizer(tokenizer), resources.tmpdir)
    try:
        transactions = read_transactions(
            corpus, Sentences(recorded), exclude=exclude, resources=resources
        )
        mined, held_out = transactions, None
        if validate is not None:
            mined, held_out = split_transactions(
                transactions, validate, seed=seed, resources=resources
            )
        least = word_support(len(mined)) if min_support is None else min_support

        def sets_of(length: int, out: Iterable[str]) -> Itemsets:
            return frequent_itemsets(
                mined, least, max_len=length, strict=strict, min_item_count=min_item_count,
                exclude=out, resources=resources,
            )  # fmt: skip

        sets = sets_of(2, ())
        digits = [name for name in sets.names if any(c.isdecimal() for c in name)]
        aside = common_words(mined, sets, common=common, recorded=recorded, memory=resources.budget)
        out = {*aside, *(() if numbers else digits)}
        if out or max_len != 2:
            sets = sets_of(max_len, out)
        rules = association_rules(
            sets,
            min_confidence,
            minimum=minimum,
            strict=strict,
            where=replace(where, max_rules=None),
            order=order,
            max_q=max_q,
            resources=resources,
        )
        if held_out is not None:
            rules = validated(rules, held_out)
        rules = with_contexts(rules, recorded, examples=examples, memory=resources.budget)
        rules = _arranged(rules, phrases)[: where.max_rules]
        return WordRules(
            rules, sets, aside, () if numbers else tuple(digits), transactions,
            0 if held_out is None else len(held_out),
        )  # fmt: skip
    finally:
        recorded.close()
