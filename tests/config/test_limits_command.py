"""`keyback limits` lists every limit as it holds now, with what this house has learned."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from servers.settings_file import COMPANY, initialise

from keyback.config.commands import main
from keyback.config.commands.opened import opened
from keyback.core.db import daily_sums
from keyback.core.recovery import limits
from keyback.core.recovery.limits import Ladder, Quota

SETTINGS = f"""demo = true{COMPANY}
[media.sms]
per_day = 77
money_per_day = 12.5
[plugins]
load = ["email", "embedded", "proof_of_work"]
human_check_without_script = ""
[pin.store.embedded]
database = "people.db"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return initialise(tmp_path, SETTINGS)


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    assert main(["limits"]) == 0
    return {line[:28].strip(): line[28:] for line in capsys.readouterr().out.splitlines()}


def test_every_limit_has_a_line_and_says_how_much(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys)
    every = {name for name, limit in vars(limits).items() if isinstance(limit, Quota | Ladder)}
    assert {name.lower().replace("_", "-") for name in every} <= found.keys()
    assert found["subject-misses"] == "5 in 1 d, then waits of 30 s, 1 min, 2 min, 5 min, 15 min"
    assert found["destination-sends-quarter"] == "3 in 15 min"
    assert (found["sms-day"], found["sms-money"]) == ("77 in 1 d", "12.5 of your currency in 1 d")


def test_it_says_what_was_learned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = listed(capsys)
    assert (before["system-misses, alert"], before["system-misses, pause"]) == ("2000 in 1 h", "8000 in 1 h")
    with opened() as house:
        today = house.around.now().date()
        with house.records.db.write() as tx:
            for ago in range(1, 91):
                day = (today - timedelta(days=ago)).isoformat()
                daily_sums.add(tx, {(day, "asked", "reset"): 800, (day, "missed", "sms"): 800})
    after = listed(capsys)
    assert (after["system-misses, alert"], after["system-misses, pause"]) == ("500 in 1 h", "2000 in 1 h")
    assert after["system-misses"] == before["system-misses"]
