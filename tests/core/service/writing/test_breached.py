"""The list of leaked passwords: what it holds, how it is made, and that only a whole one is ever used."""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyback.config.common_passwords import SHIPPED, make
from keyback.core.contracts.errors import SettingsInvalid
from keyback.core.service.writing import breached_install
from keyback.core.service.writing.breached import HEADING, WIDTH, Breached, digest_of
from keyback.core.service.writing.breached_install import install, write

LEAKED = ["password", "dragon", "correct horse", "пароль", "pass:word", " spaces ", "🐟fish"]


def line(password: str, count: int = 3) -> str:
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
    return f"{digest.upper()}:{count}\n"


def a_download(folder: Path, passwords: Iterable[str], name: str = "leak.txt") -> Path:
    download = folder / name
    download.write_text("".join(line(password) for password in passwords))
    return download


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "lists" / "leaked.bin"


# What it holds ---------------------------------------------------------------------------------------------------


def test_a_leaked_password_is_found_exactly_as_it_was_leaked(tmp_path: Path, target: Path) -> None:
    assert install([a_download(tmp_path, LEAKED)], target) == len(LEAKED)
    leaked = Breached(target)
    assert len(leaked) == len(LEAKED)
    assert all(password in leaked for password in LEAKED)
    assert not any(password in leaked for password in ("Password", "passwor", "password ", "", "\x00", "\ud800"))


def test_without_a_file_nothing_is_leaked() -> None:
    assert "password" not in Breached(None)
    assert len(Breached(None)) == 0


def test_an_empty_list_holds_nothing(tmp_path: Path, target: Path) -> None:
    assert install([a_download(tmp_path, [])], target) == 0
    assert "password" not in Breached(target)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=60), st.data())
@settings(max_examples=30)
def test_any_set_of_passwords_in_any_order_is_that_set(
    tmp_path_factory: pytest.TempPathFactory, passwords: set[str], data: st.DataObject
) -> None:
    target = tmp_path_factory.mktemp("any") / "leaked.bin"
    shuffled = data.draw(st.permutations(sorted(passwords)))
    assert write((digest_of(password) for password in (*shuffled, *shuffled)), target) == len(passwords)
    leaked = Breached(target)
    assert all(password in leaked for password in passwords)
    assert not any(password + "!" in leaked for password in passwords if password + "!" not in passwords)


# How it is made --------------------------------------------------------------------------------------------------


def test_downloads_in_any_number_and_any_order_make_one_sorted_list(tmp_path: Path, target: Path) -> None:
    several = [a_download(tmp_path, reversed(LEAKED), "one"), a_download(tmp_path, [*LEAKED[2:], "more"], "two")]
    install(several, target)
    body = target.read_bytes().removeprefix(HEADING)
    digests = [body[at : at + WIDTH] for at in range(0, len(body), WIDTH)]
    assert len(digests) == len(LEAKED) + 1
    assert all(left < right for left, right in pairwise(digests))


def test_lines_come_in_either_case_with_either_ending_and_padding_is_left_out(tmp_path: Path, target: Path) -> None:
    download = tmp_path / "leak.txt"
    lower, bare = line("one").lower().replace("\n", "\r\n"), line("two").partition(":")[0]
    download.write_bytes(f"{lower}\n{line('padding', 0)}{bare}".encode())
    assert install([download], target) == 2
    assert "padding" not in Breached(target)


@pytest.mark.parametrize(
    "bad", ["hunter2\n", "0123:4\n", "Z" * 40 + ":1\n", "A" * 32 + ":1\n", "A" * 40 + ":\n", "A" * 40 + ":-1\n"]
)
def test_a_file_that_is_no_such_download_is_refused_without_repeating_it(
    tmp_path: Path, target: Path, bad: str
) -> None:
    install([a_download(tmp_path, ["dragon"])], target)
    download = tmp_path / "bad.txt"
    download.write_text(line("password") + bad)
    with pytest.raises(SettingsInvalid, match=r"bad\.txt, line 2: not a SHA-1 digest") as refused:
        install([download], target)
    assert bad.strip() not in str(refused.value)
    assert list(target.parent.iterdir()) == [target]
    assert ("dragon" in Breached(target), "password" in Breached(target)) == (True, False)


def test_a_download_named_as_the_target_is_not_overwritten(tmp_path: Path) -> None:
    one, two = a_download(tmp_path, ["dragon"], "one"), a_download(tmp_path, ["password"], "two")
    with pytest.raises(SettingsInvalid, match="not replaced"):
        install([two], one)
    assert one.read_text() == line("dragon")


def test_a_list_bigger_than_what_is_held_at_once_is_sorted_all_the_same(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breached_install, "_HELD", 100)
    passwords = [f"password {number}" for number in range(2_000)]
    assert install([a_download(tmp_path, passwords)], target) == 2_000
    leaked = Breached(target)
    assert all(password in leaked for password in passwords)


