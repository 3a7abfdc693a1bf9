"""Mail and texts to the simulators of SES and SMS are reported as AWS reports them; all others arrive in silence."""

from typing import Any

import pytest

from local.mailbox import read_mail, read_text
from local.providers import DELIVERED, FAILED, batch, events, outcomes, report
from shared.domain.directory import Medium
from shared.sources.delivery import Outcome, translate

AT = "2026-11-23T03:00:10.118Z"


def mail(to: str, reports: str | None = "tocsin") -> Any:
    request = {
        "FromEmailAddress": "Tocsin <tocsin@acme.example>",
        "ConfigurationSetName": reports,
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": {"Subject": {"Data": "[#1 critical]"}, "Body": {"Text": {"Data": "…"}}}},
    }
    return read_mail(request, "6f1c9a2e-1d3b-4c5d-8e7f-0a1b2c3d4e5f@email.amazonses.com", AT)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("success", [(Outcome.DELIVERED, False)]),
        ("bounce", [(Outcome.FAILED, True)]),
        ("suppressionlist", [(Outcome.FAILED, True)]),
        ("complaint", [(Outcome.DELIVERED, False), (Outcome.COMPLAINED, True)]),
        ("ooto", [(Outcome.DELIVERED, False)]),  # its absence note is a bounce to SES, and none to us
    ],
)
def test_each_address_of_the_mailbox_simulator_does_what_its_name_says(name: str, says: list[Any]) -> None:
    sent = mail(f"{name}+ada@simulator.amazonses.com")
    told = [each for event in events(sent, outcomes(name, sent.to, AT)) for each in translate(event)]
    assert [(each.outcome, each.hard) for each in told] == says
    assert {each.provider_id for each in told} == {"6f1c9a2e-1d3b-4c5d-8e7f-0a1b2c3d4e5f"}
    assert {each.recipient for each in told} == {sent.to}


@pytest.mark.parametrize(("numbers", "outcome"), [(DELIVERED, Outcome.DELIVERED), (FAILED, Outcome.FAILED)])
def test_a_number_of_the_sms_simulator_is_reported_by_a_line_of_sns_s_log(numbers: Any, outcome: Outcome) -> None:
    for number in numbers:
        [told] = translate(batch(read_text({"PhoneNumber": number, "Message": "…"}, "34d9b400", AT)))
        assert (told.medium, told.outcome, told.provider_id) == (Medium.SMS, outcome, "34d9b400")


@pytest.mark.parametrize(
    "sent",
    [
        mail("ada@acme.example"),
        mail("bounce@simulator.amazonses.com.evil.example"),
        mail("bounce@simulator.amazonses.com", reports=None),  # SES reports nothing without a configuration set
        read_text({"PhoneNumber": "+447700900001", "Message": "…"}, "34d9b400", AT),
    ],
)
def test_of_all_others_nothing_is_said(sent: Any) -> None:
    report(sent)  # outside of an event loop: to say anything it would need one
