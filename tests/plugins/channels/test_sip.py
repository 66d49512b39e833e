"""Calls through an exchange of one's own: a real call between two phones, listened to, with a key that is pressed."""

from __future__ import annotations

import subprocess
import tempfile
import traceback
import wave
from array import array
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from servers.sip_phone import SayingNo, SipPhone, alike, missing
from servers.story import wait_until

from keyback.core import Call, Context, DeliveryFailed, DeliveryReport, Message, PluginError, Text
from keyback.plugins.channels import _baresip, _spoken
from keyback.plugins.channels import sip as plugin
from keyback.plugins.channels.sip import Sip, SipSettings

GREETING = "This is Alderwick. To hear the code you asked for, press the hash key. If you didn't ask, hang up."
WORDS = "Your code is 4, 8, 2, 1, – 0, 9, 7, 3."
CODE = "4, 8, 2, 1"
# In seconds: a call is said in real time, and then it has to end.
OVER = 40
CALL = Message("voice", "+43 664 123 45 05", Text(WORDS), call=Call(Text(GREETING)))

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "a call can be made")


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[SipPhone]:
    with SipPhone(tmp_path / "phone") as phone:
        yield phone


def settings(port: int, **changed: object) -> SipSettings:
    near = {"server": f"127.0.0.1:{port}", "user": "keyback", "protection": "none"}
    return SipSettings.model_validate({**near, **changed})


def spoken(words: str, path: Path) -> array[int]:
    _spoken.speak(words, "en", path, silence_after=0)
    with wave.open(str(path)) as file:
        return array("h", file.readframes(file.getnframes()))


def over(sip: Sip) -> DeliveryReport:
    """What became of the call, once it is over."""
    told: list[DeliveryReport] = []
    wait_until(lambda: told.extend(sip.reports()) or told, "the call's end", OVER)
    return told[0]


def hung_up(phone: SipPhone, sip: Sip) -> DeliveryReport:
    """The same, ended by whoever was called, who may need a moment to pick up before."""
    told: list[DeliveryReport] = []
    wait_until(lambda: phone.hang_up() or told.extend(sip.reports()) or told, "the call's end", OVER)
    return told[0]


def failure(sip: Sip, ctx: Context, message: Message = CALL) -> tuple[str, bool, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        sip.send(message, ctx)
    printed = "".join(traceback.format_exception(raised.value))
    assert CODE not in printed
    assert "1234505" not in printed
    return raised.value.kind, raised.value.retry, raised.value.unknown


def phones_left() -> list[str]:
    """Of ours, with the folders in which the code was."""
    return subprocess.run(["pgrep", "-af", "keyback-call-"], capture_output=True, text=True).stdout.splitlines()


def test_nothing_is_said_of_the_code_before_the_key_and_then_it_is_understood(
    phone: SipPhone, ctx: Context, tmp_path: Path
) -> None:
    sip = Sip(settings(phone.port))
    greeting, words = spoken(GREETING, tmp_path / "greeting.wav"), spoken(WORDS, tmp_path / "words.wav")
    receipt = sip.send(CALL, ctx)
    wait_until(lambda: phone.has_heard(greeting), "the greeting", OVER)
    assert alike(words, phone.heard()) < 0.7
    phone.press("#")
    wait_until(lambda: phone.has_heard(words), "the code", OVER)
    assert hung_up(phone, sip) == DeliveryReport(receipt.id, "delivered", "")
    heard = phone.heard()
    assert alike(greeting, heard) > 0.9
    assert alike(words, heard) > 0.9
    assert alike(words, heard[: len(greeting) + 8000]) < 0.7
    wait_until(lambda: not phones_left(), "our phone to be gone")


def test_who_presses_nothing_hears_nothing_of_the_code(
    phone: SipPhone, ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "LONGEST", 12.0)
    sip = Sip(settings(phone.port))
    sip.send(CALL, ctx)
    over(sip)
    assert alike(spoken(WORDS, tmp_path / "words.wav"), phone.heard()) < 0.7
    assert alike(spoken(GREETING, tmp_path / "greeting.wav"), phone.heard()) > 0.9


def test_the_code_stands_in_no_command_line_and_in_no_folder_that_others_can_read(
    phone: SipPhone, ctx: Context
) -> None:
    sip = Sip(settings(phone.port, password=SecretStr("hunter2")))
    sip.send(CALL, ctx)
    line = next(one for one in phones_left() if "baresip" in one)
    folder = Path(line.rpartition(" ")[2])
    assert "hunter2" not in line
    assert folder.stat().st_mode & 0o077 == 0
    assert "hunter2" not in "".join(path.read_text() for path in folder.iterdir() if path.suffix != ".wav")
    hung_up(phone, sip)
    wait_until(lambda: not folder.exists(), "its folder to be gone")


def test_words_and_invitation_can_be_encrypted(tmp_path: Path, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "LONGEST", 6.0)
    with SipPhone(tmp_path / "phone", secure=True) as phone:
        sip = Sip(settings(phone.port, protection="encrypted"))
        sip.send(CALL, ctx)
        assert over(sip).state == "delivered"
        # It takes no call that is not encrypted.
        with pytest.raises(DeliveryFailed):
            Sip(settings(phone.port)).send(CALL, replace(ctx, deadline=ctx.now + timedelta(seconds=3)))


def test_whoever_wants_the_certificate_checked_calls_by_no_baresip_that_cannot(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "version", lambda: 1)
    sip = Sip(settings(1, protection="verified"))
    assert failure(sip, ctx) == ("certificate", False, False)
    with pytest.raises(PluginError, match="checks no certificate"):
        sip.check()


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ("486 Busy Here", ("busy", False, False)),
        ("404 Not Found", ("number", False, False)),
        ("403 Forbidden", ("credentials", False, False)),
        ("503 Service Unavailable", ("provider-down", True, False)),
        ("488 Not Acceptable Here", ("refused", False, False)),
    ],
)
def test_a_no_is_understood_and_leaves_nothing_behind(
    answer: str, failed: tuple[str, bool, bool], ctx: Context
) -> None:
    with SayingNo(answer) as exchange:
        assert failure(Sip(settings(exchange.port)), ctx) == failed
    assert any("+436641234505@" in asked for asked in exchange.asked)
    assert phones_left() == []


