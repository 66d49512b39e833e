"""Pages speak as the person chose, as the door suggests, as the browser asks, or as the house does: in this order."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from pretend_portal import ID, LANGUAGES, LISTED, Portal, answering, open_portal

from keyback.core.languages import Languages
from keyback.core.service.tickets import Ticket

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
COOKIE = "__Host-kb_language"


def spoken(response: Any) -> str:
    """What the page says of its language; the heading of the start page must agree."""
    tag = re.search(r'<html lang="(\w+)" dir="ltr">', response.text)
    assert tag is not None
    assert {"en": "Who are you?", "de": "Wer sind Sie?"}[tag[1]] in response.text
    assert response.headers["Content-Language"] == tag[1]
    return tag[1]


def choose(portal: Portal, tag: str) -> None:
    portal.browser.set_cookie(COOKIE, tag, domain="reset.alderwick.example", secure=True)


def menu(page: str) -> dict[str, str]:
    """Where each language's link leads."""
    found = re.findall(r'<li><a href="([^"]*)" lang="(\w+)" hreflang="\w+"', page)
    return {tag: address.replace("&amp;", "&") for address, tag in found}


@pytest.mark.parametrize(
    ("wish", "tag"),
    [
        (None, "en"), ("de", "de"), ("de-CH", "de"), ("fr,de;q=0.5,en;q=0.4", "de"), ("en-GB,de;q=0.9", "en"),
        ("pt-BR,DE", "de"),
        ("fr", "en"), ("*", "en"), ("de;q=0", "en"), ("\x7f;;q=,,", "en"), ("../../etc/passwd", "en"),
    ],
)  # fmt: skip
def test_a_browser_is_spoken_to_as_it_asks(portal: Portal, wish: str | None, tag: str) -> None:
    assert spoken(portal.get("/recover", headers={"Accept-Language": wish} if wish else {})) == tag


def test_the_house_decides_for_whoever_asks_for_nothing_we_have() -> None:
    portal = open_portal(languages=_german_house())
    assert spoken(portal.get("/recover")) == "de"
    assert spoken(portal.get("/recover", headers={"Accept-Language": "fr"})) == "de"
    assert spoken(portal.get("/recover", headers={"Accept-Language": "en"})) == "en"


def _german_house() -> Languages:
    from keyback.config.house import TRANSLATIONS

    return Languages(TRANSLATIONS, default="de")


def test_a_choice_is_remembered_and_leads_back_to_the_same_page(portal: Portal) -> None:
    response = portal.get("/recover?login_hint=maya&language=de")
    assert (response.status_code, response.location) == (303, "/recover?login_hint=maya")
    cookie = next(header for header in response.headers.getlist("Set-Cookie") if header.startswith(COOKIE))
    # A page elsewhere may send people here; they are still spoken to as they chose.
    assert cookie.startswith(f"{COOKIE}=de; Secure; HttpOnly; Path=/; SameSite=Lax") or "SameSite=Lax" in cookie
    assert "Max-Age" in cookie
    assert spoken(portal.get("/recover", headers={"Accept-Language": "en"})) == "de"


@pytest.mark.parametrize("tag", ["fr", "", "../../etc/passwd", "de%00", "DE", "de&language=en", "de\r\nX: 1"])
def test_only_what_the_menu_shows_is_taken(portal: Portal, tag: str) -> None:
    response = portal.get(f"/recover?language={tag}")
    assert response.status_code == 400
    assert COOKIE not in str(response.headers)


@pytest.mark.parametrize("junk", ["fr", "../de", "x" * 600])
def test_a_cookie_that_means_nothing_is_no_choice(portal: Portal, junk: str) -> None:
    choose(portal, junk)
    assert spoken(portal.get("/recover", headers=GERMAN)) == "de"


def test_two_choices_are_none_and_lock_nobody_out(portal: Portal) -> None:
    twice = {"Cookie": f"{COOKIE}=de; {COOKIE}=en"}
    assert spoken(portal.get("/recover", headers=twice)) == "en"


@pytest.mark.parametrize("path", ["//evil.example/?language=de", "//evil.example//?language=de"])
def test_a_choice_never_leads_elsewhere(portal: Portal, path: str) -> None:
    response = portal.browser.get(path, base_url="https://reset.alderwick.example")
    assert "evil" not in response.headers.get("Location", "")


@pytest.mark.parametrize("path", ["/nothing/here", "/recover/\\evil.example", "/%2f%2fevil.example"])
def test_a_page_that_is_not_there_has_the_menu_too_and_it_leads_to_the_start(portal: Portal, path: str) -> None:
    page = portal.get(path, headers=GERMAN)
    assert page.status_code in {403, 404}
    assert menu(page.text)["en"] == "?language=en"
    onwards = portal.get(f"{path}?language=en").location or "/"
    assert onwards.startswith("/")
    assert "//" not in onwards
    assert "\\" not in onwards


