"""The demo's pretend phone and mailbox."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from keyback.core import Context, DeliveryFailed, Message, PluginError, Text
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