def test_an_exchange_that_says_nothing_leaves_it_open(ctx: Context) -> None:
    with SayingNo(None) as exchange:
        soon = replace(ctx, deadline=ctx.now + timedelta(seconds=3))
        assert failure(Sip(settings(exchange.port)), soon) == ("timeout", False, True)
    assert phones_left() == []


def test_numbers_are_dialled_as_the_exchange_wants_them(ctx: Context) -> None:
    with SayingNo("404 Not Found") as exchange:
        failure(Sip(settings(exchange.port, dials="0{to_digits}")), ctx)
    assert any("sip:0436641234505@" in asked for asked in exchange.asked)


@pytest.mark.parametrize(
    "message",
    [
        replace(CALL, to=""),
        replace(CALL, to="+43664\r\n1234505"),
        replace(CALL, to="jo@mail.example"),
        replace(CALL, call=None),
        replace(CALL, call=Call(Text(GREETING), extension="1;evil")),
    ],
)
def test_what_cannot_be_dialled_starts_nothing(message: Message, ctx: Context) -> None:
    assert failure(Sip(settings(1)), ctx, message) == ("address", False, False)


def test_a_key_that_would_be_the_answer_is_not_asked_for(ctx: Context) -> None:
    approving = replace(CALL, call=Call(Text(GREETING), approves=True))
    assert failure(Sip(settings(1)), ctx, approving) == ("approves", False, False)


def test_there_are_no_more_calls_than_lines(phone: SipPhone, ctx: Context) -> None:
    sip = Sip(settings(phone.port, lines=1))
    sip.send(CALL, ctx)
    soon = replace(ctx, deadline=ctx.now + timedelta(seconds=1.5))
    assert failure(sip, soon) == ("busy-lines", True, False)
    hung_up(phone, sip)


@pytest.mark.parametrize("program", ["takes too long", "says nothing"])
def test_a_voice_that_fails_leaves_the_line_free_and_nothing_of_the_words(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    if program == "takes too long":
        monkeypatch.setattr(_spoken, "SPEAKING_SECONDS", 0.0)
    else:
        (tmp_path / "espeak-ng").symlink_to("/bin/true")
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sip = Sip(settings(1, lines=1))
    # Once more: the only line there is must not be lost with the first.
    assert [failure(sip, ctx) for _ in range(2)] == [("no-voice", False, False)] * 2
    assert not list(tmp_path.glob("keyback-call-*"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [("401 Unauthorized", "refuses the sign-in name"), ("503 Service Unavailable", "can't be reached"), ("404 No", "")],
)
def test_the_check_tells_whether_the_exchange_knows_us(answer: str, said: str) -> None:
    with SayingNo(answer) as exchange:
        if not said:
            return Sip(settings(exchange.port)).check()
        with pytest.raises(PluginError, match=said):
            Sip(settings(exchange.port)).check()
    return None


def test_the_check_names_the_program_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_baresip, "MODULES", ())
    with pytest.raises(PluginError, match="baresip is not installed"):
        Sip(settings(1)).check()


@pytest.mark.parametrize(
    "wrong",
    [{"password": "a;b"}, {"server": "a b"}, {"user": "<x>"}, {"dials": "{to}@evil"}, {"dials": "911"}, {"lines": 0}],
)
def test_a_setting_that_could_say_something_else_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(1, **wrong)
