"""Text in XML documents that we write: escapes, and the characters that XML 1.0 cannot hold."""

import re
from html import escape  # that of xml.sax brings urllib.request with it, a tenth of a second

# all but the production Char of XML 1.0: control characters, lone surrogates and two non-characters
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Text as the content of an XML element; what XML forbids becomes the replacement character.

    Everything here that writes XML (GraphML of rules, SVG of trees) writes its texts with this.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With ``&``, ``<``, ``>`` escaped, and U+FFFD for each character that XML 1.0 cannot hold:
        control characters other than tab and line ends, surrogates, U+FFFE and U+FFFF. It is for
        the content of elements; attributes need their quotes escaped too, see
        :func:`xml.sax.saxutils.quoteattr`.

    Notes
    -----
    "Extensible Markup Language (XML) 1.0", 5th edition, production 2, Char.

    Examples
    --------
    >>> xml_text("甲<乙 & 丙")
    '甲&lt;乙 &amp; 丙'
    >>> xml_text("a\\x00b\\ufffe\\td") == "a\\ufffdb\\ufffd\\td"
    True
    """
    return escape(_FORBIDDEN.sub("\ufffd", text), quote=False)