def test_memory_does_not_grow_with_the_list(tmp_path: Path) -> None:
    # A million digests are 60 MB as Python objects; where a tenth of them is held at once, a process grows by less.
    script = """
import resource, sys
from pathlib import Path
from keyback.core.service.writing import breached_install
breached_install._HELD = 100_000
breached_install.write([], Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
digests = ((n * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big") for n in range(1_000_000))
count = breached_install.write(digests, Path(sys.argv[1]))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "big.bin"], capture_output=True, text=True, check=True
    )
    count, grown = map(int, ran.stdout.split())
    assert count == 1_000_000
    assert grown < 24


# Only a whole one is used ----------------------------------------------------------------------------------------


def test_an_installation_that_breaks_off_leaves_the_old_list_and_no_rubbish(tmp_path: Path, target: Path) -> None:
    install([a_download(tmp_path, ["dragon"])], target)

    def until_the_power_fails() -> Iterator[bytes]:
        yield digest_of("password")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(until_the_power_fails(), target)
    assert list(target.parent.iterdir()) == [target]
    assert "dragon" in Breached(target)


def test_a_full_disk_leaves_the_old_list(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install([a_download(tmp_path, ["dragon"])], target)

    def full(new: IO[bytes], heap: Path) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(breached_install, "_sorted_into", full)
    with pytest.raises(OSError, match="No space left"):
        install([a_download(tmp_path, LEAKED)], target)
    assert list(target.parent.iterdir()) == [target]
    assert "dragon" in Breached(target)


@pytest.mark.parametrize("broken", [b"", HEADING[:-1], b"password\ndragon\n" * 9, HEADING + b"\0" * 7])
def test_what_is_no_list_or_not_a_whole_one_is_refused_at_the_start(target: Path, broken: bytes) -> None:
    target.parent.mkdir()
    target.write_bytes(broken)
    with pytest.raises(SettingsInvalid, match="not a list of breached passwords"):
        Breached(target)


def test_a_list_that_is_not_there_is_refused_at_the_start(target: Path) -> None:
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        Breached(target)


def test_a_new_list_is_seen_by_the_next_question(tmp_path: Path, target: Path) -> None:
    install([a_download(tmp_path, ["dragon"])], target)
    leaked = Breached(target)
    assert ("dragon" in leaked, "password" in leaked) == (True, False)
    install([a_download(tmp_path, ["password"])], target)
    assert ("dragon" in leaked, "password" in leaked) == (False, True)


def test_a_list_that_was_taken_away_still_answers(tmp_path: Path, target: Path) -> None:
    install([a_download(tmp_path, ["dragon"])], target)
    leaked = Breached(target)
    target.unlink()
    assert ("dragon" in leaked, "password" in leaked) == (True, False)


def test_a_list_cut_short_in_place_is_an_error_and_never_a_crash(tmp_path: Path, target: Path) -> None:
    install([a_download(tmp_path, LEAKED)], target)
    leaked = Breached(target)
    with target.open("r+b") as file:
        file.truncate(len(HEADING) + WIDTH + 1)
    with pytest.raises(SettingsInvalid):
        assert "dragon" in leaked


def test_many_threads_ask_while_the_list_is_replaced(tmp_path: Path, target: Path) -> None:
    download = a_download(tmp_path, LEAKED)
    install([download], target)
    leaked, stop = Breached(target), threading.Event()
    missed: list[str] = []

    def ask() -> None:
        while not stop.is_set():
            missed.extend(password for password in LEAKED if password not in leaked)
            missed.extend(password for password in ("kraken", "squid") if password in leaked)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        install([download], target)
    stop.set()
    for thread in threads:
        thread.join()
    assert missed == []


# The short list that ships -----------------------------------------------------------------------------------------


def test_the_list_that_ships_is_the_one_its_script_makes(tmp_path: Path) -> None:
    assert make(tmp_path / "again.bin") >= 10_000
    assert (tmp_path / "again.bin").read_bytes() == SHIPPED.read_bytes()
    record = (Path(SHIPPED).parents[2] / "docs" / "breached_passwords.md").read_text(encoding="utf-8")
    assert sha256(SHIPPED.read_bytes()).hexdigest() in record


def test_the_list_that_ships_is_small_and_knows_the_usual_suspects() -> None:
    shipped = Breached(SHIPPED)
    assert SHIPPED.stat().st_size < 1_000_000
    assert all(password in shipped for password in ("password", "123456", "qwerty", "letmein", "dragon"))
    assert "plenty rivet museum" not in shipped


def test_a_question_takes_no_time() -> None:
    shipped = Breached(SHIPPED)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for number in range(200):
        assert f"no such password {number}" not in shipped
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 200 < 0.001
