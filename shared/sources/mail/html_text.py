"""An HTML mail as the text that its reader sees, with quoted parts marked as in plain mail.

Laws: what isn't shown isn't text; a part that a mail program marks as quoted has ``>`` before its lines; a signature
that it marks is left out. Each character is looked at a fixed number of times, whatever is nested or broken.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

HTML_MAX = 500_000  # characters
TAG_MAX = 4_000  # characters of a tag that are read for its class, id and style

RAW = frozenset({"style", "script", "title", "noscript", "textarea", "xml"})  # no tags inside
UNSHOWN = RAW | {"head", "template", "object", "svg", "math"}
BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3",
        "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
    }
)  # fmt: skip
PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
CELLS = frozenset({"td", "th"})
RULE = "_" * 5  # a line drawn across the page; above a quoted message's headers it belongs to them

# How mail programs mark what is quoted, by class, id or name: Gmail, Thunderbird, Yahoo (which puts a number of its own
# before it), Proton, Zimbra, GMX, NetEase, 139, Sina; and whoever calls it a quote.
QUOTES = re.compile(
    r"(?:^|\s)(?:x_)?(?:ydp\w{1,16}?)?(?:gmail_quote|gmail_attr|moz-cite-prefix|moz-forward-container|yahoo_quoted|protonmail_quote"
    r"|zmail_extra|tutanota_quote|OLK_SRC_BODY_SECTION|mail-quote-collapse|sh-quoted-content|isReplyContent"
    r"|ntes-mailmaster-quote|OutlookMessageHeader|reply-intro|front-blockquote|iosymail|yahoo-quoted-begin"
    r"|isForwardContent|origbody|reply139content|oriMsgHtmlSeperator|[a-z]{2,20}(?:_mail)?_quote|quote)(?=[\s_-]|$)",
    re.IGNORECASE,
)
# Of these, the ones in which an author goes on to write between the quotations.
ANSWERED_INSIDE = re.compile(r"(?:^|\s)(?:x_)?(?:gmail_quote|protonmail_quote)(?=[\s_-]|$)")
# What begins the quoted message and isn't around it: Outlook's, on the desk and in the browser; Zimbra's.
BEGINS_QUOTE = re.compile(
    r"(?:x_)*(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|zwchr|replySplit)$"
)
OUTLOOK_LINE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+[^;]{1,30}?\s+[\d.]+pt|border-top:\s*1(?:\.0)?pt\s+solid"
    r"|border-width:\s*1(?:\.0)?pt\s+medium\s+medium",
    re.IGNORECASE,
)
SIGNATURES = re.compile(
    r"(?:^|\s)(?:x_)*(?:gmail_signature(?:_prefix)?|moz-signature|protonmail_signature_block(?:-user|-proton)?|Signature"
    r"|ms-outlook-mobile-signature|AppleMailSignature|ymail_android_signature|tutanota_signature"
    r"|missive_signature|front-signature|bloop_sign|k9mail-signature|mimestream_signature|ms-outlook-ios-signature)(?=\s|$)"
)
HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
NAMED = re.compile(r"""[\s"'](class|id|name|style)\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"'>]*)""", re.IGNORECASE)
TAG = re.compile(r"(/?)([a-z][a-z0-9:-]{0,40})", re.IGNORECASE)
HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")  # no character has such a number


def html_text(source: str) -> str:
    """The text of an HTML document, also of a broken one."""
    reader = _read(source, signed=False)
    only_signed = reader.left_out and not reader.says_something  # somebody wrote into their signature
    return _read(source, signed=True).text() if only_signed else reader.text()


@dataclass(frozen=True, slots=True)
class Element:
    """An open element."""

    tag: str
    quoted: bool = False
    unshown: bool = False
    answered_inside: bool = False


def _read(source: str, *, signed: bool) -> "_Reader":
    reader = _Reader(signed=signed)
    for kind, value in _tokens(source[:HTML_MAX]):
        if kind == "text":
            reader.words(value)
        elif kind == "end":
            reader.end(value)
        else:
            reader.start(kind, value)
    reader.close()
    return reader


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """("text", characters), ("end", tag), or (tag, its attributes as written)."""
    place = begun = 0
    closed = source.rfind(">")  # behind it nothing is a tag
    while (place := source.find("<", place)) != -1 and place < closed:
        after, found = _markup(source, place)
        if after is None:
            place += 1
            continue
        yield "text", _unescaped(source[begun:place])
        if found:
            yield found
            after = _behind_raw(source, found[0], after)
        place = begun = after
    yield "text", _unescaped(source[begun:])


def _markup(source: str, place: int) -> tuple[int | None, tuple[str, str] | None]:
    """Where the tag or comment at ``place`` ends and what it is; None where it is neither."""
    if source.startswith("<!--", place):
        end = source.find("-->", place + 4)
        return (end + 3 if end != -1 else len(source)), None
    if source[place + 1 : place + 2] in ("!", "?"):
        return source.find(">", place) + 1, None
    tag = TAG.match(source, place + 1)
    if tag is None:
        return None, None
    end = _end_of_tag(source, tag.end())
    name, attributes = tag[2].lower(), source[tag.end() : min(end, tag.end() + TAG_MAX)]
    return end + 1, (("end", name) if tag[1] else (name, attributes))


def _end_of_tag(source: str, place: int) -> int:
    """The ``>`` that ends it: the first that isn't inside of quotation marks, where that is near."""
    first = end = source.find(">", place)
    while end != -1 and end - place < TAG_MAX:
        inside = source[place:end]
        if inside.count('"') % 2 == 0:
            return end
        end = source.find(">", end + 1)
    return first


def _behind_raw(source: str, tag: str, place: int) -> int:
    """Where the text of a style sheet or a script ends."""
    if tag not in RAW:
        return place
    end = re.compile(rf"</{tag}\b", re.IGNORECASE).search(source, place)
    return end.start() if end else len(source)


def _unescaped(text: str) -> str:
    return html.unescape(HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text


class _Reader:
    def __init__(self, *, signed: bool) -> None:
        self.says_something = self.left_out = False
        self._signed = signed
        self._open: list[Element] = []
        self._count = Counter[str]()
        self._rest_is_quoted = False
        self._quoted = self._unshown = self._pre = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._ends_blank = True

    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def close(self) -> None:
        self._break()

    def start(self, tag: str, attributes: str) -> None:
        named = {name.lower(): value.strip("\"'") for name, value in NAMED.findall(attributes)} if attributes else {}
        if tag == "body":
            self._leave("head")
        if tag in BLOCKS:
            self._break(blank=tag in PARAGRAPHS or (tag == "br" and self._ends_blank and not self._line))
        if tag in CELLS and self._line:
            self._add(" ")
        if BEGINS_QUOTE.match(named.get("id", "")) or OUTLOOK_LINE.search(named.get("style", "")):
            self._break()
            self._rest_is_quoted = True
        if tag == "hr" and not self._unshown:
            self._add(RULE)
            self._break()
        if tag not in VOID and not attributes.endswith("/"):
            self._push(tag, named)

    def end(self, tag: str) -> None:
        if tag in BLOCKS:
            self._break(blank=tag in PARAGRAPHS)
        self._leave(tag)

    def words(self, data: str) -> None:
        if self._unshown or not data:
            return
        if self._pre:
            *lines, last = data.split("\n")
            for line in lines:
                self._add(line)
                self._break(blank=not line)
            self._add(last)
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._add(words.lstrip(" ") if self._ends_blank else words)

    def _add(self, words: str) -> None:
        if words:
            self._line.append(words)
            self._ends_blank = words.endswith(" ")

    def _leave(self, tag: str) -> None:
        if self._count[tag]:
            while self._pop() != tag:
                continue

    def _push(self, tag: str, named: dict[str, str]) -> None:
        marks = f"{named.get('class', '')} {named.get('id', '')} {named.get('name', '')}" if named else ""
        quoted = tag == "blockquote" or QUOTES.search(marks) is not None
        signature = not self._signed and SIGNATURES.search(marks) is not None
        unshown = tag in UNSHOWN or HIDDEN.search(named.get("style", "")) is not None or signature
        self.left_out |= signature
        if quoted:
            self._break()
        inside = quoted and tag != "blockquote" and ANSWERED_INSIDE.search(marks) is not None
        self._open.append(Element(tag, quoted, unshown, inside))
        self._count[tag] += 1
        self._quoted, self._unshown = self._quoted + quoted, self._unshown + unshown
        self._pre += tag == "pre"

    def _pop(self) -> str:
        element = self._open.pop()
        self._count[element.tag] -= 1
        if element.quoted:
            self._break()
        self._quoted, self._unshown = self._quoted - element.quoted, self._unshown - element.unshown
        self._pre -= element.tag == "pre"
        if element.tag == "blockquote" and self._open and self._open[-1].answered_inside:
            self._open[-1] = Element(self._open[-1].tag)  # behind a quotation in it, the author goes on
            self._quoted -= 1
        return element.tag

    def _break(self, *, blank: bool = False) -> None:
        """Ends the line, if there is anything in it; ``blank`` leaves one free behind it."""
        mark = "> " if self._quoted or self._rest_is_quoted else ""
        line, self._line = "".join(self._line).rstrip(), []
        self._ends_blank = True
        if line:
            self._lines.append(mark + line)
            self.says_something |= not mark
        if blank and self._lines and self._lines[-1].strip("> "):
            self._lines.append(mark.strip())
