"""What is wrong or doubtful in a template of the account's own: found with samples, before anybody is woken by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from shared.channels import sample
from shared.channels.facts import facts
from shared.channels.gsm7 import parts, written
from shared.channels.language import Markup, TemplateFault, compiled
from shared.channels.sms import PARTS_MAX
from shared.channels.texts import TEXTS, attempt, why
from shared.domain.directory import Medium

MARK = "x-forged"
FORGED = f"javascript:{MARK}\" {MARK}='1' {MARK}=1 ><{MARK}>"  # looks for a way out of whatever it stands in
PLAIN_ATTRIBUTES = frozenset({"title", "alt"})  # in which any text is only read


@dataclass(frozen=True, slots=True)
class Doubt:
    """``grave``: the template can't be used, or lets text from outside be more than text."""

    code: str
    message: str
    grave: bool = True


def check(name: str, template: str) -> list[Doubt]:
    """What is to be said of ``template`` for the text ``name``."""
    form = TEXTS[name]
    try:
        compiled(template, form.markup)
    except TemplateFault as fault:
        return [Doubt("template", f"line {line}: {message}") for line, message in fault.faults]
    medium = Medium(name.partition(".")[0])
    full = facts(sample.notice(medium), form.clean)
    try:
        attempt(name, template, facts(sample.bare(medium), form.clean))
        text = attempt(name, template, full)
        hostile = attempt(name, template, facts(sample.notice(medium, FORGED), form.clean))
    except Exception as fault:  # noqa: BLE001 - whatever it is, it would be the same at night
        return [Doubt("template", f"it fails with a sample: {why(fault)}")]
    found = [*_vague(name, text, {fact: str(getattr(full, fact)) for fact in form.says})]
    if name == "sms" and parts(written(text)) > PARTS_MAX:
        found.append(Doubt("template_long", _long(text), grave=False))
    if form.markup is Markup.HTML:
        found += [Doubt("template_markup", message) for message in _forged(hostile)]
    return found


def _vague(name: str, text: str, says: dict[str, str]) -> Iterator[Doubt]:
    for fact, value in says.items():
        if value not in text:
            yield Doubt("template_vague", f"{name} doesn't say {{{{ {fact} }}}}: its reader has to guess", grave=False)


def _long(text: str) -> str:
    taken = parts(written(text))
    return f"with a summary of {len(sample.SUMMARY)} characters it takes {taken} parts: it is cut to {PARTS_MAX}"


def _forged(page: str) -> list[str]:
    found = _Forgeries()
    found.feed(page)
    found.close()
    return list(dict.fromkeys(found.told))


class _Forgeries(HTMLParser):
    """Where the mark stands in what isn't plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: list[str] = []
        self._inside = ""  # the element whose content isn't shown as text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in {"script", "style"} else ""
        for name, value in attrs:
            if MARK in name:
                self.told.append(f"text from outside can add attributes to <{tag}>: write quotation marks around it")
            elif MARK in (value or "") and name not in PLAIN_ATTRIBUTES:
                remedy = "ask `is link` first" if name in {"href", "src"} else "take it out"
                self.told.append(f"text from outside stands in {name} of <{tag}>: {remedy}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside and MARK in data:
            self.told.append(f"text from outside stands in <{self._inside}>: take it out")
