"""``tocsin confirm`` and ``page-me``, and what ``lint`` and ``doctor`` say of contact methods."""

import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli import lint, page_me
from cli.confirm import Outcome, check, send
from cli.console import Failed
from cli.doctor import reach
from cli.doctor.patient import Level, Patient
from cli.world import World
from shared.channels import mail, sms
from shared.domain.contact_state import ContactState, broken, confirmed
from shared.domain.directory import Contact, Medium
from shared.flow.channel import Notice
from tests.flow.people import directory
from tests.flow.story import EVENING

PHONE = Contact(name="phone", medium=Medium.SMS, address="+447700900003")


class Deployed:
    """As much of a deployment as the commands ask for."""

    name = "here"
    facts = MappingProxyType({"mail_domain": "in.acme.example"})

    def __init__(self, fails: tuple[Medium, ...] = ()) -> None:
        self.world = World(directory(), EVENING, fails)

    def deps(self) -> Any:
        return self.world.deps

    def known(self, contact: Contact = PHONE, user: str = "ada") -> ContactState:
        return self.world.contacts.of(user, contact)

    def told(self) -> list[Notice]:
        return [sent.notice for sent in self.world.sent]


@pytest.fixture
def deployed() -> Any:
    return Deployed()


def said(outcomes: Any) -> list[tuple[str, str, bool]]:
    return [(outcome.user, outcome.contact.name, outcome.failed) for outcome in outcomes]


def test_a_code_goes_to_each_method_of_one_person_and_to_nobody_else(deployed: Any) -> None:
    assert said(send(deployed, "ada", None)) == [("ada", "mail", False), ("ada", "phone", False)]
    by_mail, by_text = deployed.told()
    assert [by_mail.contact.address, by_text.contact.address] == ["ada@acme.example", "+447700900003"]
    assert (by_mail.reply_to, by_text.reply_to) == ("confirm@in.acme.example", None)
    codes = [re.findall(r"\d{6}", str(notice.answer)) for notice in (by_mail, by_text)]
    assert [len(found) for found in codes] == [1, 1]
    assert mail.render(by_mail).subject == "Confirm this address for Tocsin"
    assert sms.render(by_text) == by_text.answer


def test_who_is_confirmed_is_sent_nothing(deployed: Any) -> None:
    deployed.world.contacts.write(confirmed(deployed.known(), EVENING))
    assert [outcome.said for outcome in send(deployed, "ada", "phone")] == ["is confirmed already"]
    assert deployed.told() == []


def test_everybody_is_asked_at_once(deployed: Any) -> None:
    assert {outcome.user for outcome in send(deployed, None, None)} == {"ada", "grace", "linus"}


def test_the_code_that_was_sent_confirms_and_another_doesn_t(deployed: Any) -> None:
    list(send(deployed, "ada", "phone"))
    code = re.findall(r"\d{6}", str(deployed.told()[0].answer))[0]
    wrong = "000000" if code != "000000" else "111111"
    assert check(deployed, "ada", "phone", wrong).failed
    assert not deployed.known().confirmed
    assert not check(deployed, "ada", "phone", f"{code[:3]} {code[3:]}").failed
    assert deployed.known().confirmed


def test_a_code_for_what_is_confirmed_is_not_called_right(deployed: Any) -> None:
    deployed.world.contacts.write(confirmed(deployed.known(), EVENING))
    assert check(deployed, "ada", "phone", "000000").said == "is confirmed already, so the code was not looked at"


def test_a_test_page_says_where_a_method_is_known_as_broken(deployed: Any) -> None:
    deployed.world.contacts.write(broken(deployed.known(), "it bounced", EVENING))
    [outcome] = page_me.page_me(deployed, "ada", "phone")
    assert outcome.said.endswith("; it is known as broken (it bounced), until something arrives by it")


def test_what_can_t_be_sent_is_said_and_fails(deployed: Any) -> None:
    outcomes = list(send(Deployed(fails=(Medium.SMS,)), "ada", None))  # type: ignore[arg-type]
    assert said(outcomes) == [("ada", "mail", False), ("ada", "phone", True)]
    assert outcomes[1].said == "sms fails in this simulation"


@pytest.mark.parametrize(
    ("user", "contact", "told"),
    [
        ("zed", None, "there is no user zed; there are ada, grace, linus"),
        ("ada", "fax", "ada has no contact method fax; there are: mail, phone"),
    ],
)
def test_a_name_that_nobody_has_is_told_of_with_those_that_there_are(
    deployed: Any, user: str, contact: str | None, told: str
) -> None:
    with pytest.raises(Failed, match=told):
        list(send(deployed, user, contact))


# page-me


def test_a_test_page_says_so_first_and_opens_no_incident(deployed: Any) -> None:
    assert said(page_me.page_me(deployed, "ada", None)) == [("ada", "mail", False), ("ada", "phone", False)]
    by_mail, by_text = deployed.told()
    assert sms.render(by_text).startswith("TOCSIN 0 tocsin HIGH: TEST: nothing is wrong")
    assert "TEST: nothing is wrong" in mail.render(by_mail).subject
    assert "Replies to this mail are not read." in mail.render(by_mail).text
    assert list(deployed.world.incidents.names()) == []


