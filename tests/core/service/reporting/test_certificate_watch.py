"""The back office sees in time that certificates end: those of files that settings name, and those of servers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate
from pydantic import Field
from servers.authority import Authority
from servers.small_house import Directory, SmallHouse, small_house

from keyback.core import (
    Context,
    PluginError,
    PluginSettings,
    StoreUnavailable,
    our_certificate,
    trusted_certificates,
)
from keyback.core.db.certificate_ends import HOUSE
from keyback.core.db.session import Database
from keyback.core.service.reporting.certificate_watch import EVERY, CertificateWatch

TODAY, SOON, LATER = (datetime(2030, 6, day, tzinfo=UTC) for day in (1, 9, 20))


class Certified(PluginSettings):
    ca_file: str = Field("", title="Authority", description="…", json_schema_extra=trusted_certificates())
    certificate: str = Field("", title="Ours", description="…", json_schema_extra=our_certificate())
    unmarked: str = Field("", title="Other", description="…")


class CertifiedDirectory(Directory):
    """Its servers show what the test says."""

    Settings = Certified

    def __init__(self, settings: Certified) -> None:
        super().__init__()
        self.settings = settings
        self.shown: dict[str, datetime | None] = {}
        self.fails: Exception | None = None

    def certificates(self, *, ctx: Context) -> Mapping[str, datetime | None]:
        if self.fails:
            raise self.fails
        return self.shown


def at(database: Database, **settings: Path) -> SmallHouse:
    named = {name: str(file) for name, file in settings.items()}
    return small_house(database, directory=CertifiedDirectory(Certified(**named)))


def directory(house: SmallHouse) -> CertifiedDirectory:
    assert isinstance(house.store, CertifiedDirectory)
    return house.store


def looks(house: SmallHouse) -> None:
    """An hour later."""
    house.clock.forward(seconds=EVERY.total_seconds())
    watch(house).look(house.clock())
    house.work()


def watch(house: SmallHouse) -> CertificateWatch:
    """A process of its own."""
    return CertificateWatch(
        records=house.records, snapshots=house.snapshots, office=house.staff.office, around=house.around
    )


def known(house: SmallHouse) -> Mapping[str, datetime]:
    with house.records.db.read() as tx:
        return house.records.certificate_ends.of(tx, "store", "fake")


def end_in(file: Path) -> datetime:
    return load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc


def test_of_our_file_the_first_certificate_counts_and_of_authorities_the_last_to_end(
    database: Database, tmp_path: Path
) -> None:
    old, new = (Authority(tmp_path / str(days), timedelta(days=days)) for days in (1, 9))
    both, ours = tmp_path / "both.pem", tmp_path / "ours.pem"
    both.write_bytes(new.ca_file.read_bytes() + old.ca_file.read_bytes())
    certificate, key = old.issue("keyback")
    ours.write_bytes(key.read_bytes() + certificate.read_bytes() + new.ca_file.read_bytes())
    house = at(database, ca_file=both, certificate=ours, unmarked=old.ca_file)
    looks(house)
    assert known(house) == {"ca_file": end_in(new.ca_file), "certificate": end_in(certificate)}


def test_a_file_that_says_nothing_of_certificates_is_left_out(database: Database, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    house = at(database, ca_file=empty, certificate=tmp_path / "missing.pem")
    looks(house)
    assert known(house) == {}


def test_a_file_that_keyback_toml_names_is_looked_at_too(database: Database, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "idp")
    house = small_house(database, ca_files={"sign_in.ca_file": str(authority.ca_file)})
    looks(house)
    with house.records.db.read() as tx:
        ends = house.records.certificate_ends.of(tx, *HOUSE)
    assert ends == {"sign_in.ca_file": end_in(authority.ca_file)}


@pytest.mark.parametrize("fails", [StoreUnavailable("away"), PluginError("broken"), OSError("odd")])
def test_what_cannot_be_seen_now_is_as_it_was_seen_last(database: Database, tmp_path: Path, fails: Exception) -> None:
    house = at(database, ca_file=Authority(tmp_path / "gone").ca_file)
    directory(house).shown = {"one": SOON, "two": LATER}
    looks(house)
    assert set(known(house)) == {"ca_file", "one", "two"}
    (tmp_path / "gone" / "ca.pem").unlink()
    directory(house).fails = fails
    looks(house)
    assert known(house) == {"one": SOON, "two": LATER}
    directory(house).fails = None
    directory(house).shown = {"one": None, "three": None}
    looks(house)
    assert known(house) == {"one": SOON}


def test_one_process_of_all_looks_once_an_hour(either_database: Database) -> None:
    house = at(either_database)
    first, second = watch(house), watch(house)

    def ordered() -> int:
        """How many jobs, which are done by that."""
        later = house.clock() + timedelta(minutes=1)
        with house.records.db.write() as tx:
            jobs = house.records.jobs.claim(tx, "test", now=later, until=later)
            house.records.jobs.done(tx, [job.id for job in jobs])
        return len(jobs)

    for each in (first, second, first):
        each.look(house.clock())
    assert ordered() == 1
    house.clock.forward(minutes=59)
    for each in (first, second):
        each.look(house.clock())
    assert ordered() == 0
    house.clock.forward(minutes=1)
    for each in (second, first):
        each.look(house.clock())
    assert ordered() == 1
