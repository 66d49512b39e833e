"""`keyback check --live`: on a real slapd it finds what holds, and on stores that lie it finds the lies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from servers.samba import SambaAd
from servers.slapd import PASSWORD, SERVICE_PASSWORD, Slapd, Someone

from keyback.config.commands import main

SETTINGS = """
portal_url = "https://reset.example.org"
company = "Alderwick"
help_desk = "Room 7"
key_file = "keyback.key"
data_dir = "data"
[plugins]
load = ["email", "saved_codes", "{store}", "smtp", "account_notice", "proof_of_work"]
human_check_without_script = ""
[pin.store.{store}]
{pinned}"""
AFTER = "Left behind 42 as it was told"


def settle(folder: Path, store: str, settings: Mapping[str, object]) -> None:
    """A folder with settings for this directory."""
    assert main(["init"]) == 0
    pinned = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    (folder / "keyback.toml").write_text(SETTINGS.format(store=store, pinned=pinned), encoding="utf-8")
    assert main(["init"]) == 0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slapd: Slapd) -> Path:
    """Where commands are typed, for OpenLDAP."""
    monkeypatch.chdir(tmp_path)
    settle(tmp_path, "openldap", slapd.settings())
    return tmp_path


def tried(here: Path, person: Someone, *more: str, password: str = PASSWORD) -> int:
    file = here / "passwords"
    file.touch(mode=0o600)
    file.write_text(f"{password}\n{AFTER}\n", encoding="utf-8")
    return main(["check", "--live", person.uid, "--passwords", "passwords", *more])


def verdicts(table: str) -> Counter[str]:
    return Counter(line.split("  ")[1].strip() for line in table.splitlines() if line.startswith("  "))


def test_all_that_is_promised_holds_on_openldap(here: Path, slapd: Slapd, capsys: pytest.CaptureFixture[str]) -> None:
    person = slapd.person()
    assert tried(here, person, "--lock", "6") == 0
    table = capsys.readouterr().out
    assert verdicts(table) == {"held": 20}, table
    assert "about ten times, locks it twice" in table
    assert slapd.bind(person.dn, AFTER)[0] == 0
    for secret in (PASSWORD, AFTER, SERVICE_PASSWORD):
        assert secret not in table


def test_all_that_is_promised_holds_on_active_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ad: SambaAd, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    settle(tmp_path, "active_directory", ad.settings())
    person = ad.person()
    assert tried(tmp_path, person, "--lock", "7", password=person.password) == 0
    table = capsys.readouterr().out
    assert verdicts(table) == {"held": 18, "weaker": 2}, table
    assert "weaker     and the old one ends: the old one still opens it" in table
    assert ad.opens(person, AFTER)


def test_nothing_is_written_for_whoever_does_not_know_the_password(
    here: Path, slapd: Slapd, capsys: pytest.CaptureFixture[str]
) -> None:
    person = slapd.person()
    assert tried(here, person, password="somebody else's") == 1
    assert "BROKEN     the password that you gave opens it" in capsys.readouterr().out
    assert slapd.writes(person.dn) == 0
    assert slapd.bind(person.dn, PASSWORD)[0] == 0


def test_no_password_is_asked_for_where_it_would_show(here: Path, slapd: Slapd) -> None:
    command = (
        f"from keyback.config.commands import main; raise SystemExit(main(['check', '--live', {slapd.person().uid!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", command],
        cwd=here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        # Without a terminal, as in a pipeline.
        start_new_session=True,
    )
    assert ended.returncode == 2
    assert "name a file by --passwords" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_administrators_account_is_left_alone(here: Path, slapd: Slapd, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(here, slapd.administrator()) == 1
    assert "it is privileged" in capsys.readouterr().out


def test_what_the_policy_does_not_do_is_named_and_what_was_left_undone_too(
    here: Path, slapd: Slapd, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(f"{__name__}.AFTER", "short")
    assert tried(here, slapd.person(policy="nohistory")) == 1
    table = capsys.readouterr().out
    assert "weaker     a password that was used before is refused: the one before was" in table
    assert "BROKEN     the account has the password that you named: refused: The directory says" in table
    assert table.count("BROKEN") == 2, table
