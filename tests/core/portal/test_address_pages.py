"""Adding a phone or a mailbox, page by page: where the code goes, the code, and every way back."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from pretend_portal import ORIGIN, portal_settings
from servers.doors import doors
from servers.small_house import SmallHouse, small_house

from keyback.core.contracts.errors import DeliveryFailed
from keyback.core.contracts.people import Contact, ContactKind, Person
from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.service.enrolling.enrol import TRIES
from keyback.core.service.enrolling.my_methods import Mine
from keyback.core.service.enrolling.signed_in import SignedIn

PHONE, MAILBOX = "/methods/add/sms", "/methods/add/email"
NUMBER, ADDRESS = "+436641234506", "jo@home.example"
TYPED = {"region": "AT", "destination": "0664 1234506"}


@dataclass
class Jo:
    """Somebody who is signed in."""

    house: SmallHouse
    browser: Any
    who: SignedIn

    def get(self, path: str = PHONE) -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def post(self, path: str = PHONE, **fields: str) -> Any:
        form = {"token": self.house.staff.enrolling.form_token(self.who), **fields}
        page = self.browser.post(path, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}, data=form)
        self.house.work()
        return page

    def begin(self, method: str = "sms") -> Any:
        assert self.post("/methods/add", method=method).location == f"/methods/add/{method}"
        return self.get(f"/methods/add/{method}")

    def send(self) -> Any:
        self.begin()
        sent = self.post(move="continue", **TYPED)
        assert (sent.status_code, sent.location) == (303, PHONE)
        return self.get()

    def code(self, to: str = NUMBER) -> str:
        return str(next(m.text for m in reversed(self.house.channel.sent) if m.to == to))[:8]


@pytest.fixture
def jo(database: Database) -> Jo:
    house = small_house(database)
    unproven = (Contact(ContactKind.PHONE, NUMBER, "mobile"),)
    account = house.store.look(house.add("ann", contacts=unproven), house.context())
    assert account is not None
    person = Person(house.records.keyring.pseudonym(account.key.store, account.key.id), (account,), account.contacts)
    settings = portal_settings(now=house.clock)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    jo = Jo(house, app.test_client(), SignedIn("s1", person, house.clock()))
    methods = EnrolmentPages(house.staff.enrolling, lambda _: jo.who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    return jo


def words(page: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))).replace("’", "'")


def value(page: Any, name: str) -> str:
    (found,) = re.findall(rf'<input id="{name}"[^>]* value="([^"]*)"', page.text)
    return html.unescape(found)


def chosen(page: Any) -> list[str]:
    return re.findall(r'<option value="([A-Z]*)" selected>', page.text)


def test_the_page_says_what_a_phone_is_worth_and_when(jo: Jo) -> None:
    page = jo.begin()
    said = words(page)
    assert "Add a phone" in said
    assert "That's why a phone is never your only proof." in said
    assert "A new number counts after 72 hours." in said
    assert len(re.findall(r'<option value="[A-Z]{2}"', page.text)) > 240
    assert 'inputmode="numeric"' not in page.text


def test_a_phone_is_added_by_its_number_and_its_code(jo: Jo) -> None:
    page = jo.send()
    assert f"{NUMBER} gets a text with 8 digits." in words(page)
    assert "Enter the code we texted" in words(page)
    assert 'autocomplete="one-time-code"' in page.text
    added = jo.post(move="continue", code=jo.code())
    assert added.status_code == 200
    assert "Text message is added It counts from Tuesday, 4 June, 12:00 (UTC)." in words(added)
    assert "Waiting" in words(jo.get("/methods"))


def test_a_mailbox_is_added_alike(jo: Jo) -> None:
    page = jo.begin("email")
    assert "One you can read without your" in words(page)
    assert 'type="email"' in page.text
    jo.post(MAILBOX, move="continue", destination=ADDRESS)
    assert f"{ADDRESS} gets an e-mail with 8 digits." in words(jo.get(MAILBOX))
    assert "E-mail is added" in words(jo.post(MAILBOX, move="continue", code=jo.code(ADDRESS)))


def test_a_reload_and_a_return_find_it_where_it_was(jo: Jo) -> None:
    jo.send()
    for _ in range(2):
        assert "Enter the code we texted" in words(jo.get())
    assert jo.get("/methods").status_code == 200
    assert "Text message is added" in words(jo.post(move="continue", code=jo.code()))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"region": "AT", "destination": ""}, "Type your whole number"),
        ({"region": "AT", "destination": "0664 12"}, "That number is too short for Austria."),
        ({"region": "", "destination": "0664 1234506"}, "Choose one from the list"),
        ({"region": "AT", "destination": "+49 900 1234567"}, "Text messages don't reach this kind of number."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(jo: Jo, typed: dict[str, str], why: str) -> None:
    jo.begin()
    page = jo.post(move="continue", **typed)
    assert page.status_code == 422
    # In the summary and at its field; a list says how to choose as well.
    assert words(page).count(why) >= 2
    assert 'aria-invalid="true"' in page.text
    assert value(page, "destination") == typed["destination"]
    assert chosen(page) == [typed["region"]] * bool(typed["region"])
    assert jo.house.channel.sent == []


def test_the_region_may_be_left_out_where_the_number_says_it(jo: Jo) -> None:
    jo.begin()
    assert jo.post(move="continue", region="", destination="+43 664 1234506").status_code == 303


def test_a_wrong_code_says_how_often_it_may_be_tried_and_then_it_begins_anew(jo: Jo) -> None:
    jo.send()
    page = jo.post(move="continue", code="00000000")
    assert page.status_code == 422
    assert "That code isn't right. Check the newest message. You can try 4 more times." in words(page)
    assert value(page, "code") == "00000000"
    for _ in range(TRIES - 1):
        page = jo.post(move="continue", code="00000000")
    assert "This took too long, or was tried too often. Start again." in words(page)


def test_a_code_of_the_wrong_length_is_no_try(jo: Jo) -> None:
    jo.send()
    for _ in range(TRIES + 1):
        assert "The code has 8 digits; this has 4." in words(jo.post(move="continue", code="12 34"))
    assert jo.post(move="continue", code=jo.code()).status_code == 200


def test_asking_too_early_says_when_and_the_code_stays_good(jo: Jo) -> None:
    assert "You can ask for another code in 30 seconds" in words(jo.send())
    early = jo.post(move="again")
    assert (early.status_code, early.headers["Retry-After"]) == (429, "30")
    assert "You can ask for another code in 30 seconds. The one you have is still good." in words(early)
    jo.house.clock.forward(seconds=30)
    old = jo.code()
    assert jo.post(move="again").location == PHONE
    assert "Another code is on its way" in words(jo.get())
    assert jo.code() != old
    assert "Text message is added" in words(jo.post(move="continue", code=jo.code()))


def phone(jo: Jo) -> Mine:
    """The one that they added."""
    (line,) = [mine for mine in jo.house.staff.enrolling.mine.look(jo.who).mine if mine.id and mine.method == "sms"]
    return line


def added(jo: Jo) -> str:
    """A phone of theirs, by its id."""
    jo.send()
    jo.post(move="continue", code=jo.code())
    return phone(jo).id


def test_a_changed_phone_is_added_first_and_then_it_is_asked_whether_the_old_one_goes(jo: Jo) -> None:
    old = added(jo)
    assert "Change Text message" in words(jo.get("/methods"))
    jo.post("/methods/add", method="sms", instead_of=old)
    # Neither a return nor another kind of phone forgets what it is for.
    jo.post(move="continue", region="AT", destination="0664 9876543")
    jo.post(move="back")
    jo.post(move="continue", region="AT", destination="0664 9876541")
    page = jo.post(move="continue", code=jo.code("+436649876541"))
    said = words(page)
    assert "Text message is added It counts from" in said
    assert "Remove the old one?" in said
    assert "+XX XXXXXXX06" in said
    assert f'action="/methods/remove/{old}"' in page.text
    assert "Text message is removed" in words(jo.post(f"/methods/remove/{old}", move="remove"))
    assert phone(jo).end.endswith("41")


def test_what_is_changed_may_be_kept_or_be_gone_already(jo: Jo) -> None:
    old = added(jo)
    jo.post("/methods/add", method="sms", instead_of=old)
    jo.post(f"/methods/remove/{old}", move="remove")
    jo.post(move="continue", region="AT", destination="0664 9876541")
    assert "My methods" in words(jo.post(move="continue", code=jo.code("+436649876541")))


def test_only_what_is_mine_is_asked_about(jo: Jo) -> None:
    jo.post("/methods/add", method="sms", instead_of="somebody-else")
    jo.post(move="continue", **TYPED)
    page = words(jo.post(move="continue", code=jo.code()))
    assert "Text message is added" in page
    assert "Remove the old one?" not in page


def test_the_menu_of_that_question_leads_to_the_question(jo: Jo) -> None:
    old = added(jo)
    jo.post("/methods/add", method="sms", instead_of=old)
    jo.post(move="continue", region="AT", destination="0664 9876541")
    page = jo.post(move="continue", code=jo.code("+436649876541"))
    assert f'href="/methods/remove/{old}?language=de"' in page.text


def test_a_code_that_is_too_old_can_be_asked_for_anew(jo: Jo) -> None:
    jo.send()
    jo.house.clock.forward(minutes=5)
    page = jo.post(move="continue", code=jo.code())
    assert page.status_code == 422
    assert "That code is too old." in words(page)
    assert jo.post(move="again").location == PHONE
    assert "Text message is added" in words(jo.post(move="continue", code=jo.code()))


def test_another_number_begins_with_the_one_before(jo: Jo) -> None:
    assert "Use another number" in words(jo.send())
    assert jo.post(move="back").location == PHONE
    page = jo.get()
    assert (value(page, "destination"), chosen(page)) == ("0664 1234506", ["AT"])


def test_leaving_forgets_the_number(jo: Jo) -> None:
    jo.send()
    assert jo.post(move="cancel").location == "/methods"
    assert jo.get().location == "/methods/add"
    for move in ("again", "back"):
        assert jo.post(move=move).location == PHONE
    assert jo.get().location == "/methods/add"


def test_what_could_not_be_delivered_is_said(jo: Jo, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DeliveryFailed("no such number", retry=False)

    monkeypatch.setattr(jo.house.channel, "send", refuse)
    jo.send()
    assert "The text couldn't be delivered. Check the number." in words(jo.get())


def test_what_the_directory_says_is_confirmed_by_one_press_and_never_shown_whole(jo: Jo) -> None:
    listed = jo.get("/methods")
    assert "Text message +XX XXXXXXX06 Not confirmed" in words(listed)
    assert "From your organisation" in words(listed)
    (way,) = re.findall(r'name="given" value="([0-9a-f]+)"', listed.text)
    assert jo.post("/methods/add", method="sms", given=way).location == PHONE
    page = jo.get()
    assert "+XX XXXXXXX06 gets a text with 8 digits." in words(page)
    jo.post(move="back")
    assert value(jo.get(), "destination") == ""
    assert jo.post("/methods/add", method="sms", given=way).location == PHONE
    done = jo.post(move="continue", code=jo.code())
    assert "Text message is added" in words(done)
    assert "Not confirmed" not in words(done)
    assert not any(NUMBER[3:] in text for text in (listed.text, page.text, done.text))


def test_a_number_that_is_there_already_is_not_added_twice(jo: Jo) -> None:
    jo.send()
    jo.post(move="continue", code=jo.code())
    jo.begin()
    assert "You've added this number already." in words(jo.post(move="continue", **TYPED))


def test_another_sessions_form_moves_nothing(jo: Jo) -> None:
    jo.send()
    for move in ("back", "again", "cancel", "continue"):
        assert jo.post(move=move, token="00").status_code == 403
    assert "Enter the code we texted" in words(jo.get())
