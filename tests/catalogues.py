"""Collects every sentence that a person can read and brings the catalogues up to date: `make catalogues`."""

from __future__ import annotations

import ast
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from keyback.core.service.sending.numbers import REGION_NAMES, is_region

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "core" / "portal" / "translations"
CONSOLE = ROOT / "admin" / "translations"
ROOMS = ("admin", "config", "core", "idp_bridge", "plugins")
# Whose sentences the console alone shows, though they stand in a room below it: a file, or the beginning of its name.
SETTINGS = "settings in "
# Rules that settings of several plugins share.
RULES = ("core/networks.py", "plugins/stores/_ldap.py", "plugins/stores/_setting_kinds.py")
ONLY_IN_CONSOLE = (
    SETTINGS,
    "admin/",
    "core/contracts/undelivered.py",
    "core/host.py",
    "core/outside.py",
    "core/service/administrators/",
    "core/service/campaigning/",
    "core/service/clients/",
    "core/service/helping/caller_desk.py",
    "core/service/helping/desk_",
    "core/service/helping/help_desk.py",
    "core/service/helping/inviting.py",
    "core/service/reporting/file_schedules.py",
    "core/service/reporting/record_room.py",
    "core/service/ruling/",
    "plugins/channels/",
    "plugins/notifiers/keycloak.py",
    "plugins/notifiers/syslog.py",
    "plugins/stores/_active_directory_check.py",
    "plugins/stores/_budget.py",
    "plugins/stores/_entra_",
    "plugins/stores/_graph.py",
    "plugins/stores/_https.py",
    "plugins/stores/_ldap",
    "plugins/stores/_openldap_check.py",
    "plugins/stores/_openldap_rights.py",
)
# What only our tests say.
NOBODY_READS = ROOT / "core" / "testing"
# Where sentences are made anew from sentences that stand elsewhere.
MADE_ANEW = {"core/contracts/text.py", "core/db/value_json.py"}
# The same catalogue is the same file, whoever makes it and when.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
WHOSE_NAMES = "# Names from the Unicode CLDR, by way of Babel. Copyright 1991-2026 Unicode, Inc., Unicode-3.0."


class Sentence(NamedTuple):
    """Where it stands, how it reads, and how for more than one where that differs."""

    place: str
    one: str
    many: str = ""


def sentences(folder: Path = FOLDER) -> list[Sentence]:
    """Every one of this catalogue, in code and in templates."""
    return sorted(
        sentence
        for sentence in {*_in_code(), *_in_templates(), *_in_settings()}
        if sentence.place.startswith(ONLY_IN_CONSOLE) is (folder == CONSOLE)
    )


def _in_code() -> Iterator[Sentence]:
    for path in _files("*.py"):
        place = path.relative_to(ROOT).as_posix()
        if NOBODY_READS in path.parents or place in MADE_ANEW:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Text", "Text.plural"}:
                yield Sentence(place, *_written_out(node, place))


def _in_settings() -> Iterator[Sentence]:
    """What stands beside the settings of our plugins, and what their rules say: the console looks it up as it is."""
    for path in _files("*.py"):
        place = path.relative_to(ROOT).as_posix()
        module = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Settings") for base in node.bases):
                said = (*_beside(node, place), *_ruled(node, place))
                yield from (Sentence(f"{SETTINGS}{place}", words) for words in said)
        if place in RULES:
            yield from (Sentence(f"{SETTINGS}{place}", words) for words in _ruled(module, place))


def _beside(settings: ast.ClassDef, place: str) -> Iterator[str]:
    for field in settings.body:
        asked = field.value.keywords if isinstance(field, ast.AnnAssign) and isinstance(field.value, ast.Call) else ()
        words = [each.value for each in asked if each.arg in {"title", "description"}]
        literal = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        if len(literal) < len(words):
            raise ValueError(f"{place}:{field.lineno}: nobody can translate a sentence that isn't written out")
        yield from literal


def _ruled(rules: ast.AST, place: str) -> Iterator[str]:
    for node in ast.walk(rules):
        told = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(told, ast.Call) and ast.unparse(told.func) == "ValueError":
            yield from _written_out(told, place)


def _written_out(call: ast.Call, place: str) -> list[str]:
    words = call.args[: 1 if isinstance(call.func, ast.Name) else 2]
    literal = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    if not literal or len(literal) < len(words):
        raise ValueError(f"{place}:{call.lineno}: nobody can translate a sentence that isn't written out")
    return literal


def _in_templates() -> Iterator[Sentence]:
    for path in _files("*.html"):
        place = path.relative_to(ROOT).as_posix()
        for line, _, words in extract_from_ast(Environment().parse(path.read_text(encoding="utf-8"))):  # noqa: S701
            parts = [words] if isinstance(words, str) else [word for word in words[:2] if word]
            if not parts or not all(isinstance(part, str) for part in parts):
                raise ValueError(f"{place}:{line}: nobody can translate a sentence that isn't written out")
            yield Sentence(place, *parts)


def _files(kind: str) -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob(kind))


def languages() -> list[str]:
    """Those that have a folder."""
    return sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/keyback.po"))


def catalogue(language: str, folder: Path = FOLDER) -> Catalog:
    """What the translators wrote; empty for a new language."""
    path = _path(folder, language, "po")
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def up_to_date(language: str, folder: Path = FOLDER) -> Catalog:
    """The same with every sentence that there is now, and no other."""
    template = Catalog()
    for sentence in sentences(folder):
        words = (sentence.one, sentence.many) if sentence.many else sentence.one
        template.add(words, locations=[(sentence.place, None)])  # type: ignore[list-item]
    known = catalogue(language, folder)
    known.update(template, no_fuzzy_matching=True)
    known.header_comment = f"# Keyback in {language}. `make catalogues` adds what is new."
    known.project, known.version, known.fuzzy = "keyback", "", False
    known.creation_date = known.revision_date = SOME_DAY
    return known


def write(language: str) -> None:
    """The catalogues for people, and the same for the program."""
    for folder in (FOLDER, CONSOLE):
        made = up_to_date(language, folder)
        _path(folder, language, "po").parent.mkdir(parents=True, exist_ok=True)
        with _path(folder, language, "po").open("wb") as file:
            write_po(file, made, width=100, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
        with _path(folder, language, "mo").open("wb") as file:
            write_mo(file, made)
    (REGION_NAMES / f"{language}.txt").write_text(regions(language), encoding="utf-8")


def regions(language: str) -> str:
    """The names of all regions that have telephone numbers, sorted as people look them up."""
    names = {code: name for code, name in Locale.parse(language).territories.items() if is_region(code)}
    lines = [f"{code} {name}" for code, name in sorted(names.items(), key=lambda one: _as_sorted(one[1]))]
    return "\n".join((WHOSE_NAMES, *lines, ""))


def _as_sorted(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(c))


def _path(folder: Path, language: str, ending: str) -> Path:
    return folder / language / "LC_MESSAGES" / f"keyback.{ending}"


if __name__ == "__main__":
    for name in sys.argv[1:] or languages():
        write(name)
    (REGION_NAMES / "en.txt").write_text(regions("en"), encoding="utf-8")
