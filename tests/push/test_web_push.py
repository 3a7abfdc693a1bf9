"""Encryption and identification, against the RFC's own example."""

import json
from datetime import UTC, datetime

import pytest

from shared.channels.web_push import PLAINTEXT_MAX, RECORD, Fresh, encrypt, make_keys, read_keys, written
from shared.domain.subscription import decode, encode

# https://www.rfc-editor.org/rfc/rfc8291#appendix-A
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
SUBSCRIPTION = {"endpoint": "https://push.example.net/1", "p256dh": RECEIVER, "auth": AUTH}
NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_the_rfc_s_example_comes_out_to_the_byte() -> None:
    fresh = Fresh(private=decode(SENDER), salt=decode(SALT))
    assert encode(encrypt(b"When I grow up, I want to be a watermelon", SUBSCRIPTION, fresh)) == BODY


def test_each_message_has_a_key_and_a_salt_of_its_own() -> None:
    one, two = encrypt(b"the same", SUBSCRIPTION), encrypt(b"the same", SUBSCRIPTION)
    assert one[:16] != two[:16]
    assert one[21:86] != two[21:86]


def test_the_largest_message_fits_what_every_push_service_takes() -> None:
    assert len(encrypt(b"x" * PLAINTEXT_MAX, SUBSCRIPTION)) == RECORD


def test_a_point_that_is_on_no_curve_is_refused() -> None:
    with pytest.raises(ValueError, match=r"[Ii]nvalid|not on"):
        encrypt(b"x", {**SUBSCRIPTION, "p256dh": encode(b"\x04" + b"\x01" * 64)})


def test_keys_are_read_as_they_were_written() -> None:
    keys = make_keys()
    assert read_keys(written(keys)) == keys
    assert keys.private not in keys.public


@pytest.mark.parametrize("kept", ["", "{}", "[]", "null", json.dumps({"private": "AA", "public": "AA"}), "c2VjcmV0"])
def test_other_keys_are_refused(kept: str) -> None:
    with pytest.raises(ValueError, match=r"P-256|Expecting value"):
        read_keys(kept)
