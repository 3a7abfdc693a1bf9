"""The texts of every channel: which there are, ours for each, and the account's own in their place.

Laws: a page goes out whatever a template does: where the account's own fails, ours is used and ``tell`` hears of it.
Text from outside is put in as a value, never read as a template; it is cleaned and escaped for its medium.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from jinja2 import Template

from shared.channels.facts import Clean, Facts
from shared.channels.facts import facts as facts_of
from shared.channels.language import Markup, TemplateFault, compiled, filled
from shared.channels.plain_text import one_line, shown
from shared.flow.channel import Notice

FOLDER = Path(__file__).parent / "templates"
CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")})  # a template's own
KEPT = 64  # compiled templates: those of four versions of the configuration

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """``clean``: what can't be seen is dropped from what is one line, and written out elsewhere."""

    clean: Clean
    markup: Markup = Markup.NONE
    says: tuple[str, ...]  # facts without which its reader doesn't know what it is about


WHICH, WHAT = "number", "summary"
TEXTS: Mapping[str, Form] = MappingProxyType(
    {
        "sms": Form(clean=one_line, says=(WHICH, WHAT)),
        "email.subject": Form(clean=one_line, says=(WHICH, WHAT)),
        "email.text": Form(clean=shown, says=(WHAT,)),  # below the headline, which has the number
        "email.html": Form(clean=shown, says=(WHAT,), markup=Markup.HTML),
        "push.title": Form(clean=one_line, says=(WHICH,)),
        "push.body": Form(clean=one_line, says=(WHAT,)),
        "slack": Form(clean=shown, says=(WHICH, WHAT), markup=Markup.SLACK),
        "teams": Form(clean=shown, says=(WHICH, WHAT), markup=Markup.MARKDOWN),
    }
)


def unheard(fault: str) -> None:
    """For whoever only looks: ``lint`` tells such faults. A channel tells its journal."""


def text_of(name: str, notice: Notice, tell: Tell) -> str:
    """The text ``name`` of ``notice``, escaped for its medium."""
    return write(name, facts_of(notice, TEXTS[name].clean), notice.templates, tell)


def write(name: str, facts: Facts, own: Mapping[str, str], tell: Tell) -> str:
    """The text ``name`` by the account's ``own`` template, or by ours where there is none, or it fails."""
    if name in own:
        try:
            return attempt(name, own[name], facts)
        except Exception as fault:  # noqa: BLE001 - whatever it is, a page goes out
            tell(f"the template {name} failed: {why(fault)}. Tocsin's own was used; mend templates.{name}")
    return filled(_template(name, default(name)), facts).strip()


def attempt(name: str, template: str, facts: Facts) -> str:
    """The text by that very template. Raises TemplateFault, and whatever its expressions raise."""
    text = filled(_template(name, template), facts).translate(CONTROLS).strip()
    if not text:
        raise TemplateFault([(1, "it gives nothing")])
    text.encode()  # half a character can't be sent
    return text


def why(fault: Exception) -> str:
    return one_line(str(fault) if isinstance(fault, TemplateFault) else f"{type(fault).__name__}: {fault}", 300)


def ready() -> None:
    """Compiles ours. For a cold start, which has a whole processor: a page that waits for it hasn't."""
    for name in TEXTS:
        _template(name, default(name))


@lru_cache(maxsize=len(TEXTS))
def default(name: str) -> str:
    return (FOLDER / f"{name}.j2").read_text(encoding="utf-8")


@lru_cache(maxsize=KEPT)
def _template(name: str, text: str) -> Template:
    return compiled(text, TEXTS[name].markup)
