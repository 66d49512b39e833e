"""What an administrator does before masked ends are shown, and what is refused until it is done."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from servers.settings_file import COMPANY, initialise

from keyback.config.commands import main
from keyback.config.commands.opened import opened, settings_here
from keyback.core.contracts.errors import SettingsInvalid
from keyback.core.recovery.policy import Disclosure

SETTINGS = (
    f"""demo = true{COMPANY}"""
    """
{more}
[plugins]
load = ["email", "sms", "embedded", "outbox", "account_notice", "proof_of_work"]
human_check_without_script = ""
[canaries]
{canary}
[pin.store.embedded]
database = "people.db"
[pin.channel.outbox]
demo = true
path = "outbox.db"
"""
)
MASKED, CANARY = 'disclosure = "masked"', 'embedded = "canary"'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, sixty people and a canary."""
    monkeypatch.chdir(tmp_path)
    initialise(tmp_path, SETTINGS.format(more="", canary=CANARY))
    people = [f"p{n},Person {n},p{n}@mail.example,+4477009{n:05d}," for n in range(60)]
    lines = ["name,display_name,mails,phones,groups", *people, "canary,Canary,,,", "empty,Empty,,,"]
    (tmp_path / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    assert main(["people", "import", "people.csv"]) == 0
    return tmp_path


def settle(here: Path, more: str = "", canary: str = CANARY) -> None:
    (here / "keyback.toml").write_text(SETTINGS.format(more=more, canary=canary), encoding="utf-8")


def names(here: Path, count: int) -> str:
    (here / "names.txt").write_text("\n".join(["empty", "nobody", *(f"p{n}" for n in range(count))]), encoding="utf-8")
    return "names.txt"


def refusal() -> str:
    with pytest.raises(SettingsInvalid) as refused, opened(settings_here()):
        pass
    return "\n".join(refused.value.problems)


def test_generic_is_the_default_and_needs_nothing(here: Path) -> None:
    settle(here, canary="")
    with opened() as house:
        assert house.snapshots.current.public.disclosure is Disclosure.GENERIC


def test_masked_does_not_start_without_shapes_and_a_canary(here: Path) -> None:
    settle(here, MASKED, canary="")
    told = refusal()
    assert "store embedded" in told
    assert "[canaries]" in told
    assert "made from 0 people, 50 are needed" in told
    assert main(["check"]) == 2


def test_after_freezing_it_starts_and_the_file_has_decided(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settle(here, MASKED)
    assert main(["decoys", "freeze", names(here, 60), "--change-every", "700"]) == 0
    assert "62 names: 60 people with methods," in capsys.readouterr().out
    with opened() as house:
        assert house.snapshots.current.public.disclosure is Disclosure.MASKED
    assert main(["decoys", "show"]) == 0
    told = capsys.readouterr().out
    assert "a change every 700 days" in told
    # Counts alone: nothing of anybody's mailbox.
    assert "mail" not in told


def test_names_may_come_through_a_pipe(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(f"p{n}" for n in range(50))))
    assert main(["decoys", "freeze", "-"]) == 0


def test_fewer_than_fifty_with_a_method_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decoys", "freeze", names(here, 49)]) == 1
    assert "Too few of these people have a method to show: 49 of 50 that are needed" in capsys.readouterr().err
    assert main(["decoys", "show"]) == 1
    assert "Nothing is frozen." in capsys.readouterr().out


@pytest.mark.parametrize("days", ["0", "-3", "many"])
def test_a_rate_that_is_none_is_refused(here: Path, days: str) -> None:
    with pytest.raises(SystemExit):
        main(["decoys", "freeze", names(here, 60), "--change-every", days])


def test_check_says_what_masked_costs_and_whether_the_canary_is_there(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decoys", "freeze", names(here, 60)]) == 0
    settle(here, MASKED)
    assert main(["check"]) == 0
    assert "can learn from the first pages who exists" in capsys.readouterr().out
    settle(here, MASKED, canary='embedded = "gone"')
    assert main(["check"]) == 1
    assert "canaries.embedded: nobody has this name there" in capsys.readouterr().out
