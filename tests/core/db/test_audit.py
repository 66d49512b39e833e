"""The event log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, update

from keyback.core.contracts.events import PasswordIntended, PasswordSet, PersonFound, RecoveryStarted
from keyback.core.db import tables
from keyback.core.db.audit import Audit
from keyback.core.db.audit_chain import AuditChain
from keyback.core.db.audit_verify import anchors_of, export, verify, verify_export
from keyback.core.db.sealing import KeyPurpose, Keyring, SealBroken
from keyback.core.db.session import Database

DETAILS = {"address": "192.0.2.77", "name": "canary-name"}
MINUTE = timedelta(minutes=1)


class Log:
    """A log that is written, chained and verified."""

    def __init__(self, db: Database, keyring: Keyring, now: datetime) -> None:
        self.db, self.keyring, self.now = db, keyring, now
        self.audit = Audit(keyring)
        self.public_key = AuditChain(keyring).public_key(db, now)

    def write(
        self, person_id: str = "person-1", recovery_id: str = "recovery-1", after: timedelta = timedelta(0)
    ) -> None:
        """Two events with details."""
        events = [PasswordIntended(("openldap",)), PasswordSet("openldap")]
        with self.db.write() as tx:
            self.audit.append(
                tx, events, at=self.now + after, recovery_id=recovery_id, person_id=person_id, details=DETAILS
            )

    def chain(self, after: timedelta = timedelta(0)) -> None:
        """Number what is new, and sign."""
        self.audit.chain(self.db, self.now + after)
        self.audit.checkpoint(self.db, self.now + after)

    def problems(self, anchors: list[str] | None = None) -> list[str]:
        return verify(self.db, self.keyring, self.public_key, anchors or [])

    def rows(self) -> list[Any]:
        with self.db.read() as tx:
            return list(tx.execute(select(tables.event).order_by(tables.event.c.id)).mappings())

    def run(self, statement: Any) -> None:
        """As somebody with the database and without the keys."""
        with self.db.write() as tx:
            assert tx.execute(statement).rowcount in {1, -1}  # an insert is not always counted


@pytest.fixture
def log(database: Database, keyring: Keyring, now: datetime) -> Log:
    return Log(database, keyring, now)


@pytest.fixture
def chained(log: Log) -> Log:
    """Six events, chained and signed."""
    for number in range(3):
        log.write(after=timedelta(seconds=number))
    log.chain(MINUTE)
    assert log.problems() == []
    return log


def at(seq: int) -> Any:
    return tables.event.c.seq == seq


def test_several_events_are_one_statement_once_the_person_is_known(database: Database, log: Log) -> None:
    log.write()
    statements: list[str] = []
    with database.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
        many = [PasswordIntended(("a",)), PasswordSet("a"), PasswordSet("b")]
        log.audit.append(tx, many, at=log.now, recovery_id="r", person_id="person-1", details=DETAILS)
        log.audit.append(tx, [], at=log.now)
    assert len(statements) == 1


def test_details_can_be_read_with_the_keys_alone(database: Database, log: Log) -> None:
    log.write()
    log.write(person_id="")
    with database.write() as tx:
        log.audit.append(tx, [RecoveryStarted("reset", "")], at=log.now)
    with database.read() as tx:
        details = [log.audit.details(tx, row) for row in log.rows()]
    assert details.count(DETAILS) == 4
    assert details.count(None) == 1
    assert b"canary" not in b"".join(row["details"] or b"" for row in log.rows())


def test_a_key_that_was_rolled_back_is_not_used_again(database: Database, log: Log) -> None:
    def fail() -> None:
        with database.write() as tx:
            log.audit.append(tx, [PasswordSet("a")], at=log.now, person_id="person-1", details=DETAILS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    log.write()
    with database.read() as tx:
        assert [Audit(log.keyring).details(tx, row) for row in log.rows()] == [DETAILS, DETAILS]


def test_two_processes_that_meet_a_person_at_once_agree_on_the_key(
    database: Database, log: Log, now: datetime, at_once: Callable[..., list[None]]
) -> None:
    def write(_number: int) -> None:
        with database.write() as tx:
            Audit(log.keyring).append(tx, [PasswordSet("a")], at=now, person_id="person-1", details=DETAILS)

    at_once(10, write)
    with database.read() as tx:
        assert [log.audit.details(tx, row) for row in log.rows()] == [DETAILS] * 10


def test_new_events_are_chained_in_the_order_in_which_they_happened(log: Log) -> None:
    for number in range(3):
        log.write(after=timedelta(seconds=-number))
    assert log.audit.chain(log.db, log.now) == 6
    assert log.audit.chain(log.db, log.now) == 0
    log.write(after=MINUTE)
    assert log.audit.chain(log.db, log.now) == 2
    assert [row["seq"] for row in log.rows()] == list(range(1, 9))
    assert log.problems() == []


def test_one_process_chains_and_the_others_leave_it_alone(
    database: Database, other_process: Database, log: Log, keyring: Keyring, at_once: Callable[..., list[int]]
) -> None:
    for number in range(20):
        log.write(after=timedelta(seconds=number))
    chains = [AuditChain(keyring) for _ in range(8)]
    done = at_once(8, lambda number: chains[number].chain((database, other_process)[number % 2], log.now))
    assert sorted(done) == [0] * 7 + [40]
    assert log.problems() == []


def test_a_checkpoint_is_signed_once_a_minute_and_only_over_something_new(log: Log) -> None:
    def sign(after: timedelta) -> bool:
        log.audit.chain(log.db, log.now + after)
        return log.audit.checkpoint(log.db, log.now + after)

    assert not sign(timedelta(0))
    log.write()
    assert sign(timedelta(0))
    assert not sign(2 * MINUTE)
    log.write()
    assert not sign(MINUTE - timedelta(seconds=1))
    assert sign(MINUTE)
    assert log.problems() == []


def test_a_thousand_records_are_signed_before_the_minute_is_over(log: Log) -> None:
    log.write()
    log.chain()
    with log.db.write() as tx:
        log.audit.append(tx, [PasswordSet("a")] * 250, at=log.now)
    for _ in range(3):
        with log.db.write() as tx:
            log.audit.append(tx, [PasswordSet("a")] * 250, at=log.now)
    log.audit.chain(log.db, log.now)
    assert log.audit.checkpoint(log.db, log.now)
    assert log.problems() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "password.not-set"},
        {"data": "{}"},
        {"recovery_id": "another"},
        {"pseudonym": "person-2"},
        {"key_name": "person-2"},
        {"details": b"forged"},
        {"details": None},
        {"digest": b"forged"},
        {"hash": b"forged"},
    ],
    ids=lambda changed: "-".join(f"{name}={value!r}" for name, value in changed.items()),
)
def test_an_altered_record_is_the_first_one_named(chained: Log, changed: dict[str, Any]) -> None:
    chained.run(update(tables.event).where(at(3)).values(changed))
    assert "record 3" in chained.problems()[0]


def test_a_record_in_another_minute_is_altered_too(chained: Log) -> None:
    chained.run(update(tables.event).where(at(3)).values(at=chained.now - MINUTE))
    assert "record 3" in chained.problems()[0]


def test_a_deleted_record_is_missed(chained: Log) -> None:
    chained.run(delete(tables.event).where(at(4)))
    assert chained.problems()[0] == "record 4 is missing"


def test_reordered_records_are_found(chained: Log) -> None:
    for seq, new in ((2, 99), (3, 2), (99, 3)):
        chained.run(update(tables.event).where(at(seq)).values(seq=new))
    assert "record 2" in chained.problems()[0]


def test_an_inserted_record_is_found(chained: Log) -> None:
    forged = dict(chained.rows()[0]) | {"id": "f" * 32, "seq": 7, "name": "password.not-set"}
    chained.run(insert(tables.event).values(forged))
    assert any("record 7" in problem for problem in chained.problems())


def test_a_record_that_is_not_chained_yet_cannot_be_altered_either(chained: Log) -> None:
    chained.write(after=MINUTE)
    newest = chained.rows()[-1]["id"]
    chained.run(update(tables.event).where(tables.event.c.id == newest).values(name="password.not-set"))
    assert chained.problems() == [f"new record {newest}: was altered without the key"]
    chained.audit.chain(chained.db, chained.now + MINUTE)
    assert chained.problems() == ["record 8: was altered without the key"]


def test_a_chain_that_was_made_anew_does_not_hide_an_altered_record(chained: Log) -> None:
    chained.run(update(tables.event).where(at(3)).values(name="password.not-set"))
    with chained.db.write() as tx:
        tx.execute(update(tables.event).values(seq=None, hash=None))
    chained.audit.chain(chained.db, chained.now)
    problems = chained.problems()
    assert problems[0] == "record 3: was altered without the key"
    assert any("not what was signed" in problem for problem in problems)


def test_a_cut_off_end_shows_against_an_anchor(chained: Log) -> None:
    anchors = list(anchors_of(chained.db))
    assert chained.problems(anchors) == []
    with chained.db.write() as tx:
        tx.execute(delete(tables.event).where(tables.event.c.seq > 4))
        tx.execute(delete(tables.checkpoint))
    assert chained.problems() == []
    assert chained.problems(anchors) == ["record 6 is missing: a signed anchor names it"]


def test_a_forged_checkpoint_has_a_wrong_signature(chained: Log) -> None:
    chained.run(update(tables.checkpoint).values(hash=b"forged"))
    assert chained.problems() == ["the checkpoint of record 6 has a wrong signature"]


def test_a_signing_key_that_was_replaced_is_refused(chained: Log) -> None:
    chained.run(update(tables.signing_key).values(private=b"forged"))
    with pytest.raises(SealBroken):
        AuditChain(chained.keyring).public_key(chained.db, chained.now)


def test_an_erased_person_leaves_a_whole_chain_and_nothing_of_theirs(chained: Log) -> None:
    with chained.db.write() as tx:
        # Before anybody knew whose recovery it was.
        early = [RecoveryStarted("reset", "")]
        chained.audit.append(tx, early, at=chained.now, recovery_id="recovery-1", details=DETAILS)
        found = [PersonFound(("openldap",), "staff")]
        chained.audit.append(tx, found, at=chained.now, recovery_id="recovery-2", person_id="person-2", details=DETAILS)
    chained.chain(2 * MINUTE)
    with chained.db.write() as tx:
        assert chained.audit.erase(tx, "person-1") == 7
    with chained.db.read() as tx:
        left = {row["pseudonym"]: chained.audit.details(tx, row) for row in chained.rows()}
        assert left == {"person-1": None, "": None, "person-2": DETAILS}
        names = tx.scalars(select(tables.person_key.c.name)).all()
    assert "person-1" not in names
    assert chained.problems() == []
    assert verify_export(export(chained.db), chained.public_key, anchors_of(chained.db)) == []
    chained.write(after=3 * MINUTE)
    with chained.db.read() as tx:
        assert chained.audit.details(tx, chained.rows()[-1]) == DETAILS


def test_details_cannot_be_removed_under_the_cloak_of_an_erasure(chained: Log) -> None:
    chained.run(update(tables.event).where(at(2)).values(details=None, erased=b"forged"))
    assert chained.problems() == ["record 2: its details were removed without the key"]


def test_nobody_is_not_a_person_who_can_be_erased(chained: Log) -> None:
    chained.write(person_id="", recovery_id="")
    with chained.db.write() as tx:
        assert chained.audit.erase(tx, "") == 0


def test_the_log_stays_whole_when_its_key_is_rotated(chained: Log) -> None:
    chained.keyring.rotate(KeyPurpose.AUDIT)
    chained.write(after=MINUTE)
    chained.chain(3 * MINUTE)
    assert chained.problems() == []


def test_an_export_is_judged_with_the_public_key_alone(chained: Log) -> None:
    lines, anchors = list(export(chained.db)), list(anchors_of(chained.db))
    assert len(lines) == 7
    assert verify_export(lines, chained.public_key, anchors) == []
    assert "canary" not in "".join(lines)
    assert "192.0.2" not in "".join(lines)


def test_an_export_that_was_changed_is_found(chained: Log) -> None:
    lines, anchors = list(export(chained.db)), list(anchors_of(chained.db))

    def judge(changed: list[str]) -> str:
        return verify_export(changed, chained.public_key, anchors)[0]

    altered = json.dumps(json.loads(lines[2]) | {"name": "password.not-set"})
    assert "record 3" in judge([*lines[:2], altered, *lines[3:]])
    assert "record 2 is missing" in judge([lines[0], *lines[2:]])
    assert "record 6 is missing" in judge(lines[:4])
    assert "cut" in judge([*lines[:2], lines[2][:50]])
    assert "wrong signature" in verify_export(lines, bytes(31) + b"\x01", [])[0]


def test_only_newer_anchors_are_handed_out(chained: Log) -> None:
    assert list(anchors_of(chained.db, after=6)) == []
    assert len(list(anchors_of(chained.db, after=5))) == 1
