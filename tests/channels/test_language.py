"""What a template may say: nothing that could hang, grow or reach out is even compiled."""

import time

import pytest

from shared.channels import sample
from shared.channels.checking import check
from shared.channels.facts import facts
from shared.channels.language import OUTPUT_MAX, TEMPLATE_MAX, Markup, TemplateFault, compiled, filled
from shared.domain.directory import Medium

FULL = facts(sample.notice(Medium.EMAIL, "w" * 1_024))

REFUSED = [
    ("{{ 'a' * 10**9 }}", "mul isn't part"),
    ("{{ 10**10**10 }}", "pow isn't part"),
    ("{{ '%1000000000d' % 1 }}", "mod isn't part"),
    ("{{ 'a'.center(1000000000) }}", "a call isn't part"),
    ("{% for i in range(1000000000) %}{% endfor %}", "for goes over tags, changes or rows"),
    ("{% for c in summary %}{{ c }}{% endfor %}", "for goes over tags, changes or rows"),
    ("{% for a in tags %}{% for b in tags %}{% endfor %}{% endfor %}", "a loop inside of a loop"),
    ("{% for a in tags %}{{ rows | columns }}{% endfor %}", "columns goes over a list"),
    ("{% for a in tags recursive %}{% endfor %}", "a loop inside of a loop"),
    ("{% set a = summary ~ summary %}", "set isn't part"),
    ("{% macro a() %}{{ a() }}{% endmacro %}", "macro isn't part"),
    ("{% include 'sms.j2' %}", "include isn't part"),
    ("{% import 'sms.j2' as x %}", "import isn't part"),
    ("{% extends 'sms.j2' %}", "extends isn't part"),
    ("{% block a %}{% endblock %}", "block isn't part"),
    ("{% filter upper %}{% endfilter %}", "filter isn't part"),
    ("{% with a = 1 %}{% endwith %}", "with isn't part"),
    ("{{ ''.__class__.__mro__ }}", "facts have no members"),
    ("{{ rows[0] }}", "[…] isn't part"),
    ("{{ summary | safe }}", "there is no filter safe"),
    ("{{ summary | attr('__class__') }}", "there is no filter attr"),
    ("{{ lipsum() }}", "a call isn't part"),
    ("{{ self }}", "self is no fact"),
    ("{{ cycler }}", "cycler is no fact"),
    ("{{ summary is callable }}", "there is no test callable"),
    ("{% for a in tags %}{{ loop.nextitem }}{% endfor %}", "loop.nextitem isn't part"),
    ("{{ priority if priority }}", "say what else"),
    ("{{ rows }}", "rows is a list"),
    ("{{ " + "(" * 4_000 + "1", "it can't be read: RecursionError"),
    ("{{ " + "not " * 300 + "1 }}", "parts inside one another"),
    ("{{ 1" + "0" * 5_000 + " }}", "it can't be read: ValueError"),
    ("x" * (TEMPLATE_MAX + 1), "at most 8,192"),
    ("{{ summary", "line 1"),
]


@pytest.mark.parametrize(("template", "because"), REFUSED)
@pytest.mark.parametrize("markup", Markup)
def test_what_could_hang_grow_or_reach_out_is_refused_by_name(markup: Markup, template: str, because: str) -> None:
    with pytest.raises(TemplateFault) as refused:
        compiled(template, markup)
    assert because in str(refused.value)


def test_every_fault_is_told_with_its_line_and_the_nearest_name() -> None:
    with pytest.raises(TemplateFault) as refused:
        compiled("{{ number }}\n{{ sumary }}\n{{ service | uper }}", Markup.NONE)
    assert refused.value.faults == (
        (2, "sumary is no fact; did you mean summary?"),
        (3, "there is no filter uper; did you mean upper?"),
    )


@pytest.mark.parametrize(
    "template",
    [
        "{% for a, b in rows %}{% if (" + "~".join(["summary"] * 900) + ") | cut(1) == '' %}x{% endif %}{% endfor %}",
        "{% if (" + "~".join(["(rows|columns)"] * 500) + ") | cut(1) == '' %}x{% endif %}",
        "{% if rows|columns == '' %}x{% endif %}" * 200,
    ],
)
def test_the_worst_that_fits_is_filled_in_a_moment(template: str) -> None:
    began = time.process_time()
    filled(compiled(template, Markup.HTML), FULL)
    assert time.process_time() - began < 5  # seconds: 0.2 alone on this machine, and the function has 30


def test_what_grows_beyond_any_message_is_stopped_while_it_grows() -> None:
    with pytest.raises(TemplateFault, match="200,000"):
        filled(compiled("{% for a, b in rows %}" + "{{ summary }}" * 600 + "{% endfor %}", Markup.NONE), FULL)
    assert OUTPUT_MAX == 200_000


@pytest.mark.parametrize(
    ("template", "because"),
    [
        ('{{ summary }}<a href="{{ summary }}">x</a>', "text from outside stands in href of <a>: ask `is link` first"),
        ("{{ summary }}<a href={{ summary }}>x</a>", "text from outside can add attributes to <a>"),
        ("{{ summary }}<script>var x = '{{ summary }}'</script>", "text from outside stands in <script>"),
        ("{{ summary }}<style>{{ summary }}</style>", "text from outside stands in <style>"),
        ('{{ summary }}<p onclick="{{ tags | join }}">', "text from outside stands in onclick of <p>"),
        ('{{ summary }}<p style="color:{{ summary }}">', "text from outside stands in style of <p>"),
        ("{{ summary }}<{{ summary }}>", "text from outside"),
    ],
)
def test_a_page_in_which_text_from_outside_could_be_more_than_text_is_an_error(template: str, because: str) -> None:
    found = [doubt for doubt in check("email.html", template) if doubt.code == "template_markup"]
    assert all(doubt.grave for doubt in found)
    assert any(because in doubt.message for doubt in found)


@pytest.mark.parametrize(
    "template",
    [
        '{{ summary }}<img alt="{{ summary }}">',
        "{{ summary }}{% for n, v in rows if v is link %}<a href='{{ v }}'>{{ v }}</a>{% endfor %}",
        '{{ summary }}{% if link %}<a href="{{ link }}">answer</a>{% endif %}',
    ],
)
def test_a_page_in_which_it_is_only_text_is_none(template: str) -> None:
    assert check("email.html", template) == []


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        ("{{ number }} {{ summary }}", []),
        ("{{ number }}", ["template_vague"]),
        ("something happened", ["template_vague", "template_vague"]),
        ("{{ number }} {{ summary }} " + "x" * 300, ["template_long"]),
        ("{% if nobody %}{{ nobody }}{% endif %}", ["template"]),
        ("{{ number < summary }}", ["template"]),
        ("{% for a, b in tags %}{{ a }}{% endfor %}", ["template"]),
    ],
)
def test_what_is_doubtful_is_found_with_the_sample(template: str, codes: list[str]) -> None:
    assert [doubt.code for doubt in check("sms", template)] == codes
