"""Text messages through Amazon SNS, against moto's server; what moto does not know, against a plain web server."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr, ValidationError
from servers.http_sink import Answer, HttpSink

from keyback.core import Context, DeliveryFailed, Message, PluginError, Text
from keyback.plugins.channels import sns as plugin
from keyback.plugins.channels.sns import Sns, SnsSettings

CODE = "48210973"
TEXT = Message(
    "sms", "+43 664 123 45 05", Text("{words}", words=f"{CODE} ist Ihr Code für Älderwick\n\n@a.example #{CODE}")
)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[HttpSink]:
    with HttpSink(tmp_path, secure=False) as sink:
        yield sink


def channel(address: str, **changed: object) -> Sns:
    key: dict[str, Any] = {"aws_region": "eu-west-1", "access_key": "AKIA", "secret_key": SecretStr("secret")}
    return Sns(SnsSettings.model_validate({**key, "address": address, **changed}))


def failure(sns: Sns, ctx: Context, message: Message = TEXT) -> tuple[str, bool, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        sns.send(message, ctx)
    printed = "".join(traceback.format_exception(raised.value))
    assert CODE not in printed
    assert "1234505" not in printed
    return raised.value.kind, raised.value.retry, raised.value.unknown


def error(code: str, status: int = 400) -> Answer:
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{CODE}</Message></Error></ErrorResponse>"
    )
    return Answer(status, body.encode(), (("Content-Type", "text/xml"),))


def test_a_text_arrives_as_it_was_written_and_amazon_names_it(amazon: str, ctx: Context) -> None:
    receipt = channel(amazon).send(TEXT, ctx)
    texts = requests.get(f"{amazon}/moto-api/data.json", timeout=5).json()["sns"]["SMS"]
    (mine,) = [text for text in texts if text["message_id"] == receipt.id]
    assert (mine["phone_number"], mine["message"]) == ("+436641234505", str(TEXT.text))


@pytest.mark.parametrize(
    "to", ["", "06641234505", "+43664\r\n1234505", "jo@mail.example", "+436641234505,+436641234506"]
)
def test_what_is_not_one_whole_number_is_not_even_asked_for(to: str, sink: HttpSink, ctx: Context) -> None:
    assert failure(channel(sink.url), ctx, replace(TEXT, to=to)) == ("address", False, False)
    assert sink.asked == []


def test_it_says_who_sends_and_that_somebody_waits(sink: HttpSink, ctx: Context) -> None:
    for sender, name in (("Alderwick", "SenderID"), ("+441632960100", "OriginationNumber")):
        failure(channel(sink.url, sender=sender), ctx)
        said = sink.asked[-1].body.decode()
        assert "Transactional" in said
        assert name in said


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (error("InvalidParameter"), ("address", False, False)),
        (error("OptedOut"), ("opted-out", False, False)),
        (error("Throttling"), ("throttled", True, False)),
        (error("AuthorizationError", 403), ("credentials", False, False)),
        (error("InvalidClientTokenId", 403), ("credentials", False, False)),
        (error("SomethingNew", 403), ("credentials", False, False)),
        (error("SomethingNew"), ("refused", False, False)),
        (error("InternalError", 500), ("provider-down", True, True)),
        (Answer(503, b"<html>"), ("provider-down", True, True)),
        (Answer(hang_up=True), ("unreachable", True, True)),
    ],
)
def test_a_no_is_understood_never_quoted_and_never_asked_for_twice(
    answer: Answer, failed: tuple[str, bool, bool], sink: HttpSink, ctx: Context
) -> None:
    sink.script.append(answer)
    assert failure(channel(sink.url), ctx) == failed
    assert len(sink.asked) == 1


def test_a_lost_answer_is_not_known_to_be_a_no(sink: HttpSink, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "READ", 0.3)
    sink.script.append(Answer(delay=2))
    assert failure(channel(sink.url), ctx) == ("timeout", True, True)


def test_who_cannot_be_reached_surely_took_nothing(tmp_path: Path, ctx: Context) -> None:
    with HttpSink(tmp_path, secure=False) as sink:
        address = sink.url
    assert failure(channel(address), ctx) == ("unreachable", True, False)


def test_after_the_deadline_nothing_is_begun(sink: HttpSink, ctx: Context) -> None:
    assert failure(channel(sink.url), replace(ctx, deadline=ctx.now)) == ("timeout", True, False)
    assert sink.asked == []


def test_the_check_says_yes_where_texts_may_leave(amazon: str) -> None:
    channel(amazon).check()


def _attributes(limit: str) -> Answer:
    entry = f"<entry><key>MonthlySpendLimit</key><value>{limit}</value></entry>"
    result = f"<GetSMSAttributesResult><attributes>{entry}</attributes></GetSMSAttributesResult>"
    return Answer(200, f"<GetSMSAttributesResponse>{result}</GetSMSAttributesResponse>".encode())


def _sandbox(inside: str) -> Answer:
    result = f"<GetSMSSandboxAccountStatusResult><IsInSandbox>{inside}</IsInSandbox></GetSMSSandboxAccountStatusResult>"
    return Answer(200, f"<GetSMSSandboxAccountStatusResponse>{result}</GetSMSSandboxAccountStatusResponse>".encode())


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([_attributes("1"), _sandbox("true")], "sandbox"),
        ([_attributes("0")], "spend limit"),
        ([error("InvalidClientTokenId", 403)], "refuses the sign-in name"),
        ([Answer(hang_up=True)], "can't be reached"),
        ([_attributes("1"), _sandbox("false")], ""),
        ([_attributes("1"), error("AuthorizationError", 403)], ""),
    ],
)
def test_the_check_tells_why_texts_would_not_arrive(answers: list[Answer], said: str, sink: HttpSink) -> None:
    sink.script.extend(answers)
    if not said:
        return channel(sink.url).check()
    with pytest.raises(PluginError, match=said):
        channel(sink.url).check()
    return None


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://sns.example.org"}, {"address": "https://a@b.example"}, {"secret_key": ""},
        {"sender": "more than eleven letters"}, {"aws_region": "EU West"},
    ],
)  # fmt: skip
def test_an_unsafe_setting_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        channel(**{"address": "http://127.0.0.1:1", **wrong})


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "boto3", None)
    with pytest.raises(PluginError, match="extra `sns`"):
        channel("http://127.0.0.1:1")
