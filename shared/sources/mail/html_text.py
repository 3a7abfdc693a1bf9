"""An HTML mail as the text that its reader sees, with quoted parts marked as in plain mail.

Laws: what isn't shown isn't text; a part that a mail program marks as quoted has ``>`` before its lines.
"""

import re
from collections import Counter
from contextlib import suppress
from html.parser import HTMLParser

HTML_MAX = 500_000  # characters
UNSHOWN = frozenset({"head", "style", "script", "title", "template", "noscript", "object", "svg", "math"})
BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3",
        "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
    }
)  # fmt: skip
PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
RULE = "_" * 5  # a line drawn across the page; above a quoted message's headers it belongs to them

# How mail programs mark what is quoted, by class or id: Gmail, Thunderbird, Yahoo, Proton, Zimbra.
QUOTES = re.compile(
    r"(?:^|\s)(?:gmail_quote|gmail_attr|moz-cite-prefix|yahoo_quoted|protonmail_quote|zmail_extra|tutanota_quote"
    r"|OLK_SRC_BODY_SECTION|mail-quote-collapse)(?=[\s_-]|$)",
    re.IGNORECASE,
)
# What begins the quoted message and isn't around it: Outlook's, on the desk and in the browser.
BEGINS_QUOTE = re.compile(r"^(?:x_)?(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)$")
HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def html_text(source: str) -> str:
    """The text of an HTML document, also of a broken one."""
    reader = _Reader()
    with suppress(AssertionError):  # html.parser's, at a broken declaration: what was read until then is the text
        reader.feed(source[:HTML_MAX])
        reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool, bool]] = []  # tag, quoted, unshown
        self._count = Counter[str]()
        self._rest_is_quoted = False
        self._quoted = self._unshown = 0
        self._pre = 0
        self._lines: list[str] = []
        self._line = ""

    def text(self) -> str:
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag in BLOCKS:
            self._break(blank=tag in PARAGRAPHS or (tag == "br" and not self._line.strip()))
        if BEGINS_QUOTE.match(named.get("id", "")):
            self._rest_is_quoted = True
        if tag == "hr" and not self._unshown:
            self._line = RULE
            self._break()
        if tag not in VOID:
            self._push(tag, named)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._break(blank=tag in PARAGRAPHS)
        if self._count[tag]:
            while self._pop() != tag:
                continue

    def handle_data(self, data: str) -> None:
        if self._unshown:
            return
        if self._pre:
            *lines, last = data.split("\n")
            for line in lines:
                self._line += line
                self._break(blank=not self._line)
            self._line += last
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    def _push(self, tag: str, named: dict[str, str]) -> None:
        marks = f"{named.get('class', '')} {named.get('id', '')}"
        quoted = tag == "blockquote" or QUOTES.search(marks) is not None
        unshown = tag in UNSHOWN or HIDDEN.search(named.get("style", "")) is not None
        if quoted:
            self._break()
        self._open.append((tag, quoted, unshown))
        self._count[tag] += 1
        self._quoted, self._unshown = self._quoted + quoted, self._unshown + unshown
        self._pre += tag == "pre"

    def _pop(self) -> str:
        tag, quoted, unshown = self._open.pop()
        self._count[tag] -= 1
        if quoted:
            self._break()
        self._quoted, self._unshown = self._quoted - quoted, self._unshown - unshown
        self._pre -= tag == "pre"
        return tag

    def _break(self, *, blank: bool = False) -> None:
        """Ends the line, if there is anything in it; ``blank`` leaves one free behind it."""
        mark = "> " if self._quoted or self._rest_is_quoted else ""
        line, self._line = self._line.rstrip(), ""
        if line:
            self._lines.append(mark + line)
        if blank and self._lines and self._lines[-1].strip("> "):
            self._lines.append(mark.strip())
