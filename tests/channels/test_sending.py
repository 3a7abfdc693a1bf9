"""What a provider's answer means: refused is failed, perhaps sent is unknown, never reached is failed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import ANY, Stubber

from cli.world import Settings
from shared.channels import sms
from shared.channels.mail import MailChannel
from shared.channels.reply_addresses import SignedReplyAddresses
from shared.channels.sms import SmsChannel, TwoWaySmsChannel
from shared.channels.texts import unheard
from shared.domain.directory import DELIVERED, Medium
from shared.domain.errors import Refused
from shared.flow.channel import OutcomeUnknown, SendFailed
from shared.flow.ports import Unavailable
from shared.store.parameters import SsmParameters
from shared.wiring import Channels, Journal
from tests.channels.test_messages import NIGHT, notice

ONCE = Config(retries={"total_max_attempts": 1})


def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service, region_name="eu-west-1", config=ONCE)


REFUSALS = ["MessageRejected", "AccountSuspendedException", "TooManyRequestsException", "AccessDeniedException"]


@pytest.mark.parametrize("code", REFUSALS)
def test_ses_refuses_so_the_next_method_is_due(code: str) -> None:
    ses = client("sesv2")
    with Stubber(ses) as stub:
        stub.add_client_error("send_email", code, "no", 400)
        with pytest.raises(SendFailed, match=f"SES refused: {code}: no"):
            MailChannel(ses, "tocsin@acme.example", unheard, "tocsin").send(notice())


def test_a_fault_of_ses_s_own_says_nothing_of_what_it_had_done() -> None:
    ses = client("sesv2")
    with Stubber(ses) as stub:
        stub.add_client_error("send_email", "InternalFailure", "oops", 500)
        with pytest.raises(OutcomeUnknown):
            MailChannel(ses, "tocsin@acme.example", unheard, "tocsin").send(notice())


def test_a_mail_is_sent_once_with_its_reply_address() -> None:
    ses = client("sesv2")
    with Stubber(ses) as stub:
        stub.add_response(
            "send_email",
            {"MessageId": "0102"},
            {
                "FromEmailAddress": "Tocsin <tocsin@acme.example>",
                "ConfigurationSetName": "tocsin",
                "Destination": {"ToAddresses": ["ada@acme.example"]},
                "ReplyToAddresses": ["reply+x@in.example"],
                "Content": ANY,
            },
        )
        assert MailChannel(ses, "tocsin@acme.example", unheard, "tocsin").send(notice()) == "0102"


def test_a_text_is_sent_once_as_transactional() -> None:
    sns, told = client("sns"), notice(medium=Medium.SMS)
    with Stubber(sns) as stub:
        attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        expected = {"PhoneNumber": told.contact.address, "Message": ANY, "MessageAttributes": attributes}
        stub.add_response("publish", {"MessageId": "7"}, expected)
        assert SmsChannel(sns, unheard).send(told) == "7"


class Broken:
    """A client whose every call raises."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            raise self._fault

        return call


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        (ConnectTimeoutError(endpoint_url="https://ses"), SendFailed),
        (EndpointConnectionError(endpoint_url="https://ses"), SendFailed),
        (ReadTimeoutError(endpoint_url="https://ses"), OutcomeUnknown),
        (ConnectionClosedError(endpoint_url="https://ses"), OutcomeUnknown),
    ],
)
@pytest.mark.parametrize(
    "channel", [lambda c: SmsChannel(c, unheard), lambda c: MailChannel(c, "tocsin@acme.example", unheard, "tocsin")]
)
def test_what_wasn_t_sent_is_told_from_what_perhaps_was(channel: Any, fault: Exception, means: type[Exception]) -> None:
    with pytest.raises(means):
        channel(Broken(fault)).send(notice())


def signed(ssm: Any, monotonic: Callable[[], float]) -> SignedReplyAddresses:
    parameters = SsmParameters(ssm, monotonic)
    return SignedReplyAddresses(parameters, "/tocsin/reply-secret", "in.example", "/tocsin/public-url")


def test_a_secret_that_is_too_short_signs_nothing() -> None:
    ssm = client("ssm")
    with Stubber(ssm) as stub:
        stub.add_response("get_parameter", {"Parameter": {"Value": "short"}})
        page = notice().page
        assert page is not None
        with pytest.raises(Unavailable, match="make it anew"):
            signed(ssm, lambda: 0.0).address(page, NIGHT)


