"""The demo's pretend phone and mailbox."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from keyback.core import Call, Callback, Context, DeliveryFailed, Heard, Message, PluginError, Text
from keyback.plugins.channels import outbox
from keyback.plugins.channels.outbox import Outbox, OutboxSettings


@pytest.fixture
def settings(tmp_path: Path) -> OutboxSettings:
    return OutboxSettings(demo=True, path=str(tmp_path / "outbox.sqlite"))


def test_it_refuses_to_work_outside_the_demo(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="demo only"):
        Outbox(OutboxSettings(path=str(tmp_path / "outbox.sqlite")))


def test_messages_come_back_newest_first(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    assert box.messages() == ()
    box.send(Message("sms", "+441632960123", Text("{code} is yours", code="123")), ctx)
    box.send(Message("email", "a@b.org", Text("Words"), Text("Subject")), ctx)
    newest, oldest = box.messages()
    assert (newest.medium, newest.to, newest.subject, newest.text) == ("email", "a@b.org", "Subject", "Words")
    assert (oldest.medium, oldest.to, oldest.subject, oldest.text) == ("sms", "+441632960123", "", "123 is yours")
    assert abs(newest.at - ctx.now).total_seconds() < 0.001


def test_another_process_sees_the_messages(settings: OutboxSettings, ctx: Context) -> None:
    Outbox(settings).send(Message("sms", "+441632960123", Text("seen")), ctx)
    program = (
        "import sys; from keyback.plugins.channels.outbox import *;"
        "print(Outbox(OutboxSettings(demo=True, path=sys.argv[1])).messages()[0].text)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run(
        [sys.executable, "-c", program, settings.path], capture_output=True, text=True, check=True, env=environment
    )
    assert shown.stdout == "seen\n"


def test_threads_lose_nothing(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: box.send(Message("sms", "+1", Text("{n}", n=n)), ctx), range(20)))
    assert {kept.text for kept in box.messages()} == {str(n) for n in range(20)}


def test_old_messages_make_room(settings: OutboxSettings, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_KEPT", 3)
    box = Outbox(settings)
    for n in range(5):
        box.send(Message("sms", "+1", Text("{n}", n=n)), ctx)
    assert [kept.text for kept in box.messages()] == ["4", "3", "2"]


def test_a_file_that_cannot_be_written_is_tried_later(tmp_path: Path, ctx: Context) -> None:
    box = Outbox(OutboxSettings(demo=True, path=str(tmp_path / "missing" / "outbox.sqlite")))
    with pytest.raises(DeliveryFailed) as raised:
        box.send(Message("sms", "+441632960123", Text("48210973")), ctx)
    assert raised.value.retry
    assert raised.value.__context__ is None


# Calls ------------------------------------------------------------------------------------------------------------

ANSWER_TO = "http://localhost:8080/callback/outbox/a-token"
CALL = Message(
    "voice",
    "+441632960123",
    Text("Your code is 4, 8"),
    call=Call(Text("Press the hash key.")),
    answer_to=ANSWER_TO,
)


def pressed(box: Outbox, key: str = "#", at: str = ANSWER_TO, signature: str | None = None) -> Callback:
    (call,) = box.messages()
    ringing = box.ringing(call.rings)
    assert ringing is not None
    return Callback(at, {"key": key}, {"Pretend-Signature": ringing.signature if signature is None else signature})


def test_a_call_says_its_greeting_and_keeps_the_code_to_itself(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    box.send(CALL, ctx)
    (call,) = box.messages()
    assert (call.medium, call.text, bool(call.rings)) == ("voice", "Press the hash key.", True)
    assert b"4, 8" not in Path(settings.path).read_bytes()


def test_a_pressed_key_hears_the_code_or_approves(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    box.send(CALL, ctx)
    assert box.hear(pressed(box), CALL, ctx) == Heard({}, "delivered", reply="Your code is 4, 8")
    assert box.hear(pressed(box, key="1"), CALL, ctx) == Heard({}, "delivered", reply="Press the hash key.")
    approve = replace(CALL, call=Call(Text("Press."), approves=True))
    assert box.hear(pressed(box), approve, ctx) == Heard({"key": "#"}, "delivered", reply="Your code is 4, 8")


def test_what_was_said_stands_there_and_it_rings_no_more(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    box.send(CALL, ctx)
    box.spoke(box.messages()[0].rings, "Your code is 4, 8")
    (call,) = box.messages()
    assert (call.text, call.rings) == ("Your code is 4, 8", "")
    assert box.ringing("1") is None


def test_nobody_else_presses_the_key(settings: OutboxSettings, ctx: Context) -> None:
    box = Outbox(settings)
    box.send(CALL, ctx)
    for forged in (
        pressed(box, signature=""),
        pressed(box, signature="0" * 32),
        pressed(box, at=ANSWER_TO + "x"),
        replace(pressed(box), headers={}),
    ):
        assert box.hear(forged, CALL, ctx) is None


@pytest.mark.parametrize("call", [replace(CALL, call=None), replace(CALL, answer_to="")])
def test_a_call_without_a_greeting_or_an_ear_is_not_made(call: Message, settings: OutboxSettings, ctx: Context) -> None:
    with pytest.raises(DeliveryFailed):
        Outbox(settings).send(call, ctx)
