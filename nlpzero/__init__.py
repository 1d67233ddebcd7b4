"""nlpzero: unsupervised Chinese NLP from raw text.

The public names are loaded on first use, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# public name -> module that defines it
_EXPORTS = {
    "Alphabet": "text.alphabet",
    "NGramCounts": "ngrams.table",
    "count_ngrams": "ngrams.counting",
    "count_to_file": "ngrams.counting",
    "merge_counts": "ngrams.merging",
    "Discovery": "discovery.result",
    "Word": "discovery.words",
    "Context": "discovery.contexts",
    "concordance": "discovery.contexts",
    "Explanation": "discovery.explaining",
    "WordEvidence": "discovery.word_evidence",
    "concordance_lines": "discovery.evidence_text",
    "explain_words": "discovery.word_evidence",
    "counting_alphabet": "discovery.discover",
    "discover_words": "discovery.discover",
    "rank_ngrams": "discovery.discover",
    "Learned": "discovery.methods",
    "Cohesion": "discovery.methods",
    "MinEntropy": "discovery.methods",
    "DictionaryFormat": "discovery.dictionaries",
    "AddedWords": "discovery.jieba_words",
    "add_to_jieba": "discovery.jieba_words",
    "words_of_jieba": "discovery.jieba_words",
    "dictionary_fault": "discovery.dictionaries",
    "dictionary_lines": "discovery.dictionaries",
    "ngram_rows": "ngrams.table",
    "kind_of": "engine.storage",
    "read_header": "engine.storage",
    "merge_to_file": "ngrams.merging",
    "Corpus": "text.corpus",
    "Progress": "engine.resources",
    "ReadReport": "engine.resources",
    "Resources": "engine.resources",
    "Checkpoint": "engine.checkpoints",
    "FoundTemplate": "templates.template",
    "TemplateTable": "templates.template",
    "find_templates": "templates.finding",
    "Template": "templates.template",
    "TemplateParser": "templates.parsing",
    "Tree": "templates.tree",
    "read_clauses": "templates.clauses",
    "LinkThresholds": "templates.links",
    "read_templates": "templates.template",
    "trees_to_svg": "templates.drawing",
    "FunctionTokenizer": "segmentation.tokenizers",
    "ModelTokenizer": "segmentation.tokenizers",
    "NGramTokenizer": "segmentation.tokenizers",
    "SegmenterTokenizer": "segmentation.tokenizers",
    "Tokenizer": "segmentation.tokenizers",
    "WhitespaceTokenizer": "segmentation.tokenizers",
    "WordCounts": "words.table",
    "CountsByFile": "words.counting",
    "count_words": "words.counting",
    "count_words_by_file": "words.counting",
    "merge_word_counts": "words.merging",
    "Segmenter": "segmentation.base",
    "BaseModel": "learning.base_model",
    "BaseSegmenter": "learning.base_segmenter",
    "BASE_METHOD": "learning.base_training",
    "learn_base": "learning.base_training",
    "load_base": "learning.base_model",
    "BranchingEntropy": "learning.methods",
    "CharacterModel": "segmentation.character_model",
    "CoTraining": "learning.methods",
    "Recipe": "learning.methods",
    "LearnedSegmenter": "learning.segmenter",
    "NVBESegmenter": "learning.nvbe",
    "LearnedWords": "discovery.learned",
    "count_learned_words": "discovery.learned",
    "learned_scores": "discovery.ranking",
    "learn_segmenter": "learning.training",
    "load_segmenter": "segmentation.loading",
    "SegmentSummary": "segmentation.writing",
    "SegmentWriter": "segmentation.writing",
    "segment_corpus": "segmentation.writing",
    "segment_records": "segmentation.record_writing",
    "Lexicon": "segmentation.word_list",
    "KneserNeyModel": "language_model.model",
    "LanguageModelSegmenter": "segmentation.character_lm",
    "SegmentationScore": "segmentation.evaluation",
    "score_segmentation": "segmentation.evaluation",
    "without_spaces": "segmentation.evaluation",
    "PatternSet": "segmentation.patterns",
    "VocabularySegmenter": "segmentation.vocabulary",
    "WordList": "segmentation.word_list",
    "WordFile": "segmentation.word_list",
    "read_word_file": "segmentation.word_list",
    "read_words": "segmentation.word_list",
    "Itemset": "rules.itemsets",
    "Itemsets": "rules.itemsets",
    "BLANKS": "rules.transactions",
    "Dropped": "rules.transactions",
    "JsonLines": "rules.reading",
    "Lines": "rules.reading",
    "METRICS": "rules.metrics",
    "Pairs": "rules.reading",
    "Rule": "rules.metrics",
    "RuleFilter": "rules.rule_filter",
    "Rules": "rules.association",
    "Sentences": "rules.reading",
    "Transactions": "rules.transactions",
    "apriori": "rules.association",
    "association_rules": "rules.association",
    "frequent_itemsets": "rules.apriori",
    "minimum_count": "rules.itemsets",
    "read_transactions": "rules.reading",
    "rule_metrics": "rules.metrics",
    "CorpusError": "errors",
    "NlpzeroError": "errors",
    "ResourceError": "errors",
    "StorageError": "errors",
    "WorkerError": "errors",
}

__all__ = ["__version__", *_EXPORTS]  # noqa: PLE0604 (the keys are strings)


def __getattr__(name: str) -> Any:
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module 'nlpzero' has no attribute {name!r}")
    value = getattr(import_module(f"nlpzero.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
