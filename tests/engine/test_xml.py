"""Text in XML: what a parser reads back."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.engine.xml import xml_text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_parser_reads_back_what_xml_can_hold(text: str) -> None:
    read = ET.fromstring(f"<t>{xml_text(text)}</t>").text or ""
    # a parser reads every line end as a line feed
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert len(read) == len(plain)
    assert all(got == "\ufffd" or got == char for got, char in zip(read, plain, strict=True))


@pytest.mark.parametrize("char", ["\0", "\x08", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_forbids_becomes_the_replacement_character(char: str) -> None:
    assert xml_text(f"甲{char}乙") == "甲\ufffd乙"


def test_tabs_and_the_last_character_stay() -> None:
    assert xml_text("\t\n\U0010ffff") == "\t\n\U0010ffff"
