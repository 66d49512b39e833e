"""Waking phones: what the standards ask for, who alone can read it, and which hosts are never asked."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from pydantic import ValidationError
from servers.device import raw, text
from servers.http_sink import Answer
from servers.phone import subscription
from servers.push_service import Browser, PushService, several

from keyback.core import Context, DeliveryFailed, Message, Text
from keyback.plugins.channels._web_push import encrypted
from keyback.plugins.channels.web_push import MOST_PHONES, WebPush, WebPushSettings

KEY = "1f" * 34
WORDS = "Something waits for you at Alderwick."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with PushService(tmp_path) as service:
        yield service


def opened(service: PushService, **changed: object) -> WebPush:
    near = {"key": KEY, "hosts": (service.host,), "private_networks": ("127.0.0.0/8", "::1/128")}
    settings = {**near, "ca_file": str(service.ca_file), **changed}
    return WebPush(WebPushSettings.model_validate(settings))


def message(*browsers: Browser, words: str = WORDS) -> Message:
    return Message("push", several(*browsers), Text("{words}", words=words))


def failure(channel: WebPush, sent: Message, ctx: Context) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        channel.send(sent, ctx)
    printed = "".join(traceback.format_exception(raised.value))
    assert "push/" not in printed
    assert "Something" not in printed
    return raised.value.kind, raised.value.retry


def test_the_example_of_the_standard() -> None:
    """RFC 8291, 5 and appendix A."""
    once = derive_private_key(int.from_bytes(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), SECP256R1())
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        raw("BTBZMqHH6r4Tts7J_aSIgg"),
        once=once,
        salt=raw("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_strict_push_service_takes_it_and_only_the_browser_reads_it(service: PushService, ctx: Context) -> None:
    channel, browser = opened(service), service.subscribed()
    channel.send(message(browser), ctx)
    (asked,) = service.asked
    assert asked.target == "/push/first"
    service.judged(asked, channel.wake_key(), ctx.now)
    assert browser.reads(asked.body) == WORDS
    assert WORDS.encode() not in asked.body
    with pytest.raises(InvalidTag):
        replace(browser, auth=b"0" * 16).reads(asked.body)


def test_two_messages_have_nothing_in_common(service: PushService, ctx: Context) -> None:
    channel, browser = opened(service), service.subscribed()
    for _ in range(2):
        channel.send(message(browser), ctx)
    first, second = (asked.body for asked in service.asked)
    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


def test_every_phone_is_told_and_one_that_hears_is_enough(service: PushService, ctx: Context) -> None:
    channel, gone, here = opened(service), service.subscribed("gone"), service.subscribed("here")
    foreign = Browser("https://push.evil.example/x")
    service.script.append(Answer(410))
    channel.send(message(gone, foreign, here), ctx)
    assert [asked.target for asked in service.asked] == ["/push/gone", "/push/here"]
    assert here.reads(service.asked[1].body) == WORDS


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (404, ("gone", False)),
        (410, ("gone", False)),
        (403, ("credentials", False)),
        (400, ("refused", False)),
        (413, ("refused", False)),
        (429, ("throttled", True)),
        (500, ("provider-down", True)),
        (301, ("refused", False)),
    ],
)
def test_a_no_is_told_by_its_kind(service: PushService, ctx: Context, status: int, why: tuple[str, bool]) -> None:
    service.script.append(Answer(status, headers=(("Location", f"https://{service.host}/elsewhere"),)))
    assert failure(opened(service), message(service.subscribed()), ctx) == why
    # No redirect is followed.
    assert len(service.asked) == 1


def test_if_one_may_be_reached_later_later_is_worth_a_try(service: PushService, ctx: Context) -> None:
    service.script.extend([Answer(410), Answer(503)])
    sent = message(service.subscribed("gone"), service.subscribed("slow"))
    assert failure(opened(service), sent, ctx) == ("provider-down", True)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://{host}/push",
        "https://evil.example/push",
        "https://{host}.evil.example/push",
        "https://evil.example/?https://{host}/",
        "https://{host}@evil.example/push",
        "https://user:word@{host}/push",
        "https://localhost/push",
        "https://localhost:99999/push",
        "https://127.0.0.1/push",
        "https://[::1]/push",
        "https://{host}/push#x",
        "https://{host}/a b",
        "https://{host}/\r\nX: y",
        "https://fcm.googleapis.com:8443/push",
        "file:///etc/passwd",
        "//{host}/push",
        "",
    ],
)
def test_a_host_that_is_not_listed_is_never_asked(service: PushService, ctx: Context, endpoint: str) -> None:
    sent = message(Browser(endpoint.replace("{host}", service.host)))
    assert failure(opened(service), sent, ctx) == ("host-not-listed", False)
    assert service.asked == []


def test_a_listed_host_inside_the_house_is_not_asked_unless_its_network_is_listed(
    service: PushService, ctx: Context
) -> None:
    channel = opened(service, private_networks=())
    assert failure(channel, message(service.subscribed()), ctx) == ("private-address", False)
    assert service.asked == []


def test_a_star_means_every_host_below_and_none_beside() -> None:
    from keyback.plugins.channels.web_push import _may_ask

    hosts = ("*.push.apple.com", "fcm.googleapis.com")
    for host in ("web.push.apple.com", "api.push.apple.com", "fcm.googleapis.com", "fcm.googleapis.com:443"):
        assert _may_ask(f"https://{host}/x", hosts)
    for host in ("push.apple.com", "evilpush.apple.com", "push.apple.com.evil.example", "x.fcm.googleapis.com"):
        assert not _may_ask(f"https://{host}/x", hosts)


def test_the_browsers_own_services_are_listed() -> None:
    assert WebPushSettings(key=KEY).hosts == (
        "fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com",
    )  # fmt: skip


def test_odd_subscriptions_are_no_address(service: PushService, ctx: Context) -> None:
    browser = service.subscribed()
    whole = json.loads(browser.subscription)
    for odd in (
        "", "x", "{}", "[]", "[1]", "[[]]", "null", "[" * 5000, browser.subscription,
        json.dumps([{**whole, "more": "x"}]), json.dumps([{**whole, "auth": 1}]),
        json.dumps([whole] * (MOST_PHONES + 1)),
        json.dumps([{**whole, "endpoint": whole["endpoint"] + "x" * 2000}]),
        f"[{subscription(browser.endpoint, 'x', 'y')}]", f"[{subscription(browser.endpoint, text(bytes(65)), 'y')}]",
        f"[{subscription(browser.endpoint, 'ä', 'ä')}]",
    ):  # fmt: skip
        assert failure(opened(service), Message("push", odd, Text(WORDS)), ctx) == ("address", False)
    assert service.asked == []


def test_what_is_too_long_for_one_record_is_not_cut(service: PushService, ctx: Context) -> None:
    assert failure(opened(service), message(service.subscribed(), words="x" * 1001), ctx) == ("too-long", False)


def test_the_key_is_the_same_in_every_process_and_another_for_another_house(service: PushService) -> None:
    assert opened(service).wake_key() == opened(service).wake_key()
    assert opened(service).wake_key() != opened(service, key="2f" * 34).wake_key()
    assert len(raw(opened(service).wake_key())) == 65


@pytest.mark.parametrize(
    "wrong", [{"key": "x"}, {"key": ""}, {"hosts": ("https://a",)}, {"hosts": ("*",)}, {"hosts": ("A",)}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WebPushSettings.model_validate({"key": KEY, **wrong})
