"""A folder in which commands are typed: the settings of a company in it, and what `keyback init` makes of them."""

from __future__ import annotations

from pathlib import Path

from keyback.config.commands import main

COMPANY = """
portal_url = "https://reset.example.org"
company = "Alderwick"
help_desk = "Room 7"
key_file = "keyback.key"
data_dir = "data"
"""


def initialise(folder: Path, settings: str) -> Path:
    """The first `keyback init` makes the files here, the second one, once they are filled in, the tables."""
    assert main(["init"]) == 0
    (folder / "keyback.toml").write_text(settings, encoding="utf-8")
    assert main(["init"]) == 0
    return folder
