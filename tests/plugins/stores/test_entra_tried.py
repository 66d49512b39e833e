"""`keyback check --live` on Microsoft Entra ID: what holds there, what is weaker, and what nobody can try."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from servers.graph import Graph
from servers.graph_people import OLD
from servers.graph_tokens import SECRET

from keyback.config.commands import main

SETTINGS = """
portal_url = "https://reset.example.org"
company = "Alderwick"
help_desk = "Room 7"
key_file = "keyback.key"
data_dir = "data"
[plugins]
load = ["email", "saved_codes", "entra", "smtp", "account_notice", "proof_of_work"]
human_check_without_script = ""
[pin.store.entra]
"""
AFTER = "Left behind as it was told, 1 time"
UNKNOWN = "this directory does not say whether a password opens an account"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, graph: Graph) -> Path:
    """A folder with settings for this tenant."""
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    pinned = "".join(f"{name} = {json.dumps(value)}\n" for name, value in graph.pins.items())
    (tmp_path / "keyback.toml").write_text(SETTINGS + pinned, encoding="utf-8")
    assert main(["init"]) == 0
    return tmp_path


@pytest.mark.slow  # each of its writes waits until Graph's whole seconds tell it from the one before
def test_nothing_that_is_promised_is_broken(here: Path, graph: Graph, capsys: pytest.CaptureFixture[str]) -> None:
    jo = graph.people.add("keyback.test")
    file = here / "passwords"
    file.touch(mode=0o600)
    file.write_text(f"{OLD}\n{AFTER}\n", encoding="utf-8")
    assert main(["check", "--live", jo.name, "--passwords", "passwords"]) == 0
    table = capsys.readouterr().out
    assert jo.password == AFTER
    assert "BROKEN  " not in table
    assert f"not tried  the password that you gave opens it: {UNKNOWN}" in table
    assert "weaker     a password that was used before is refused" in table
    for held in ("the settings of the store work", "a password that is too short is refused", "no password is in what"):
        assert f"held       {held}" in table
    for secret in (OLD, AFTER, SECRET):
        assert secret not in table
