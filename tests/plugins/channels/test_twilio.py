"""Texts and calls through Twilio, against a server that answers as Twilio's contract says."""

from __future__ import annotations

import time
import traceback
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from servers.http_sink import Answer
from servers.ports import free_port
from servers.proxy import NAME, Proxy
from servers.twilio import ACCOUNT, NUMBER, TOKEN, Twilio, answered, callback, key_goes_to, refused, said

from keyback.core import Call, Context, DeliveryFailed, Message, PluginError, Text
from keyback.plugins.channels import twilio as plugin

CODE = "48210973"
ANSWER_TO = "https://reset.alderwick.example/callback/twilio/a-token-of-ours"
GREETING = "This is Alderwick. Press the hash key."
SAID = "Your code is 4, 8, 2, 1."
CALL = Message("voice", "+44 1632 960123", Text(f"{SAID}\n{SAID}"), call=Call(Text(GREETING)), answer_to=ANSWER_TO)
APPROVE = replace(CALL, text=Text("Thank you."), call=Call(Text(GREETING), approves=True))
TEXT = Message("sms", "+44 1632 960123", Text(f"{CODE} is your code"), answer_to=ANSWER_TO)


@pytest.fixture
def twilio(tmp_path: Path) -> Iterator[Twilio]:
    with Twilio(tmp_path) as twilio:
        yield twilio


@pytest.fixture
def channel(twilio: Twilio) -> plugin.Twilio:
    return plugin.Twilio(twilio.settings())


def asked(twilio: Twilio) -> dict[str, list[str]]:
    (one,) = twilio.sink.asked
    return dict(one.form)


def failed(channel: plugin.Twilio, ctx: Context, message: Message = CALL) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        channel.send(message, ctx)
    printed = "".join(traceback.format_exception(raised.value))
    for secret in (CODE, "960123", TOKEN, "a-token-of-ours"):
        assert secret not in printed
    return raised.value


def failure(channel: plugin.Twilio, ctx: Context, message: Message = CALL) -> tuple[str, bool]:
    why = failed(channel, ctx, message)
    return why.kind, why.retry


# Sending ----------------------------------------------------------------------------------------------------------


