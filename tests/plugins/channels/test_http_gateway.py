"""Text messages through any provider with a URL, against a real web server."""

from __future__ import annotations

import json
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from servers.authority import Authority
from servers.http_sink import Answer, HttpSink

from keyback.core import Callback, Context, DeliveryFailed, Heard, Message, PluginError, Text
from keyback.plugins.channels.http_gateway import HttpGateway, HttpGatewaySettings

CODE = "48210973"
WORDS = f'{CODE} is "your" ä & {{to}} 100% <code>\n\n@reset.alderwick.example #{CODE}'


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[HttpSink]:
    with HttpSink(tmp_path) as sink:
        yield sink


def settings(sink: HttpSink, **changed: object) -> HttpGatewaySettings:
    near = {"url": sink.url, "ca_file": str(sink.ca_file), "private_networks": ("127.0.0.0/8", "::1/128")}
    return HttpGatewaySettings.model_validate({**near, **changed})


def text(to: str = "+44 1632 960123", words: str = WORDS) -> Message:
    return Message("sms", to, Text("{words}", words=words))


def failure(gateway: HttpGateway, ctx: Context, message: Message | None = None) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        gateway.send(message or text(), ctx)
    printed = "".join(traceback.format_exception(raised.value))
    for secret in (CODE, "960123", "token"):
        assert secret not in printed
    return raised.value.kind, raised.value.retry


def test_json_is_filled_so_that_no_word_can_break_out_of_it(sink: HttpSink, ctx: Context) -> None:
    gateway = HttpGateway(
        settings(
            sink,
            headers="Authorization: Bearer token:1\n\nX-App:  keyback",
            body='{"from": "Alderwick", "to": ["{to_digits}"], "body": "{text}", "other": {"{x}": 1}}',
        )
    )
    gateway.send(text(), ctx)
    (asked,) = sink.asked
    assert (asked.verb, asked.target) == ("POST", "/send")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Authorization"] == "Bearer token:1"
    assert asked.headers["X-App"] == "keyback"
    assert json.loads(asked.body) == {
        "from": "Alderwick", "to": ["441632960123"], "body": WORDS, "other": {"{x}": 1},
    }  # fmt: skip


def test_a_form_is_filled_so_that_no_word_can_break_out_of_it(sink: HttpSink, ctx: Context) -> None:
    HttpGateway(settings(sink, body_kind="form", body="to={to}&text={text}&key=a")).send(text(), ctx)
    (asked,) = sink.asked
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body.decode()) == {"to": ["+441632960123"], "text": [WORDS], "key": ["a"]}


def test_a_query_is_filled_so_that_no_word_can_break_out_of_it(sink: HttpSink, ctx: Context) -> None:
    HttpGateway(settings(sink, verb="GET", url=sink.url + "/{to_digits}?key=a&text={text}")).send(text(), ctx)
    (asked,) = sink.asked
    assert asked.verb == "GET"
    assert asked.body == b""
    assert urlsplit(asked.target).path == "/send/441632960123"
    assert parse_qs(urlsplit(asked.target).query) == {"key": ["a"], "text": [WORDS]}


def test_a_half_letter_is_sent_as_a_question_mark_or_refused_and_never_raises(sink: HttpSink, ctx: Context) -> None:
    for kind, body in (("json", '{"to": "{to}", "text": "{text}"}'), ("form", "to={to}&text={text}")):
        HttpGateway(settings(sink, body_kind=kind, body=body)).send(text(words="\ud800"), ctx)
    assert len(sink.asked) == 2


