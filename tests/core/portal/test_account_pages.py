"""My accounts, over a real house: what is listed, joined and parted, and by whom."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pretend_portal import ORIGIN, portal_settings
from servers.doors import doors
from servers.small_house import OLD, Cloud, SmallHouse, small_house

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.contracts.people import Account, AccountKey, Person
from keyback.core.db.session import Database
from keyback.core.portal import AccountPages, EnrolmentPages, create_portal
from keyback.core.service.enrolling.signed_in import FRESH, SignedIn

HEADERS = {"Sec-Fetch-Site": "same-origin"}
FIRST, SECOND = AccountKey("fake", "id-of-jo"), AccountKey("cloud", "cloud-id-of-jo")
SECRET = {"store": "cloud", "identifier": "jo.cloud", "current_password": OLD}


@dataclass
class Pages:
    """The pages, and who is signed in."""

    house: SmallHouse
    who: list[SignedIn] = field(default_factory=list)
    browser: Any = None

    def get(self, path: str = "/accounts") -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str, **fields: str) -> Any:
        token = self.house.staff.enrolling.form_token(self.who[0]) if self.who else "ab"
        return self.browser.post(path, base_url=ORIGIN, headers=HEADERS, data={"token": token, **fields})

    def join(self, **typed: str) -> Any:
        return self.post("/accounts/join", **{**SECRET, "move": "join", **typed})

    def count(self) -> None:
        """The cool-down passes, and the same person signs in anew."""
        self.house.clock.forward(hours=72)
        self.house.staff.linking.effect.bring_due(self.house.clock())
        self.who[0] = replace(self.who[0], at=self.house.clock())

    def value(self, key: AccountKey = SECOND) -> str:
        return self.house.staff.linking.accounts.value(key)


@pytest.fixture
def pages(tmp_path: Path, migrated: Path) -> Iterator[Pages]:
    database = Database(f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}")
    cloud = Cloud()
    house = small_house(database, cloud=cloud)
    cloud.add(Account(SECOND, "jo.cloud", stamp="1"), OLD)
    pages = Pages(house, [somebody(house, FIRST)])
    settings, enrolling = portal_settings(now=house.clock, sign_in_store="cloud"), house.staff.enrolling

    def whoever(_: object) -> SignedIn | None:
        return pages.who[0] if pages.who else None

    methods = EnrolmentPages(enrolling, whoever, settings, doors())
    accounts = AccountPages(house.staff.linking, enrolling, whoever, settings)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods, accounts=accounts))
    pages.browser = app.test_client()
    yield pages
    database.close()


def somebody(house: SmallHouse, key: AccountKey) -> SignedIn:
    account = house.snapshots.current.plugins.stores[key.store].look(key, house.context())
    assert account is not None
    with house.records.db.write() as tx:
        person_id = house.staff.recognising.person_id(tx, key)
    return SignedIn("s1", Person(person_id, (account,), account.contacts), house.clock())


def words(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_nobody_gets_in_without_signing_in(pages: Pages) -> None:
    pages.who.clear()
    for path in ("/accounts", "/accounts/join", "/accounts/part/x"):
        responses = [pages.get(path)] + ([pages.post(path)] if path != "/accounts" else [])
        assert {(one.status_code, one.location) for one in responses} == {(303, f"/sign-in?to={path}")}


def test_the_welcome_page_leads_there(pages: Pages) -> None:
    assert 'href="/accounts"' in pages.get("/").text


def test_an_account_is_joined_by_its_password_and_counts_later(pages: Pages) -> None:
    page = pages.get("/accounts/join")
    assert re.findall(r'name="store" value="(\w+)" checked', page.text) == ["cloud"]
    page = pages.join()
    assert page.status_code == 200
    assert "Your accounts are joined It counts from Tuesday, 4 June, 12:00 (UTC)." in words(page)
    assert "Cloud Waiting jo.cloud Counts from Tuesday, 4 June, 12:00 (UTC)." in words(page)
    pages.count()
    assert "Cloud jo.cloud One reset can set both passwords." in words(pages.get())


def test_a_wrong_password_keeps_what_was_typed_and_shows_no_password(pages: Pages) -> None:
    page = pages.join(current_password="not-the-password")
    assert page.status_code == 422
    assert "We can’t join that account with this name and password." in words(page)
    assert 'value="jo.cloud"' in page.text
    assert "not-the-password" not in page.text


@pytest.mark.parametrize(
    ("field_name", "text"),
    [
        ("store", "Choose where that account is"),
        ("identifier", "Enter the sign-in name"),
        ("current_password", "Enter the password"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_is_no_try(pages: Pages, field_name: str, text: str) -> None:
    for _ in range(5):
        page = pages.join(**{field_name: ""})
        assert (page.status_code, text in words(page), f'href="#{field_name}"' in page.text) == (422, True, True)
    assert pages.join().status_code == 200


def test_too_many_tries_say_how_long_to_wait(pages: Pages) -> None:
    for n in range(10):
        pages.join(identifier=f"person{n}")
    page = pages.join()
    assert (page.status_code, int(page.headers["Retry-After"])) == (429, 3600)
    assert "Too many tries for now. Wait" in words(page)


def test_the_tries_of_an_account_run_out_on_a_page_that_is_the_same_for_nobodys(pages: Pages) -> None:
    theirs, nobodys = ([pages.join(identifier=name, current_password="wrong") for _ in range(4)]
                       for name in ("jo.cloud", "nobody.cloud"))  # fmt: skip
    assert {page.status_code for page in (*theirs, *nobodys)} == {422}
    assert words(theirs[-1]).replace("jo.cloud", "nobody.cloud") == words(nobodys[-1])


def test_whoever_signed_in_long_ago_is_asked_before_they_type_a_password(pages: Pages) -> None:
    pages.house.clock.forward(seconds=FRESH.total_seconds())
    page = pages.get("/accounts/join")
    assert page.status_code == 403
    assert "To change your accounts, sign in again." in words(page)
    assert 'href="/accounts">Back to my accounts' in page.text


def test_a_password_that_comes_too_late_is_kept_nowhere(pages: Pages) -> None:
    pages.house.clock.forward(seconds=FRESH.total_seconds())
    assert pages.join().status_code == 403
    kept = pages.house.staff.enrolling.drafts.take(pages.who[0], "/accounts/join")
    assert kept == {"store": "cloud", "identifier": "jo.cloud"}


def test_another_sessions_form_joins_nothing(pages: Pages) -> None:
    response = pages.browser.post(
        "/accounts/join", base_url=ORIGIN, headers=HEADERS, data={**SECRET, "token": "ab" * 32, "move": "join"}
    )
    assert response.status_code == 403
    assert "jo.cloud" not in words(pages.get())


def test_parting_asks_first_and_says_whose_the_methods_are(pages: Pages) -> None:
    pages.join()
    pages.count()
    path = f"/accounts/part/{pages.value()}"
    page = pages.get(path)
    assert "Part jo.cloud? It keeps its password. You’d reset it on its own from then on." in words(page)
    assert "Your methods stay here. jo.cloud would have none of them." in words(page)
    assert pages.post(path, move="keep").status_code == 400
    assert "jo.cloud" in words(pages.get())
    page = pages.post(path, move="part")
    assert "jo.cloud is parted" in words(page)
    assert "cloud" not in words(pages.get())


def test_whoever_parts_the_account_that_has_the_methods_is_signed_out(pages: Pages) -> None:
    pages.join()
    pages.count()
    pages.who[0] = somebody(pages.house, SECOND)
    path = f"/accounts/part/{pages.value(FIRST)}"
    assert "Your methods stay with jo. The account you’re signed in with would have none" in words(pages.get(path))
    page = pages.post(path, move="part")
    assert "You were signed out here." in words(page)
    assert page.headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize("value", ["own", "x", "nobody"])
def test_what_is_not_there_to_part_is_not_found(pages: Pages, value: str) -> None:
    path = f"/accounts/part/{pages.value(FIRST) if value == 'own' else value}"
    assert [pages.get(path).status_code, pages.post(path, move="part").status_code] == [404, 404]


def test_what_the_organisation_gives_is_shown_and_cannot_be_parted(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(pages.house.store), "linked_to", lambda self, account, *, ctx: [SECOND], raising=False)
    page = pages.get()
    assert "From your organisation (can’t be parted here)" in words(page)
    assert "Part this account" not in words(page)
    assert pages.get(f"/accounts/part/{pages.value()}").status_code == 404


def test_a_silent_directory_takes_no_account_from_the_list(pages: Pages) -> None:
    pages.join()
    pages.count()
    assert pages.house.cloud is not None
    pages.house.cloud.trouble = StoreUnavailable("down")
    assert "Cloud One reset can set both passwords. Part this account" in words(pages.get())
    pages.house.clock.forward(minutes=1)
    assert pages.post(f"/accounts/part/{pages.value()}", move="part").status_code == 200


def test_in_a_demo_it_counts_at_once(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = replace(pages.house.snapshots.current.usual_policy, cool_down=timedelta(0))
    with pages.house.records.db.write() as tx:
        pages.house.records.settings.save_policies(tx, [policy], who="the tests", why="tests")
    pages.house.snapshots.at_least(10)
    assert "Your accounts are joined" in words(pages.join())
    assert "One reset can set both passwords." in words(pages.get())


# By a second sign-in --------------------------------------------------------------------------------------------------


@pytest.fixture
def silent_cloud(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> Pages:
    """Its directory never says whether a password is right, and who signs in is there."""
    monkeypatch.setattr(Cloud, "knows_passwords", False)
    return pages


def signs_in_there(pages: Pages, key: AccountKey = SECOND) -> None:
    with pages.house.records.db.write() as tx:
        pages.house.staff.linking.second.keep(tx, "s1", key)


def test_no_password_is_asked_for_where_none_can_be_judged(silent_cloud: Pages) -> None:
    page = silent_cloud.get("/accounts/join")
    assert re.findall(r'name="store" value="(\w+)"', page.text) == ["fake"]
    assert "Sign in to Cloud" in words(page)
    assert 'href="/sign-in?join=1&amp;to=/accounts/join/signed-in"' in page.text.replace("%2F", "/")
    silent_cloud.join()
    assert silent_cloud.house.staff.linking.accounts.look(silent_cloud.who[0])[1:] == ()


def test_where_passwords_are_judged_nobody_signs_in_for_it(pages: Pages) -> None:
    assert "Sign in to Cloud" not in words(pages.get("/accounts/join"))


def test_whoever_signed_in_there_is_asked_and_joins(silent_cloud: Pages) -> None:
    signs_in_there(silent_cloud)
    asked = silent_cloud.get("/accounts/join/signed-in")
    assert "Join jo.cloud? You’ve just signed in to it, so it’s yours." in words(asked)
    page = silent_cloud.post("/accounts/join/signed-in", move="join")
    assert "Your accounts are joined" in words(page)
    assert "Cloud Waiting jo.cloud" in words(page)


def test_whoever_did_not_is_sent_back(silent_cloud: Pages) -> None:
    for answer in (
        silent_cloud.get("/accounts/join/signed-in"),
        silent_cloud.post("/accounts/join/signed-in", move="join"),
    ):
        assert (answer.status_code, answer.location) == (303, "/accounts/join")


def test_the_own_account_is_refused_in_words(silent_cloud: Pages) -> None:
    signs_in_there(silent_cloud, FIRST)
    page = silent_cloud.post("/accounts/join/signed-in", move="join")
    assert page.status_code == 422
    assert "That’s the account you’re signed in with." in words(page)


def test_another_button_and_another_sessions_form_join_nothing(silent_cloud: Pages) -> None:
    signs_in_there(silent_cloud)
    assert silent_cloud.post("/accounts/join/signed-in", move="part").status_code == 400
    assert silent_cloud.post("/accounts/join/signed-in", move="join", token="ab").status_code == 403
    assert len(silent_cloud.house.staff.linking.accounts.look(silent_cloud.who[0])) == 1