def test_a_text_is_one_request_with_the_accounts_password(twilio: Twilio, channel: plugin.Twilio, ctx: Context) -> None:
    receipt = channel.send(TEXT, ctx)
    (one,) = twilio.sink.asked
    assert (one.verb, one.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert b64decode(one.headers["Authorization"].removeprefix("Basic ")).decode() == f"{ACCOUNT}:{TOKEN}"
    assert receipt.id.startswith("SM")
    assert asked(twilio) == {
        "To": ["+441632960123"],
        "From": [NUMBER],
        "Body": [f"{CODE} is your code"],
        "StatusCallback": [ANSWER_TO],
        "ValidityPeriod": ["300"],
    }


def test_a_text_that_nobody_waits_for_may_come_late(twilio: Twilio, channel: plugin.Twilio, ctx: Context) -> None:
    channel.send(replace(TEXT, answer_to=""), ctx)
    assert asked(twilio).keys() == {"To", "From", "Body"}


@pytest.mark.parametrize(("sender", "field"), [("MG" + "0a" * 16, "MessagingServiceSid"), ("Alderwick", "From")])
def test_a_text_may_come_from_a_service_or_a_name(sender: str, field: str, twilio: Twilio, ctx: Context) -> None:
    plugin.Twilio(twilio.settings(sender=sender)).send(TEXT, ctx)
    assert asked(twilio)[field] == [sender]
    assert len({"From", "MessagingServiceSid"} & asked(twilio).keys()) == 1


def test_a_call_begins_with_the_greeting_and_waits_for_any_key(
    twilio: Twilio, channel: plugin.Twilio, ctx: Context
) -> None:
    assert channel.send(CALL, ctx).id.startswith("CA")
    form = asked(twilio)
    (script,) = form.pop("Twiml")
    assert said(script) == [GREETING, GREETING]
    assert key_goes_to(script) == ANSWER_TO
    # With the usual "#" a pressed # would come back as an empty line.
    assert 'finishOnKey=""' in script
    assert 'numDigits="1"' in script
    assert form == {
        "To": ["+441632960123"], "From": [NUMBER], "Timeout": ["30"], "TimeLimit": ["60"],
        "StatusCallback": [ANSWER_TO], "StatusCallbackEvent": ["ringing", "answered", "completed"],
    }  # fmt: skip


def test_a_machine_that_takes_the_call_is_told_no_code(twilio: Twilio, channel: plugin.Twilio, ctx: Context) -> None:
    """C10: the code is not even in what Twilio is handed before a key is pressed."""
    channel.send(CALL, ctx)
    assert SAID.encode() not in twilio.sink.asked[0].body.replace(b"+", b" ").replace(b"%2C", b",")
    assert channel.hear(callback(ANSWER_TO, CallStatus="in-progress"), CALL, ctx) is not None


def test_an_extension_is_dialled_once_the_switchboard_took_the_call(
    twilio: Twilio, channel: plugin.Twilio, ctx: Context
) -> None:
    channel.send(replace(CALL, call=Call(Text(GREETING), extension="4711")), ctx)
    assert asked(twilio)["SendDigits"] == ["wwww4711"]


@pytest.mark.parametrize("extension", ["#", "4711;ext=2", "w", "1" * 33, "+4", " "])
def test_what_is_no_extension_is_not_dialled(extension: str, channel: plugin.Twilio, ctx: Context) -> None:
    message = replace(CALL, call=Call(Text(GREETING), extension=extension))
    assert failure(channel, ctx, message) == ("address", False)


@pytest.mark.parametrize("message", [replace(CALL, call=None), replace(CALL, answer_to="")])
def test_no_call_is_made_that_could_only_talk_to_a_machine(
    message: Message, channel: plugin.Twilio, ctx: Context
) -> None:
    assert failure(channel, ctx, message) == ("address", False)


@pytest.mark.parametrize("name", ["</Say><Dial>+15550100</Dial><Say>", "A & B <b>\"'", "Ä\x00\x07\ud800 🔑"])
def test_no_name_breaks_out_of_the_script(name: str, twilio: Twilio, channel: plugin.Twilio, ctx: Context) -> None:
    """C11."""
    channel.send(replace(CALL, call=Call(Text("{name}", name=name))), ctx)
    (script,) = asked(twilio)["Twiml"]
    plain = "".join(c for c in name if c.isprintable())
    assert said(script) == [plain, plain]
    assert "<Dial" not in script


@pytest.mark.parametrize(("locale", "voice"), [("de", "de-DE"), ("en", "en-GB"), ("fr-CA", "fr-FR")])
def test_the_voice_speaks_the_persons_language(
    locale: str, voice: str, twilio: Twilio, channel: plugin.Twilio, ctx: Context
) -> None:
    channel.send(CALL, replace(ctx, locale=locale))
    assert f'<Say language="{voice}">' in asked(twilio)["Twiml"][0]


# Hearing ----------------------------------------------------------------------------------------------------------


def test_the_code_is_said_twice_once_the_key_is_pressed_and_again_when_it_is_pressed_again(
    channel: plugin.Twilio, ctx: Context
) -> None:
    heard = channel.hear(callback(ANSWER_TO, Digits="#", CallStatus="in-progress"), CALL, ctx)
    assert heard is not None
    assert (said(heard.reply), heard.reply_type) == ([SAID, SAID], "text/xml")
    assert key_goes_to(heard.reply) == ANSWER_TO
    assert (heard.answer, heard.state) == ({}, "delivered")


def test_another_key_hears_the_greeting_once_more(channel: plugin.Twilio, ctx: Context) -> None:
    for message in (CALL, APPROVE):
        for key in ("1", "*", "", "##"):
            heard = channel.hear(callback(ANSWER_TO, Digits=key), message, ctx)
            assert heard is not None
            assert said(heard.reply) == [GREETING, GREETING]
            assert heard.answer == {}


def test_the_key_approves_where_it_is_the_answer(channel: plugin.Twilio, ctx: Context) -> None:
    heard = channel.hear(callback(ANSWER_TO, Digits="#"), APPROVE, ctx)
    assert heard is not None
    assert (heard.answer, said(heard.reply)) == ({"key": "#"}, ["Thank you."])
    assert key_goes_to(heard.reply) is None


@pytest.mark.parametrize(
    ("fields", "stands", "why"),
    [
        ({"CallStatus": "initiated"}, "", ""),
        ({"CallStatus": "ringing"}, "sent", ""),
        ({"CallStatus": "in-progress"}, "delivered", ""),
        ({"CallStatus": "completed"}, "delivered", ""),
        ({"CallStatus": "busy"}, "failed", "busy"),
        ({"CallStatus": "no-answer"}, "failed", "no-answer"),
        ({"MessageStatus": "queued"}, "", ""),
        ({"MessageStatus": "sent"}, "sent", ""),
        ({"MessageStatus": "delivered"}, "delivered", ""),
        ({"MessageStatus": "undelivered", "ErrorCode": "30006"}, "failed", "not-mobile"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30450"}, "failed", "filtered"),
        ({"MessageStatus": "failed", "ErrorCode": "39999"}, "failed", "failed"),
        ({"MessageStatus": "failed", "ErrorCode": "²"}, "failed", "failed"),
        ({"MessageStatus": "something new"}, "", ""),
        ({}, "", ""),
    ],
)
def test_what_became_of_it_is_told_in_our_words(
    fields: Mapping[str, str], stands: str, why: str, channel: plugin.Twilio, ctx: Context
) -> None:
    heard = channel.hear(callback(ANSWER_TO, **fields), TEXT, ctx)
    assert heard is not None
    assert (heard.state, heard.why, heard.answer, heard.reply) == (stands, why, {}, "")


PRESSED = callback(ANSWER_TO, Digits="#", CallSid="CA1")


@pytest.mark.parametrize(
    "forged",
    [
        replace(PRESSED, headers={}),
        replace(PRESSED, headers={"X-Twilio-Signature": ""}),
        replace(PRESSED, headers={"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}),
        replace(PRESSED, headers={"X-Twilio-Signature": "no base64 \ud800"}),
        replace(PRESSED, url=ANSWER_TO + "x"),
        replace(PRESSED, url=ANSWER_TO.replace("https", "http")),
        replace(PRESSED, fields={**PRESSED.fields, "CallSid": "CA2"}),
        replace(PRESSED, fields={**PRESSED.fields, "More": ""}),
        replace(PRESSED, fields={k: v for k, v in PRESSED.fields.items() if k != "CallSid"}),
        callback(ANSWER_TO, token="another token", Digits="#"),
        # Signed by Twilio, but for somebody else's account, or about somebody else's phone.
        callback(ANSWER_TO, Digits="#", AccountSid="AC" + "00" * 16),
        callback(ANSWER_TO, Digits="#", To="+441632960124"),
        callback(ANSWER_TO, Digits="#", To=""),
    ],
)
def test_whatever_twilio_did_not_sign_for_this_message_is_not_heard(
    forged: plugin.Callback, channel: plugin.Twilio, ctx: Context
) -> None:
    """C14."""
    assert channel.hear(PRESSED, APPROVE, ctx) is not None
    assert channel.hear(forged, APPROVE, ctx) is None


def test_the_signature_is_the_one_of_twilios_own_example(twilio: Twilio, ctx: Context) -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
        "To": "+18005551212",
    }  # fmt: skip
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    channel = plugin.Twilio(twilio.settings(auth_token="12345"))
    signed = plugin.Callback(url, fields, {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="})
    assert channel._signed(signed)


# When it does not work --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "retry"),
    [
        (refused(401, 20003), "credentials", False),
        (refused(429, 20429), "throttled", True),
        (refused(400, 20429), "throttled", True),
        (refused(400, 21211), "address", False),
        (refused(400, 13224), "address", False),
        (refused(400, 21614), "not-mobile", False),
        (refused(400, 21408), "region", False),
        (refused(400, 21215), "region", False),
        (refused(400, 21610), "opted-out", False),
        (refused(400, 21612), "not-reachable", False),
        (refused(400, 21606), "sender", False),
        (refused(400, 21608), "trial", False),
        (refused(400, 99999), "refused", False),
        (Answer(401, b""), "credentials", False),
        (Answer(429, b"slow down"), "throttled", True),
        (Answer(500, b"{"), "provider-down", True),
        (Answer(503, b"[" * 70_000), "provider-down", True),
        (Answer(302, b"", (("Location", "https://elsewhere.example/"),)), "refused", False),
        (Answer(201, b"not json"), "refused", False),
        (Answer(200, b'{"sid": "CA1"}'), "refused", False),
        (answered(400, {"code": ["21211"]}), "refused", False),
    ],
)
def test_a_no_is_understood_and_never_quoted(
    answer: Answer, kind: str, retry: bool, twilio: Twilio, channel: plugin.Twilio, ctx: Context
) -> None:
    twilio.sink.script.append(answer)
    assert failure(channel, ctx) == (kind, retry)
    assert len(twilio.sink.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(delay=3), "timeout"),
        (Answer(drip=0.2, body=b" " * 100), "timeout"),
        (Answer(hang_up=True), "unreachable"),
    ],
)
@pytest.mark.parametrize(("message", "again"), [(TEXT, True), (CALL, False)])
def test_whoever_hangs_is_left_in_time_and_nobody_is_rung_twice(
    answer: Answer, kind: str, message: Message, again: bool, twilio: Twilio, channel: plugin.Twilio, ctx: Context
) -> None:
    twilio.sink.script.append(answer)
    began = time.monotonic()
    why = failed(channel, replace(ctx, deadline=ctx.now + timedelta(seconds=1.2)), message)
    assert (why.kind, why.retry, why.unknown) == (kind, again, True)
    assert time.monotonic() - began < 2


def test_what_was_never_reached_surely_took_nothing(twilio: Twilio, ctx: Context) -> None:
    nobody = plugin.Twilio(twilio.settings(base_url=f"http://localhost:{free_port()}"))
    why = failed(nobody, ctx)
    assert (why.kind, why.retry, why.unknown) == ("unreachable", True, False)


def test_a_certificate_that_nobody_vouches_for_ends_it(twilio: Twilio, ctx: Context) -> None:
    assert failure(plugin.Twilio(twilio.settings(ca_file="")), ctx) == ("certificate", False)
    assert twilio.sink.asked == []


# Settings and test ------------------------------------------------------------------------------------------------


def test_the_check_asks_for_the_account_and_sends_nothing(twilio: Twilio, channel: plugin.Twilio) -> None:
    channel.check()
    (one,) = twilio.sink.asked
    assert (one.verb, one.target, one.body) == ("GET", f"/2010-04-01/Accounts/{ACCOUNT}.json", b"")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (refused(401, 20003), "it refuses the sign-in name, the password or the key"),
        (answered(200, {"sid": ACCOUNT, "status": "suspended"}), "the account is not active"),
        (Answer(200, b""), "the account is not active"),
        (Answer(500), "something is broken there"),
        (Answer(hang_up=True), "it can't be reached"),
    ],
)
def test_the_check_says_what_is_wrong(answer: Answer, why: str, twilio: Twilio, channel: plugin.Twilio) -> None:
    twilio.sink.script.append(answer)
    with pytest.raises(PluginError, match=f"Twilio cannot be used: {why}$"):
        channel.check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "AC1"}, {"account": "SK" + "0f" * 16}, {"number": "Alderwick"}, {"number": "01632 960100"},
        {"sender": "a name that is too long"}, {"sender": "A&B"}, {"base_url": "http://api.twilio.example"},
        {"base_url": "https://user:secret@api.twilio.com"}, {"base_url": "https://api.twilio.com?x=1"},
        {"base_url": "ftp://api.twilio.com"}, {"proxy": "proxy.example:3128"}, {"proxy": "socks5://proxy.example"},
        {"private_networks": ("10.1.2.3/8",)},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], twilio: Twilio) -> None:
    with pytest.raises(ValidationError):
        twilio.settings(**wrong)


