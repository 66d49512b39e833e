"""What somebody types on the server does what it says, or says everything that is wrong."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from servers.ports import free_port
from servers.settings_file import COMPANY, initialise

from keyback.config.commands import main
from keyback.config.commands.opened import opened
from keyback.core.db.freezes import Freeze
from keyback.core.service.finding.named import account_named
from keyback.core.service.writing.breached import Breached
from keyback.plugins.stores.embedded import Embedded

FILLED = f"""{COMPANY}
[plugins]
load = [
  "email", "sms", "saved_codes", "embedded", "smtp", "http_gateway", "account_notice", "proof_of_work",
  "picture_and_sound",
]
[pin.store.embedded]
database = "people.db"
"""
PEOPLE = "name,display_name,mails,phones,groups\nmaya,Maya L,maya@home.example;m@work.example,+447700900142,staff\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with filled-in settings, where commands are typed."""
    monkeypatch.chdir(tmp_path)
    return initialise(tmp_path, FILLED)


def test_a_language_that_is_not_there_is_refused_with_those_that_are(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, taken in (("fr", False), ("de", True)):
        monkeypatch.setenv("KEYBACK_LANGUAGE", language)
        capsys.readouterr()
        main(["check"])
        told = capsys.readouterr()
        assert ("language must be one of: en, de" not in told.out + told.err) is taken


def test_so_is_an_entrys(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYBACK_ENTRIES__INTRANET__NAME", "Intranet")
    monkeypatch.setenv("KEYBACK_ENTRIES__INTRANET__LANGUAGE", "tlh")
    main(["check"])
    told = capsys.readouterr()
    assert "entries.intranet.language must be one of: en, de" in told.out + told.err


def _bring_people(here: Path) -> None:
    (here / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert main(["people", "import", "people.csv"]) == 0


# init and check --------------------------------------------------------------------------------------------------


def test_init_makes_private_files_and_never_overwrites_them(here: Path) -> None:
    key = (here / "keyback.key").read_bytes()
    assert {path.stat().st_mode & 0o077 for path in (here / "keyback.key", here / "keyback.toml", here / "data")} == {0}
    (here / "keyback.toml").unlink()
    assert main(["init"]) == 0
    assert (here / "keyback.key").read_bytes() == key


def test_wrong_settings_end_a_command_with_every_problem(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "keyback.toml").write_text('portal_url = "http://x.example"\nkey_file = "none"\n', encoding="utf-8")
    assert main(["check"]) == 2
    assert {"company", "help_desk"} <= {line.split()[1] for line in capsys.readouterr().err.splitlines()[1:]}


def test_a_check_before_the_tables_are_made_says_what_makes_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(here / "data")
    assert main(["check"]) == 2
    assert "keyback init" in capsys.readouterr().err


def test_check_names_each_plugin_that_cannot_work(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (here / "keyback.toml").open("a", encoding="utf-8") as file:
        file.write(f'[pin.channel.smtp]\nhost = "127.0.0.1"\nport = {free_port()}\nsender = "kb@example.org"\n')
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert "channel smtp" in told
    assert "nothing carries sms" in told
    assert "store embedded" not in told


def test_check_is_content_when_everything_answers(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm = FILLED.replace('"smtp", "http_gateway"', '"outbox"')
    outbox = f'[pin.channel.outbox]\ndemo = true\npath = "{here}/outbox.db"\n'
    (here / "keyback.toml").write_text(f"demo = true\n{calm}{outbox}", encoding="utf-8")
    assert main(["check"]) == 0, capsys.readouterr().out
    assert "only numbers of your directory" in capsys.readouterr().out


def test_check_prints_what_a_plugin_remarks_and_counts_it_as_no_problem(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Embedded, "check", lambda _: ["it holds nobody to the history"])
    main(["check"])
    told = capsys.readouterr().out
    assert "\nstore embedded: it holds nobody to the history\n" in f"\n{told}"
    assert "- store embedded" not in told


def test_check_names_a_channel_that_does_not_carry_what_it_is_named_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (here / "keyback.toml").open("a", encoding="utf-8") as file:
        file.write('[media.sms]\nregions = ["DE"]\nchannels = ["smtp"]\n')
    assert main(["check"]) == 1
    told = capsys.readouterr().out
    assert "smtp does not carry sms" in told
    assert "only numbers of your directory" not in told


# people ----------------------------------------------------------------------------------------------------------


def test_people_come_from_a_csv_file_and_get_codes_by_any_of_their_names(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _bring_people(here)
    capsys.readouterr()
    assert main(["people", "codes", "M@work.example"]) == 0
    codes = capsys.readouterr().out.split()
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {16}
    stored = b"".join(path.read_bytes() for path in (here / "data").iterdir())
    assert not [code for code in codes if code.encode() in stored or code.replace("-", "").encode() in stored]


def test_codes_for_nobody_are_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "codes", "nobody"]) == 1
    assert "Nobody" in capsys.readouterr().err


def test_somebody_is_forgotten_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bring_people(here)
    assert main(["people", "codes", "maya"]) == 0
    capsys.readouterr()
    assert main(["people", "erase", "maya"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Forgotten. Methods: 1; recoveries: 0; turns in campaigns: 0;")
    assert "Out of reach, and yours to see to: files that were mailed or saved" in said
    assert main(["people", "erase", "maya"]) == 1
    assert "Nothing is known" in capsys.readouterr().err
    assert main(["people", "erase", "--store", "embedded", "never-there"]) == 1


def test_only_somebody_who_was_stopped_can_be_let_in_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bring_people(here)
    with opened() as house:
        account = account_named("maya", house.snapshots, house.around)
        pseudonym = house.records.keyring.pseudonym(account.key.store, account.key.id)
        with house.records.db.write() as tx:
            house.records.freezes.freeze(tx, Freeze(pseudonym, house.around.now(), "password.set", "r-1"))
    capsys.readouterr()
    assert main(["people", "unfreeze", "M@work.example"]) == 0
    assert capsys.readouterr().out == "Self-service works again for M@work.example.\n"
    assert main(["people", "unfreeze", "maya"]) == 1
    assert "not stopped" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["name,mail\nmaya,x\n", PEOPLE + ",nobody,,,\n", PEOPLE + "a,b,c,d,e,f\n"])
def test_a_people_file_with_a_wrong_line_changes_nothing(here: Path, content: str) -> None:
    (here / "people.csv").write_text(content, encoding="utf-8")
    assert main(["people", "import", "people.csv"]) == 2
    assert main(["people", "codes", "maya"]) == 1


# audit, keys, breached -------------------------------------------------------------------------------------------


def test_the_event_log_is_whole_until_a_record_is_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bring_people(here)
    assert main(["people", "codes", "maya"]) == 0
    capsys.readouterr()
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "whole\n"
    with sqlite3.connect(here / "data" / "keyback.db") as database:
        database.execute("UPDATE event SET data = '{\"count\": 9}'")
    assert main(["audit", "verify"]) == 1
    assert "altered" in capsys.readouterr().out


def test_an_export_is_judged_with_the_public_key_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "key"]) == 0
    key = capsys.readouterr().out.strip()
    assert main(["audit", "export"]) == 0
    (here / "log").write_text(capsys.readouterr().out, encoding="utf-8")
    (here / "keyback.toml").unlink()
    assert main(["audit", "verify", "--export", "log", "--public-key", key]) == 0
    assert main(["audit", "verify", "--export", "log"]) == 2


def test_after_a_rotation_everything_still_opens(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _bring_people(here)
    assert main(["people", "codes", "maya"]) == 0
    for purpose in ("contact", "seal", "settings"):
        assert main(["keys", "rotate", purpose]) == 0
    assert main(["people", "codes", "maya"]) == 0
    assert main(["audit", "verify"]) == 0


def test_tokens_get_a_key_that_is_shown_before_it_signs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "rotate", "tokens"]) == 0
    later = capsys.readouterr().out
    assert main(["keys", "rotate", "tokens", "--at-once"]) == 0
    with sqlite3.connect(here / "data" / "keyback.db") as database:
        ((kid, private),) = database.execute("SELECT kid, private FROM token_key").fetchall()
    assert kid in capsys.readouterr().out
    assert kid not in later
    assert b'"kty"' not in private


def test_a_full_list_of_leaked_passwords_is_put_in_place(here: Path) -> None:
    digest = hashlib.sha1(b"correct horse", usedforsecurity=False).hexdigest().upper()
    (here / "download.txt").write_text(f"{digest}:7\n", encoding="ascii")
    assert main(["breached", "install", "leaked.bin", "download.txt"]) == 0
    assert "correct horse" in Breached(here / "leaked.bin")


# serve and demo --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(here: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A real server with two processes."""
    port = free_port()
    with (here / "keyback.toml").open("a", encoding="utf-8") as file:
        file.write(f'[serve]\nbind = "127.0.0.1:{port}"\n')
    yield from _running(["serve"], here, port)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A real demo."""
    port = free_port()
    yield from _running(["demo", "--port", str(port)], tmp_path, port)


def _running(command: list[str], folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    program = "import sys; from keyback.config.commands import main; sys.exit(main())"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen([sys.executable, "-c", program, *command], cwd=folder, stdout=said, stderr=said)
        try:
            _wait_until_ready(process, port, folder / "said")
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, said: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", headers=_as_asked(port), timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    pytest.fail(f"it does not serve: {said.read_text(encoding='utf-8')}")


def _as_asked(port: int) -> dict[str, str]:
    return {"Host": f"localhost:{port}" if port else "reset.example.org"}


def test_a_server_names_no_software_and_stops_when_it_is_told(
    served: tuple[subprocess.Popen[bytes], str], here: Path
) -> None:
    process, address = served
    answer = requests.get(f"{address}/", headers={"Host": "reset.example.org"}, timeout=5)
    assert answer.status_code == 200
    assert "Server" not in answer.headers
    process.send_signal(signal.SIGTERM)
    assert process.wait(12) == 0
    assert "Traceback" not in (here / "said").read_text(encoding="utf-8")


def test_a_demo_shows_its_sign_in_page_and_its_mailbox(shown: tuple[subprocess.Popen[bytes], str]) -> None:
    _, address = shown
    port = address.rpartition(":")[2]
    here = {"Host": f"localhost:{port}"}
    assert "/go/alderwick" in requests.get(f"{address}/demo", headers=here, timeout=5).text
    assert requests.get(f"{address}/demo/outbox.json", headers=here, timeout=5).json() == []


def test_a_server_that_cannot_work_says_why_and_ends(here: Path) -> None:
    settings = FILLED[: FILLED.index("[pin")].replace('"embedded", ', "")
    (here / "keyback.toml").write_text(settings, encoding="utf-8")
    program = "import sys; from keyback.config.commands import main; sys.exit(main())"
    environment = {**os.environ, "KEYBACK_SERVE__BIND": f"127.0.0.1:{free_port()}"}
    ended = subprocess.run(
        [sys.executable, "-c", program, "serve"], capture_output=True, text=True, timeout=20, env=environment
    )
    assert ended.returncode != 0
    assert "no store works" in ended.stderr
