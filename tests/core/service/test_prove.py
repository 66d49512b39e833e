"""An answer is judged as long for whoever has nothing to prove it with (P4)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pyotp import TOTP
from servers.small_house import SmallHouse, small_house

from keyback.core.contracts.method import Challenge, Offer, Verdict
from keyback.core.contracts.plugin import Context
from keyback.core.db.session import Database
from keyback.plugins.methods.authenticator import Authenticator

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class Watched(Authenticator):
    """Writes down with what its answers were judged."""

    judged: list[Offer]

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        self.judged.append(offer)
        return super().judge(offer, challenge, answer, ctx)


@pytest.fixture
def method() -> Watched:
    method = Watched(Watched.Settings())
    method.judged = []
    return method


@pytest.fixture
def house(tmp_path: Path, migrated: Path, method: Watched) -> Iterator[SmallHouse]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'apps.db')}")
    house = small_house(database, methods=[method])
    house.add("kim")
    person, now = house.records.keyring.pseudonym("fake", "id-of-jo"), house.clock()
    with house.records.db.write() as tx:
        data = {"secret": SECRET, "used": "0"}
        house.records.enrolments.add(tx, person, "authenticator", "", data, proven_at=now, usable_from=now)
    yield house
    database.close()


def wrong_answer(house: SmallHouse, name: str) -> None:
    visit = house.start(name)
    house.work()
    house.clock.forward(seconds=10)
    visit.pick("authenticator")
    assert visit.answer("000000").reason == "wrong"


@pytest.mark.parametrize("name", ["jo", "kim", "xyz"])
def test_a_wrong_code_costs_as_many_hashes_for_everybody(house: SmallHouse, method: Watched, name: str) -> None:
    wrong_answer(house, name)
    (offer,) = method.judged
    assert [len(json.loads(kept)["secret"]) for kept in offer.private.values()] == [len(SECRET)]


def test_the_offer_that_nobody_has_proves_nothing(
    house: SmallHouse, method: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Offer("authenticator", "app", Authenticator.summary, {"": json.dumps({"secret": SECRET, "used": "0"})})
    monkeypatch.setattr(method, "nobodys_offer", lambda ctx: mine)
    visit = house.start("xyz")
    house.work()
    house.clock.forward(seconds=10)
    visit.pick("authenticator")
    assert visit.answer(TOTP(SECRET).at(house.clock())).reason == "wrong"
    assert len(method.judged) == 1
    assert visit.recovery.proofs == ()


def test_somebody_proves_it_with_their_own(house: SmallHouse) -> None:
    visit = house.start("jo")
    house.work()
    house.clock.forward(seconds=10)
    visit.pick("authenticator")
    assert visit.answer(TOTP(SECRET).at(house.clock())).reason == ""


def test_the_last_saved_code_is_told_to_whoever_used_it(house: SmallHouse) -> None:
    """They may be in a hurry now; the notice is still there when they have time to print new ones."""
    last = "That was your last saved code"
    for which, told in ((0, False), (1, False), (2, True)):
        visit = house.start("kim")
        visit.prove_by_mail()
        assert visit.prove_by_paper(which).reason == ""
        house.work()
        subjects = [str(mail.subject) for mail in house.sent("email")]
        assert (last in subjects) is told
        house.clock.forward(minutes=20)