def test_a_secret_that_was_made_anew_signs_within_the_minute_and_the_last_one_where_none_can_be_read() -> None:
    ssm, clock = client("ssm"), [0.0]
    page = notice().page
    assert page is not None
    addresses = signed(ssm, lambda: clock[0])
    with Stubber(ssm) as stub:
        stub.add_response("get_parameter", {"Parameter": {"Value": "a" * 32}})
        first = addresses.address(page, NIGHT)
        clock[0] = 59.0
        assert addresses.address(page, NIGHT) == first
        stub.add_client_error("get_parameter", "ThrottlingException")
        clock[0] = 61.0
        assert addresses.address(page, NIGHT) == first
        stub.add_response("get_parameter", {"Parameter": {"Value": "b" * 32}})
        clock[0] = 122.0
        assert addresses.address(page, NIGHT) != first
        with pytest.raises(Refused):
            addresses.read(first, NIGHT)


def test_a_link_leads_to_the_public_address_and_is_none_where_there_is_none() -> None:
    ssm, clock = client("ssm"), [0.0]
    page = notice().page
    assert page is not None
    addresses = signed(ssm, lambda: clock[0])
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", "ParameterNotFound")
        assert addresses.link(page, NIGHT) is None
        clock[0] = 61.0
        stub.add_response("get_parameter", {"Parameter": {"Value": "https://tocsin.acme.example/"}})
        stub.add_response("get_parameter", {"Parameter": {"Value": "a" * 32}})
        link = addresses.link(page, NIGHT)
        assert link is not None
        assert link.startswith("https://tocsin.acme.example/answer/")
        token = link.rpartition("/")[2]
        assert addresses.read_link(token, NIGHT)[0] == page.incident
        with pytest.raises(Refused, match="isn't one of ours"):
            addresses.read(f"reply+{token}@in.example", NIGHT)  # what was signed as a link is no reply address


def test_what_is_said_to_be_delivered_has_a_channel_and_nothing_else_has() -> None:
    assert set(Channels({}, lambda service, config: None, Journal("INFO"), Settings())) == DELIVERED


OUR_NUMBER = "+12125550101"


def test_a_text_that_can_be_answered_goes_out_from_our_number_once() -> None:
    texting = client("pinpoint-sms-voice-v2")
    told = notice(medium=Medium.SMS)
    with Stubber(texting) as stub:
        stub.add_response(
            "send_text_message",
            {"MessageId": "0304"},
            {
                "DestinationPhoneNumber": told.contact.address,
                "OriginationIdentity": OUR_NUMBER,
                "MessageBody": ANY,
                "MessageType": "TRANSACTIONAL",
            },
        )
        assert TwoWaySmsChannel(texting, OUR_NUMBER, unheard).send(told) == "0304"
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException", "ThrottlingException"])
def test_a_number_that_said_stop_is_refused_so_the_next_method_is_due(code: str) -> None:
    texting = client("pinpoint-sms-voice-v2")
    with Stubber(texting) as stub:
        stub.add_client_error("send_text_message", code, "DESTINATION_PHONE_NUMBER_OPTED_OUT", 400)
        with pytest.raises(SendFailed, match=f"End User Messaging refused: {code}: DESTINATION_PHONE_NUMBER_OPTED_OUT"):
            TwoWaySmsChannel(texting, OUR_NUMBER, unheard).send(notice(medium=Medium.SMS))


def test_a_text_says_how_it_is_answered_where_it_can_be() -> None:
    channels = {answers: SmsChannel(client("sns"), unheard, answers=answers) for answers in (True, False)}
    assert [channel.can.answers for channel in channels.values()] == [True, False]
    assert sms.render(replace(notice(medium=Medium.SMS), answerable=True)).endswith(" Answer 4 ack, 6 resolve.")
    assert sms.render(notice(medium=Medium.SMS)).endswith(" Answer by mail.")


def test_the_settings_decide_by_what_texts_go_out() -> None:
    made: list[str] = []

    def make(service: str, config: Any) -> Any:
        made.append(service)
        return client(service)

    for env, answers in (({"TOCSIN_TEXTS_FROM": OUR_NUMBER}, True), ({"TOCSIN_TEXTS_ANSWERED": "no"}, False)):
        assert Channels(env, make, Journal("INFO"), Settings())[Medium.SMS].can.answers is answers
    assert made == ["pinpoint-sms-voice-v2", "sns"]