@pytest.mark.parametrize(
    "to", ["", "01632960123", "+441632960123,+441632960124", "+441632960123&to=1", "+44\r\nX: 1", "\ud800"]
)
def test_what_is_not_one_whole_number_gets_nothing(to: str, sink: HttpSink, ctx: Context) -> None:
    assert failure(HttpGateway(settings(sink)), ctx, text(to)) == ("address", False)
    assert sink.asked == []


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (400, ("refused", False)), (401, ("credentials", False)), (403, ("credentials", False)),
        (404, ("refused", False)),
        (429, ("throttled", True)), (500, ("provider-down", True)), (503, ("provider-down", True)),
    ],
)  # fmt: skip
def test_the_providers_status_says_whether_later_may_help(
    status: int, failed: tuple[str, bool], sink: HttpSink, ctx: Context
) -> None:
    sink.script.append(Answer(status, f"{CODE} to 960123".encode()))
    assert failure(HttpGateway(settings(sink)), ctx) == failed


def test_a_provider_that_says_no_with_200_is_understood(sink: HttpSink, ctx: Context) -> None:
    gateway = HttpGateway(settings(sink, good_text='"queued"'))
    gateway.send(text(), ctx)
    sink.script.append(Answer(200, b'{"status": "failed"}'))
    assert failure(gateway, ctx) == ("refused", False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, sink: HttpSink, ctx: Context) -> None:
    sink.script.append(Answer(status, headers=(("Location", sink.url),)))
    assert failure(HttpGateway(settings(sink)), ctx) == ("refused", False)
    assert len(sink.asked) == 1


def test_a_certificate_of_another_authority_is_refused(sink: HttpSink, tmp_path: Path, ctx: Context) -> None:
    for ca_file in ("", str(Authority(tmp_path / "other").ca_file)):
        gateway = HttpGateway(settings(sink, ca_file=ca_file))
        assert failure(gateway, ctx) == ("certificate", False)
        with pytest.raises(PluginError, match="certificate"):
            gateway.check()
    assert sink.asked == []