def test_one_method_can_be_tried_alone_and_what_fails_is_said() -> None:
    outcomes = list(page_me.page_me(Deployed(fails=(Medium.SMS,)), "ada", "phone"))  # type: ignore[arg-type]
    assert [(o.failed, o.said) for o in outcomes] == [(True, "sms fails in this simulation")]


def test_whoever_is_signed_in_here_is_me(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert {outcome.user for outcome in page_me.page_me(deployed, None, None)} == {"grace"}
    monkeypatch.setenv("LOGNAME", "nobody-here")
    with pytest.raises(Failed, match="say who you are: tocsin page-me USER; there are ada, grace, linus"):
        list(page_me.page_me(deployed, None, None))


def test_an_outcome_is_the_same_as_json(deployed: Any) -> None:
    assert Outcome(user="ada", contact=PHONE, said="sent, 1").as_json() == {
        "user": "ada",
        "contact": "phone",
        "medium": "sms",
        "address": "+447700900003",
        "said": "sent, 1",
        "failed": False,
    }


# what lint and doctor say


OURS, TOPIC = "+12125550101", "arn:aws:sns:eu-west-1:111122223333:tocsin-texts"


class Texting(Deployed):
    """A deployment whose texts come from a number of the account's."""

    def __init__(self, number: str, *found: dict[str, Any]) -> None:
        super().__init__()
        self.facts = MappingProxyType({"texts_from": number, "texts_topic_arn": TOPIC})
        self.found = found

    def client(self, service: str) -> Any:
        assert service == "pinpoint-sms-voice-v2"
        made: Any = boto3.client
        client = made(service, region_name="eu-west-1")
        stub = Stubber(client)
        stub.add_response("describe_phone_numbers", {"PhoneNumbers": list(self.found)})
        stub.activate()
        return client


def number(*, two_way: bool = True, topic: str = TOPIC) -> dict[str, Any]:
    return {
        "PhoneNumberArn": "arn:aws:sms-voice:eu-west-1:111122223333:phone-number/phone-1",
        "PhoneNumberId": "phone-1",
        "PhoneNumber": OURS,
        "Status": "ACTIVE",
        "IsoCountryCode": "US",
        "MessageType": "TRANSACTIONAL",
        "NumberCapabilities": ["SMS"],
        "NumberType": "TEN_DLC",
        "MonthlyLeasingPrice": "1.00",
        "TwoWayEnabled": two_way,
        "TwoWayChannelArn": topic,
        "SelfManagedOptOutsEnabled": False,
        "OptOutListName": "Default",
        "DeletionProtectionEnabled": False,
        "CreatedTimestamp": EVENING,
    }


@pytest.mark.parametrize(
    ("deployed", "told"),
    [
        (Texting(""), []),
        (Texting(OURS, number()), []),
        (Texting(OURS), [f"{OURS} is no number of this account and Region: no page goes out by text"]),
        (
            Texting(OURS, number(two_way=False)),
            [f"what is texted to {OURS} doesn't come here: nobody can answer by text"],
        ),
        (
            Texting(OURS, number(topic=f"{TOPIC}-of-others")),
            [f"what is texted to {OURS} doesn't come here: nobody can answer by text"],
        ),
    ],
    ids=["one way", "well", "gone", "off", "elsewhere"],
)
def test_doctor_looks_whether_our_number_s_texts_come_here(deployed: Any, told: list[str]) -> None:
    found = list(reach.two_way(Patient(deployed, EVENING)))
    assert [(level, message) for level, message, _ in found] == [(Level.ERROR, message) for message in told]
    assert all(TOPIC in remedy or "settings.yaml" in remedy for _, _, remedy in found)


TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
users:
  ada:
    name: Ada
    email: ada@acme.example
    contacts:
      mail: {email: ada@acme.example}
      phone: {sms: "+447700900003"}
      call: {voice: "+447700900003"}
"""


def test_lint_names_what_is_unconfirmed_and_broken_by_file_and_line(deployed: Any, tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text(TEAM)
    deployed.world.contacts.write(broken(deployed.known(), "its owner said STOP", EVENING))
    found = lint.of_contacts(tmp_path, deployed)
    assert [(f.line, f.code, f.level.value) for f in found] == [(7, "unconfirmed", "warning"), (8, "broken", "warning")]
    assert "its owner said STOP" in found[1].message


def test_lint_is_content_with_what_is_confirmed(deployed: Any, tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text(TEAM)
    ways = (PHONE, Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example"))
    for way in ways:
        deployed.world.contacts.write(confirmed(deployed.known(way), EVENING))
    assert lint.of_contacts(tmp_path, deployed) == []


def test_doctor_warns_of_what_nobody_confirmed(deployed: Any) -> None:
    deployed.world.contacts.write(confirmed(deployed.known(), EVENING))
    told = list(reach.unconfirmed(Patient(deployed, EVENING)))
    assert [fault for fault in told if "ada" in fault[1]] == [
        (
            Level.WARNING,
            "ada by mail (ada@acme.example): nobody has confirmed that it reaches them",
            "tocsin confirm ada mail",
        )
    ]