def test_the_menu_names_each_language_in_itself_and_keeps_the_place(portal: Portal) -> None:
    page = portal.holding().get(f"/recover/{ID}?method=sms").text
    assert menu(page) == {"de": "?method=sms&language=de", "en": "?method=sms&language=en"}
    assert re.search(r'lang="de"[^>]*>Deutsch</a>', page)
    assert re.search(r'lang="en"[^>]* aria-current="true">English</a>', page)
    assert portal.get(f"/recover/{ID}?method=sms&language=de").location == f"/recover/{ID}?method=sms"


def test_a_page_that_a_form_brought_leads_back_through_its_door(portal: Portal) -> None:
    page = portal.post("/recover", identifier="", entry="alderwick", return_to=LISTED).text
    assert unquote(menu(page)["de"]) == f"/go/alderwick?return_to={LISTED}&language=de"
    assert menu(portal.post("/recover", identifier="", entry="alderwick").text)["de"] == "/go/alderwick?language=de"
    assert menu(portal.post("/recover", identifier="").text)["de"] == "?language=de"


def test_one_language_needs_no_menu() -> None:
    assert "<details" not in open_portal(languages=Languages()).get("/recover").text


def test_choosing_in_the_middle_of_a_recovery_moves_nothing(portal: Portal) -> None:
    portal.holding(answering()).get(f"/recover/{ID}?language=de")
    assert portal.service.asked == []
    assert "Geben Sie den Code aus der Textnachricht ein" in portal.get().text


def test_only_opening_a_page_chooses(portal: Portal) -> None:
    response = portal.holding().post(f"/recover/{ID}?language=de", move="cancel")
    assert portal.moved(response)
    assert COOKIE not in str(response.headers)


def test_messages_speak_as_the_page_does(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(portal, "de")
    portal.post("/recover", identifier="maya", proof_of_work="solved")
    ((_, _, arrival),) = portal.service.asked_for("start")
    assert arrival.language == "de"
    heard: list[Ticket] = []
    monkeypatch.setattr(portal.service, "cancel", lambda ticket, token: heard.append(ticket))
    portal.holding().post(move="cancel")
    assert [ticket.language for ticket in heard] == ["de"]


@pytest.mark.parametrize(
    ("suggested", "tag"), [("de", "de"), ("fr de en", "de"), ("en de", "en"), ("de-DE", "de"), ("fr", "en"), ("", "en")]
)
def test_a_door_may_suggest_and_the_pages_behind_it_remember(portal: Portal, suggested: str, tag: str) -> None:
    assert spoken(portal.get("/go/alderwick", query_string={"ui_locales": suggested})) == tag
    assert spoken(portal.get("/recover")) == tag


def test_a_suggestion_never_outweighs_a_choice_and_ends_with_the_browser(portal: Portal) -> None:
    suggestion = portal.get("/go/alderwick?ui_locales=de")
    assert COOKIE in str(suggestion.headers)
    assert "Max-Age" not in str(suggestion.headers.getlist("Set-Cookie"))
    choose(portal, "en")
    assert spoken(portal.get("/go/alderwick?ui_locales=de")) == "en"


def test_an_entry_has_a_language_for_whoever_is_sent_without_one() -> None:
    portal = open_portal(entry_language="de")
    assert spoken(portal.get("/go/alderwick")) == "de"
    assert spoken(portal.get("/recover")) == "de", "the pages behind it remember"


def test_what_the_sign_in_page_says_and_what_a_person_chose_outweigh_the_entrys_language() -> None:
    portal = open_portal(entry_language="de")
    assert spoken(portal.get("/go/alderwick?ui_locales=en")) == "en"
    portal = open_portal(entry_language="de")
    choose(portal, "en")
    assert spoken(portal.get("/go/alderwick")) == "en"


def test_an_entrys_language_that_there_is_no_more_changes_nothing() -> None:
    assert spoken(open_portal(entry_language="tlh").get("/go/alderwick")) == "en"


def test_only_a_door_may_suggest(portal: Portal) -> None:
    assert spoken(portal.get("/recover?ui_locales=de")) == "en"


def test_whoever_keeps_pages_keeps_one_for_each_language(portal: Portal) -> None:
    page = portal.get("/recover")
    assert {"Accept-Language", "Cookie"} <= set(page.vary)
    assert page.headers["Cache-Control"] == "no-store"
    name = re.search(r'href="(/static/keyback\.[^"]+\.css)"', page.text)
    assert name is not None
    style = portal.get(name[1], headers=GERMAN)
    assert not {"Vary", "Content-Language", "Set-Cookie"} & set(style.headers.keys())


def test_every_language_of_the_menu_is_one_that_pages_speak(portal: Portal) -> None:
    for tag in LANGUAGES.names:
        assert portal.get(f"/recover?language={tag}").status_code == 303
        assert spoken(portal.get("/recover")) == tag


def test_a_page_shows_the_apostrophe_of_printers_and_leaves_names_as_they_are(portal: Portal) -> None:
    page = portal.get("/recover?login_hint=O'Brien").text
    assert "Let’s get you back in. You’ll need" in page
    assert 'value="O&#39;Brien"' in page