def test_a_private_address_is_refused_unless_it_is_listed(sink: HttpSink, ctx: Context) -> None:
    gateway = HttpGateway(settings(sink, private_networks=("10.0.0.0/8",)))
    assert failure(gateway, ctx) == ("private-address", False)
    with pytest.raises(PluginError, match="in a private network"):
        gateway.check()
    assert sink.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(
    address: str, sink: HttpSink, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", (address, sink.port))])
    gateway = HttpGateway(settings(sink, url="https://sms.example.org/", private_networks=()))
    assert failure(gateway, ctx) == ("private-address", False)


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    sink: HttpSink, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, answers = socket.getaddrinfo, iter(["127.0.0.1"])

    def once(host: str, *rest: object, **more: object) -> object:
        # A second look-up of the name would find nothing; addresses are answered as ever.
        return real(next(answers) if host == "localhost" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    HttpGateway(settings(sink)).send(text(), ctx)
    assert len(sink.asked) == 1


def test_plain_http_reaches_this_machine_only(tmp_path: Path, ctx: Context) -> None:
    with HttpSink(tmp_path, secure=False) as sink:
        HttpGateway(settings(sink)).send(text(), ctx)
        assert len(sink.asked) == 1
        for url in ("http://sms.example.org/", "http://10.0.0.1/", "http://127.0.0.1.example.org/"):
            with pytest.raises(ValidationError):
                settings(sink, url=url)


def test_a_slow_provider_is_given_up_at_the_deadline(sink: HttpSink, ctx: Context) -> None:
    ctx = replace(ctx, deadline=ctx.now + timedelta(seconds=0.4))
    for answer in (Answer(delay=1.0), Answer(drip=0.1)):
        sink.script.append(answer)
        assert failure(HttpGateway(settings(sink)), ctx) == ("timeout", True)


def test_after_the_deadline_nothing_is_begun(sink: HttpSink, ctx: Context) -> None:
    assert failure(HttpGateway(settings(sink)), replace(ctx, deadline=ctx.now)) == ("timeout", True)
    assert sink.asked == []


def test_a_provider_that_hangs_up_is_tried_later(sink: HttpSink, ctx: Context) -> None:
    sink.script.append(Answer(hang_up=True))
    assert failure(HttpGateway(settings(sink)), ctx) == ("unreachable", True)


def test_a_provider_that_is_down_is_tried_later(tmp_path: Path, ctx: Context) -> None:
    with HttpSink(tmp_path) as sink:
        gateway = HttpGateway(settings(sink))
        gateway.check()
    assert failure(gateway, ctx) == ("unreachable", True)


def test_an_endless_answer_is_not_read_to_its_end(sink: HttpSink, ctx: Context) -> None:
    sink.script.append(Answer(200, b"x" * 2_000_000 + b"queued"))
    assert failure(HttpGateway(settings(sink, good_text="queued")), ctx) == ("refused", False)


@pytest.mark.parametrize(
    "broken",
    [
        {"url": "ftp://sms.example.org/"}, {"url": "https://{to}.example.org/"}, {"url": "https://user:pw@example.org/"},
        {"url": "https://example.org/ x"}, {"url": "https://example.org/\r\nX: 1"}, {"url": "https:///x"}, {"url": ""},
        {"headers": "no colon"}, {"headers": "A: b\x00"}, {"headers": "A b: c"}, {"body": '{"to": "{to}"}'},
        {"body": '{"text": "{text}"}'}, {"body": "{to} {text}"}, {"good_statuses": ()}, {"good_statuses": ("302",)},
        {"private_networks": ("home",)}, {"verb": "GET"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(broken: dict[str, object], sink: HttpSink) -> None:
    with pytest.raises(ValidationError):
        settings(sink, **broken)


def test_secrets_stay_out_of_the_settings_repr(sink: HttpSink) -> None:
    printed = repr(settings(sink, headers="Authorization: token", body='{"k":"token","a":"{to}","b":"{text}"}'))
    assert "token" not in printed


# What it tells later ----------------------------------------------------------------------------------------------


def test_the_providers_name_for_a_message_is_found_in_its_answer(sink: HttpSink, ctx: Context) -> None:
    sink.script.extend([Answer(200, b'{"status": "queued", "id": "SM-17"}'), Answer(200, b"{}")])
    gateway = HttpGateway(settings(sink, name_in_answer=r'"id": *"([^"]+)"'))
    assert [gateway.send(text(), ctx).id, gateway.send(text(), ctx).id] == ["SM-17", ""]


def test_it_is_told_where_to_say_what_became_of_a_message(sink: HttpSink, ctx: Context) -> None:
    where = "https://reset.alderwick.example/callback/http_gateway/token"
    gateway = HttpGateway(settings(sink, body_kind="form", body="to={to}&text={text}&back={answer_to}"))
    gateway.send(replace(text(), answer_to=where), ctx)
    assert parse_qs(sink.asked[0].body.decode())["back"] == [where]


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [("Delivered", "delivered", ""), ("sent", "sent", ""), (" UNDELIV ", "failed", "not-reachable")],
)
def test_what_it_says_later_is_a_state_and_never_an_answer(
    said: str, state: str, why: str, sink: HttpSink, ctx: Context
) -> None:
    callback = Callback("https://a.example/", {"status": said, "key": "#", "code": CODE}, {})
    heard = HttpGateway(settings(sink)).hear(callback, text(), ctx)
    assert heard == Heard(state=state, why=why)
    assert not heard.answer


@pytest.mark.parametrize("fields", [{}, {"status": ""}, {"status": "read"}, {"state": "delivered"}])
def test_what_it_says_later_in_other_words_changes_nothing(
    fields: dict[str, str], sink: HttpSink, ctx: Context
) -> None:
    assert HttpGateway(settings(sink)).hear(Callback("https://a.example/", fields, {}), text(), ctx) is None


@pytest.mark.parametrize("pattern", ["(", "id", "(a)(b)"])
def test_a_pattern_that_finds_no_name_is_refused(pattern: str, sink: HttpSink) -> None:
    with pytest.raises(ValidationError):
        settings(sink, name_in_answer=pattern)