def test_the_token_and_the_proxys_password_are_never_printed(twilio: Twilio) -> None:
    settings = twilio.settings(proxy="http://kb:secret-word@proxy.example:3128")
    assert TOKEN not in repr(settings)
    assert "secret-word" not in repr(settings)


# Through a proxy --------------------------------------------------------------------------------------------------


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        yield proxy


def test_a_proxy_carries_it_and_reads_nothing(twilio: Twilio, proxy: Proxy, ctx: Context) -> None:
    """The network that the server is in need not be listed: where it leads is the proxy's to say."""
    address = f"http://{NAME}:p%40ss%3Aword@localhost:{proxy.port}"
    plugin.Twilio(twilio.settings(proxy=address, private_networks=())).send(TEXT, ctx)
    assert proxy.tunnels == [f"localhost:{twilio.sink.port}"]
    assert asked(twilio)["To"] == ["+441632960123"]


def test_a_proxy_that_refuses_ends_it(twilio: Twilio, proxy: Proxy, ctx: Context) -> None:
    channel = plugin.Twilio(twilio.settings(proxy=f"http://localhost:{proxy.port}"))
    assert failure(channel, ctx) == ("unreachable", True)
    assert twilio.sink.asked == []


def test_no_proxy_of_the_environment_is_asked(
    twilio: Twilio, proxy: Proxy, channel: plugin.Twilio, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://localhost:{proxy.port}")
    channel.send(TEXT, ctx)
    assert (proxy.tunnels, len(twilio.sink.asked)) == ([], 1)
