"""Characters that people read or hear, and that stand nowhere else."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from markupsafe import escape
from pydantic import SecretStr
from servers.human import read

from keyback.core import Humanity, Part
from keyback.core.testing import a_context
from keyback.plugins.human_checks.picture_and_sound import (
    SIGNS,
    PictureAndSound,
    PictureAndSoundSettings,
    folded,
)

CHECK = PictureAndSound(PictureAndSoundSettings(key=SecretStr("k" * 32)))
STRANGER = PictureAndSound(PictureAndSoundSettings(key=SecretStr("s" * 32)))
WRONG = "The characters didn't match. Here's a new picture."
TOO_LATE = "The check ran out of time. Press Continue again."


def a_task(seed: str = "", effort: int = 1) -> str:
    return CHECK.widget(a_context(seed), effort=effort).data["task"]


def judged(task: str, typed: str, *, minutes: float = 0, effort: int = 1) -> Humanity:
    ctx = a_context()
    later = replace(ctx, now=ctx.now + timedelta(minutes=minutes))
    return CHECK.judge({"picture_task": task, "picture_text": typed}, later, effort=effort)


def part(name: str, *, minutes: float = 0) -> Part:
    ctx = a_context()
    found = CHECK.part(name, replace(ctx, now=ctx.now + timedelta(minutes=minutes)))
    assert found is not None
    return found


def test_no_sign_looks_or_sounds_like_another() -> None:
    for alike in ("0ODQ", "1IL", "2Z", "5S", "6G", "8B", "UV", "BCDEGPTVZ", "59", "AJK8", "MN", "FS"):
        assert len(set(SIGNS) & set(alike)) <= 1, alike


@pytest.mark.parametrize("how", [str.lower, " ".join, "-".join, lambda text: f"  {text}\t", str.title])
def test_capitals_and_spaces_do_not_matter(how: object) -> None:
    task = a_task()
    assert judged(task, how(read(CHECK, task))).passed  # type: ignore[operator]


def test_a_task_reads_the_same_in_an_address_as_on_a_page() -> None:
    # Pages are made once, and each reader's own task is filled in, there and there.
    for seed in "abc":
        task = a_task(seed, effort=40)
        assert quote(task, safe="") == str(escape(task)) == task


def test_full_width_signs_are_the_usual_ones() -> None:
    assert folded("\uff28\uff17 r") == "H7R"


def test_every_picture_has_other_characters() -> None:
    assert len({read(CHECK, a_task(str(number))) for number in range(200)}) == 200


def test_a_wrong_answer_says_so_and_names_the_task_that_it_used_up() -> None:
    task = a_task()
    wrong, right = judged(task, "AAAAAA"), judged(task, read(CHECK, task))
    assert (wrong.passed, str(wrong.reason)) == (False, WRONG)
    assert wrong.once == right.once != ""


def test_after_ten_minutes_it_is_too_late() -> None:
    task = a_task()
    assert judged(task, read(CHECK, task), minutes=9.9).passed
    late = judged(task, read(CHECK, task), minutes=10)
    assert (late.passed, late.once, str(late.reason)) == (False, "", TOO_LATE)
    assert CHECK.part(f"{task}.png", replace(a_context(), now=a_context().now + timedelta(minutes=10))) is None


@pytest.mark.parametrize("field", range(4))
def test_nobody_chooses_effort_end_or_characters(field: int) -> None:
    task = a_task()
    pieces = task.split(".")
    pieces[field] = pieces[field][:-1] + ("1" if pieces[field][-1] != "1" else "2")
    changed = ".".join(pieces)
    refused = judged(changed, read(CHECK, task))
    assert (refused.passed, refused.once) == (False, "")
    assert CHECK.part(f"{changed}.png", a_context()) is None


def test_another_key_is_another_house() -> None:
    assert not STRANGER.judge({"picture_task": a_task(), "picture_text": read(CHECK, a_task())}, a_context()).passed


@pytest.mark.parametrize(("effort", "length"), [(1, 6), (2, 7), (10, 8), (200, 8)])
def test_under_attack_there_is_more_to_read(effort: int, length: int) -> None:
    assert len(read(CHECK, a_task(effort=effort))) == length


def test_the_picture_is_a_small_png_without_a_word() -> None:
    task = a_task()
    picture = part(f"{task}.png")
    assert picture.kind == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture.content[16:24]) == (260, 80)
    assert len(picture.content) < 30_000
    assert read(CHECK, task).encode() not in picture.content


def test_the_sound_is_short_and_always_the_same() -> None:
    task = a_task()
    sound = part(f"{task}.wav")
    assert sound.kind == "audio/wav"
    assert sound.content == part(f"{task}.wav", minutes=5).content, "recordings laid over one another lose their noise"
    with wave.open(io.BytesIO(sound.content)) as track:
        assert 6 < track.getnframes() / track.getframerate() < 20
    assert sound.content != part(f"{a_task('two')}.wav").content


@pytest.mark.parametrize(
    "name", ["", "x.png", "../keyback.key", "{task}", "{task}.svg", "{task}.png.wav", "{task}.PNG", "\u0661.1.1.1.png"]
)
def test_other_names_are_no_parts(name: str) -> None:
    assert CHECK.part(name.replace("{task}", a_task()), a_context()) is None
    assert not CHECK.knows(name.replace("{task}", a_task()), a_context())


def test_it_knows_what_it_would_draw() -> None:
    assert CHECK.knows(f"{a_task()}.png", a_context())
    assert CHECK.knows(f"{a_task()}.wav", a_context())


def test_the_characters_stand_nowhere() -> None:
    for number in range(50):
        widget = CHECK.widget(a_context(str(number)))
        assert read(CHECK, widget.data["task"]).casefold() not in str(widget).casefold()
    assert "k" * 32 not in repr(CHECK) + repr(CHECK.settings)
