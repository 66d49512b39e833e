"""What we ask of Twilio, and what our stand-in for it answers, judged by the contract that Twilio publishes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from servers import contracts
from servers.http_sink import Answer, Asked
from servers.twilio import ACCOUNT, Twilio, refused

from keyback.core import Call, Context, DeliveryFailed, Message, Text
from keyback.plugins.channels import twilio as plugin

PUBLISHED = "twilio-sms-voice"
ANSWER_TO = "https://reset.alderwick.example/callback/twilio/a-token-of-ours"
TEXT = Message("sms", "+44 1632 960123", Text("48210973 is your code"), answer_to=ANSWER_TO)
CALL = Message("voice", "+44 1632 960123", Text("4, 8"), call=Call(Text("Press.")), answer_to=ANSWER_TO)
BEHIND = replace(CALL, call=Call(Text("Press."), extension="4711"))

pytestmark = pytest.mark.skipif(bool(contracts.missing(PUBLISHED)), reason=contracts.missing(PUBLISHED))


@pytest.fixture(scope="module")
def judge() -> OpenAPI:
    return contracts.judge(PUBLISHED)


@pytest.fixture
def twilio(tmp_path: Path) -> Iterator[Twilio]:
    with Twilio(tmp_path) as twilio:
        yield twilio


def request(asked: Asked) -> MockRequest:
    return MockRequest(
        "https://api.twilio.com",
        asked.verb.lower(),
        asked.target,
        headers={"Authorization": asked.headers["Authorization"]},
        data=asked.body,
        content_type=asked.headers.get("Content-Type", ""),
    )


def response(answer: Answer) -> MockResponse:
    return MockResponse(answer.body, answer.status, content_type="application/json")


@pytest.mark.parametrize("message", [TEXT, replace(TEXT, answer_to=""), CALL, BEHIND])
def test_what_we_ask_is_in_the_contract(message: Message, judge: OpenAPI, twilio: Twilio, ctx: Context) -> None:
    plugin.Twilio(twilio.settings()).send(message, ctx)
    (asked,) = twilio.sink.asked
    judge.validate_request(request(asked))
    path = judge.spec / "paths" / asked.target.replace(ACCOUNT, "{AccountSid}") / "post" / "requestBody" / "content"
    known = path / "application/x-www-form-urlencoded" / "schema" / "properties"
    # The contract lets fields through that it does not know, and Twilio ignores them: nobody would notice a slip.
    assert asked.form.keys() <= set(known.keys())


def test_so_is_the_question_whether_the_account_is_there(judge: OpenAPI, twilio: Twilio) -> None:
    plugin.Twilio(twilio.settings()).check()
    (asked,) = twilio.sink.asked
    judge.validate_request(request(asked))
    judge.validate_response(request(asked), response(twilio.sink.usual(asked)))


@pytest.mark.parametrize("answer", [None, refused(400, 21211), refused(401, 20003), refused(429, 20429)])
@pytest.mark.parametrize("message", [TEXT, CALL])
def test_what_our_stand_in_answers_is_in_the_contract(
    message: Message, answer: Answer | None, judge: OpenAPI, twilio: Twilio, ctx: Context
) -> None:
    twilio.sink.script.extend([answer] if answer else [])
    try:
        plugin.Twilio(twilio.settings()).send(message, ctx)
    except DeliveryFailed:
        assert answer
    (asked,) = twilio.sink.asked
    judge.validate_response(request(asked), response(answer or twilio.sink.usual(asked)))


def test_a_slip_would_be_noticed(judge: OpenAPI, twilio: Twilio, ctx: Context) -> None:
    plugin.Twilio(twilio.settings()).send(TEXT, ctx)
    (asked,) = twilio.sink.asked
    for wrong in (
        replace(asked, body=asked.body.replace(b"To=", b"to=")),
        replace(asked, body=asked.body.replace(b"ValidityPeriod=300", b"ValidityPeriod=soon")),
        replace(asked, target=asked.target.replace("Messages", "Texts")),
    ):
        with pytest.raises(OpenAPIError):
            judge.validate_request(request(wrong))
