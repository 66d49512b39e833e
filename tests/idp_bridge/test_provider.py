"""A recovery is an authorization request: from a client's question to a signed word of what was done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from servers.client_house import CALLBACK, ORIGIN, ClientHouse, answer

from keyback.core.contracts.entry import SubjectKind
from keyback.core.contracts.people import AccountState


def test_the_question_is_answered_with_the_start_page_and_makes_nothing(clients: ClientHouse) -> None:
    page = clients.authorize(login_hint="jo")
    assert page.status_code == 200
    assert 'data-page="start"' in page.text
    assert 'value="jo"' in page.text
    assert "Set-Cookie" not in page.headers
    assert "nonce of the client" not in page.text


def test_the_client_learns_who_proved_what_and_what_was_done(clients: ClientHouse) -> None:
    heard = clients.reset()
    assert heard.keys() == {"code", "state", "iss"}
    assert (heard["state"], heard["iss"]) == ("state of the client", ORIGIN)
    got = clients.token(heard["code"])
    assert got.status_code == 200
    assert got.json
    assert got.headers["Cache-Control"] == "no-store"
    claims = clients.claims(got.json["id_token"])
    now = int(clients.house.clock().timestamp())
    accounts = [{"store": "fake", "id": "id-of-jo", "name": "jo"}]
    assert claims == {
        "iss": ORIGIN,
        "aud": "idp",
        "sub": "id-of-jo",
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "nonce": "nonce of the client",
        "acr": "urn:keyback:reset:2",
        "amr": ["otp", "mca"],
        "preferred_username": "jo",
        "urn:keyback:done": {"purpose": "reset", "at": now, "accounts": accounts},
    }
    said = clients.userinfo(got.json["access_token"]).json
    assert said == {name: claims[name] for name in ("sub", "preferred_username", "urn:keyback:done")}


@pytest.mark.parametrize(("kind", "subject"), [("id", "id-of-jo"), ("name", "jo"), ("upn", "jo@fake.example")])
def test_the_client_hears_of_people_as_it_knows_them(clients: ClientHouse, kind: str, subject: str) -> None:
    clients.change(subject=SubjectKind(kind))
    clients.house.store.change("id-of-jo", upn="jo@fake.example")
    got = clients.token(clients.code()).json
    assert got
    assert clients.claims(got["id_token"])["sub"] == subject


def test_somebody_who_has_no_such_name_is_not_called_by_another(clients: ClientHouse) -> None:
    clients.change(subject=SubjectKind.UPN)
    heard = clients.reset()
    assert (heard["error"], heard["error_description"]) == ("access_denied", "another-account")


def test_an_unlock_is_asked_for_by_its_own_name(clients: ClientHouse) -> None:
    clients.house.store.change("id-of-jo", state=AccountState(locked=True))
    page = clients.authorize(acr_values="urn:keyback:unlock")
    assert 'action="/unlock"' in page.text
    visit = clients.proven(clients.visit(page))
    visit.unlock()
    got = clients.token(answer(clients.back(visit))["code"]).json
    assert got
    claims = clients.claims(got["id_token"])
    assert (claims["acr"], claims["urn:keyback:done"]["purpose"]) == ("urn:keyback:unlock:2", "unlock")


def test_an_unlock_of_what_is_open_is_told_as_what_it_is(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize(acr_values="urn:keyback:unlock:1")))
    visit.unlock()
    heard = answer(clients.back(visit))
    assert (heard["error"], heard["error_description"]) == ("access_denied", "not-locked")


def test_fewer_proofs_than_were_asked_for_are_no_answer(clients: ClientHouse) -> None:
    assert clients.reset(acr_values="urn:keyback:reset:3")["error"] == "unmet_authentication_requirements"


def test_the_weakest_of_several_is_enough(clients: ClientHouse) -> None:
    assert "code" in clients.reset(acr_values="phr urn:keyback:reset:3 urn:keyback:reset:2 urn:keyback:unlock:9")


def test_who_gives_up_is_led_back_and_the_client_is_told(clients: ClientHouse) -> None:
    page = clients.authorize()
    leave = re.search(r'<a class="out" href="([^"]+)" rel="noreferrer">Cancel', page.text)
    assert leave
    assert leave[1].startswith(CALLBACK.replace("&", "&amp;"))
    assert "error=access_denied" in leave[1]
    visit = clients.visit(page)
    clients.house.service.choosing.cancel(visit.ticket, visit.token)
    heard = answer(clients.back(visit))
    assert heard == {
        "error": "access_denied",
        "error_description": "cancelled",
        "state": "state of the client",
        "iss": ORIGIN,
    }


def test_while_it_goes_on_there_is_no_way_back(clients: ClientHouse) -> None:
    visit = clients.visit(clients.authorize())
    assert clients.back(visit).headers["Location"] == f"/recover/{visit.ticket.recovery_id}"
    clients.proven(visit)
    assert clients.back(visit).headers["Location"] == f"/recover/{visit.ticket.recovery_id}"


def test_only_the_browser_that_holds_the_recovery_gets_the_way_back(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    visit.renew()
    stranger = clients.app.test_client()
    assert stranger.get(f"/recover/{visit.ticket.recovery_id}/back", base_url=ORIGIN).status_code == 403


def test_the_last_page_leads_back_by_a_link_so_no_form_need_lead_to_the_client(clients: ClientHouse) -> None:
    first = clients.authorize()
    visit = clients.proven(clients.visit(first))
    visit.renew()
    clients.back(visit)
    page = clients.browser.get(f"/recover/{visit.ticket.recovery_id}", base_url=ORIGIN)
    assert f'href="/recover/{visit.ticket.recovery_id}/back" rel="noreferrer">Back to Alderwick sign-in' in page.text
    for one in (first, page):
        assert "; form-action 'self'; " in one.headers["Content-Security-Policy"]


def test_ten_minutes_later_nobody_is_waited_for_any_more(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    visit.renew()
    clients.house.clock.forward(minutes=10, seconds=1)
    assert answer(clients.back(visit))["error_description"] == "too-late"


def test_a_page_that_stood_open_for_too_long_leads_to_the_client_s_home(clients: ClientHouse) -> None:
    page = clients.authorize()
    clients.house.clock.forward(minutes=10)
    visit = clients.proven(clients.visit(page))
    visit.renew()
    assert clients.back(visit).headers["Location"] == f"/recover/{visit.ticket.recovery_id}"
    page = clients.browser.get(f"/recover/{visit.ticket.recovery_id}", base_url=ORIGIN)
    assert 'href="https://idp.alderwick.example/" rel="noreferrer">Back to Alderwick sign-in' in page.text


@pytest.mark.parametrize("change", [{"redirect_uris": ("https://idp.alderwick.example/new",)}, None])
def test_a_client_that_is_gone_hears_nothing(clients: ClientHouse, change: dict[str, object] | None) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    visit.renew()
    if change:
        clients.change(**change)
    else:
        del clients.entries["idp"]
    assert clients.back(visit).headers["Location"] == f"/recover/{visit.ticket.recovery_id}"


def test_a_token_lives_for_five_minutes(clients: ClientHouse) -> None:
    got = clients.token(clients.code()).json
    assert got
    clients.house.clock.forward(minutes=4, seconds=59)
    assert clients.userinfo(got["access_token"]).status_code == 200
    clients.house.clock.forward(seconds=1)
    refused = clients.userinfo(got["access_token"])
    assert (refused.status_code, refused.json) == (401, {"error": "invalid_token"})


def test_the_proof_s_moment_is_told_and_not_the_token_s(clients: ClientHouse) -> None:
    visit = clients.proven(clients.visit(clients.authorize()))
    proven = clients.house.clock()
    clients.house.clock.forward(minutes=3)
    visit.renew()
    got = clients.token(answer(clients.back(visit))["code"]).json
    assert got
    assert clients.claims(got["id_token"])["auth_time"] == int(proven.timestamp())
    assert clients.claims(got["id_token"])["iat"] == int((proven + timedelta(minutes=3)).timestamp())


def test_a_page_that_speaks_german_was_asked_for(clients: ClientHouse) -> None:
    assert '<html lang="de"' in clients.authorize(ui_locales="xx de-AT en").text


def test_the_request_may_come_by_post_from_elsewhere(clients: ClientHouse) -> None:
    headers = {"Origin": "https://idp.alderwick.example", "Sec-Fetch-Site": "cross-site"}
    page = clients.browser.post("/authorize", data=clients.request(), headers=headers, base_url=ORIGIN)
    assert page.status_code == 200
    visit = clients.proven(clients.visit(page))
    visit.renew()
    assert "code" in answer(clients.back(visit))
