"""A person's two words are found in what every common mail program makes of them, in twenty languages."""

import pytest

from shared.sources.mail.automatic import automatic
from shared.sources.mail.new_text import written
from shared.sources.mail.reading import read_message
from tests.sources.mail_programs import HTML, LANGUAGES, PLAIN, WORDS, mail


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", PLAIN)
def test_the_words_above_below_or_between_a_quotation(form: str, language: str) -> None:
    spoken = LANGUAGES[language]
    for encoding in ("base64", "quoted-printable"):
        message = read_message(mail(PLAIN[form](spoken), spoken, encoding=encoding))
        assert written(message) == WORDS
        assert automatic(message) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", HTML)
def test_the_words_in_a_mail_that_is_html_only(form: str, language: str) -> None:
    spoken = LANGUAGES[language]
    assert written(read_message(mail(HTML[form](spoken), spoken, kind="html"))) == WORDS
