"""A backup is put back on an empty machine, by the words of docs/operate.md alone (R21)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from servers.event_log import events
from servers.keyback import COMMAND, Keyback
from servers.outfit import a_story, opens
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import NEW, Post, Story

PAGE = Path(__file__).parents[2] / "docs" / "operate.md"
# How long it may take until people are served again.
BACK = 15 * 60


@pytest.mark.slow
def test_people_are_served_again_from_a_backup(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    finished, halfway = a_story(keyback, post, slapd), a_story(keyback, post, slapd)
    assert finished.whole().stage == "done"
    halfway.start()
    halfway.pick_mail()
    paper = keyback.command("people", "codes", finished.name).splitlines()[-1]
    make, restore = _steps()
    (keyback.folder / "copies").mkdir()
    _type(keyback, make)
    keyback.stop()
    _empty(keyback)

    began = time.monotonic()
    _type(keyback, [line for line in restore if line != "keyback serve"])
    keyback.start()
    story = a_story(keyback, post, slapd)
    assert story.whole().stage == "done"
    took = time.monotonic() - began
    assert opens(slapd, story, NEW)

    # What was known then is known again; what was under way is over, and nothing of it is sent or good once more.
    assert "password.set" in events(keyback, finished.recovery_id)
    assert halfway.reload().status in {403, 404}
    again = Story.of(keyback, post, finished.name, phone=finished.phone)
    again.start()
    again.pick_paper()
    assert again.type_code(paper).stage == "answering"
    assert keyback.command("audit", "verify") == "whole\n"
    assert "backup.restored" in events(keyback)
    assert took < BACK
    say(f"served again after {took:.1f} s")


def _steps() -> tuple[list[str], list[str]]:
    """What the page says to type: for the copy, and on the empty machine."""
    part = PAGE.read_text(encoding="utf-8").partition("## Backups\n")[2].partition("\n## ")[0]
    make, restore = re.findall(r"```\n(.*?)```", part, re.DOTALL)
    return make.splitlines(), restore.splitlines()


def _type(keyback: Keyback, lines: list[str]) -> None:
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=keyback.folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def _empty(keyback: Keyback) -> None:
    """Nothing is left but what the page says to keep."""
    for there in keyback.folder.iterdir():
        if there.name not in {"copies", "keyback.toml", "keyback.key", keyback.log.name}:
            shutil.rmtree(there) if there.is_dir() else there.unlink()
    keyback.faultpoints.mkdir()
