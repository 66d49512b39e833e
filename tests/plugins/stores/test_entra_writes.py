"""The Entra ID store on a stand-in for Graph: one order for a password, and the truth about what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from servers.entra_store import BY_HAND, NEW, Make, found, refused, reset
from servers.graph import BANNED, BUSY, LOST, Graph, too_many, wrong
from servers.graph_people import OLD

from keyback.core import OutcomeUnknown, PasswordRefused, Secret, StoreUnavailable
from keyback.core.testing import a_context
from keyback.plugins.stores.entra import Entra

POOR = "The directory says: doesn't meet its rules, and it doesn't say which. Leave out common words and names."
LETTERS = "A to Z, digits, blanks and the signs of an English keyboard"


# The password -------------------------------------------------------------------------------------------------


def test_a_reset_is_one_order_about_the_password_and_nothing_else(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    reset(store, found(store, jo))
    (order,) = graph.asked("PATCH")
    assert json.loads(order.body) == {"passwordProfile": {"password": NEW, "forceChangePasswordNextSignIn": False}}
    assert order.target == f"/v1.0/users/{jo.id}"
    assert order.headers["x-ms-throttle-priority"] == "high"
    assert (jo.password, jo.writes) == (NEW, 1)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Short 1", "The directory says: too short for it, at least 8 characters."),
        ("Long 1" * 50, "The directory says: too long for it."),
        (
            "violett Äpfel 1",
            "The directory says: use only A to Z, digits, blanks and the signs of an English keyboard.",
        ),
        ("homeward drift", "The directory says: use three of these four: small letters, capitals, digits, signs."),
    ],
)
def test_what_entra_surely_refuses_is_not_even_sent(password: str, reason: str, store: Entra, graph: Graph) -> None:
    assert refused(store, found(store, graph.people.add()), password) == reason
    assert graph.asked("PATCH") == []


@pytest.mark.parametrize("words", [BANNED, "Whatever Graph may say of a weak password."])
def test_a_password_that_graph_refuses_is_refused_with_what_can_be_done(words: str, store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    graph.fails("PATCH", "/users/", wrong(400, "Request_BadRequest", words))
    assert refused(store, account) == POOR
    assert refused(store, account, "Copper is a 1 word") == POOR
    assert jo.password == OLD


def test_a_password_that_somebody_else_changed_meanwhile_is_left_alone(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    jo.takes("Somebody else's 1")
    assert refused(store, account) == "Somebody else just changed this password. Start again."
    assert jo.password == "Somebody else's 1"


def test_two_resets_in_one_second_leave_two_marks(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    reset(store, found(store, jo))
    again = found(store, jo)
    reset(store, again, "Another one, 2 of them")
    assert store.changed_since(again, ctx=a_context()) is True


def test_another_password_is_demanded_by_one_order_and_not_of_a_copy(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    store.demand_change(account, ctx=a_context())
    (order,) = graph.asked("PATCH")
    assert json.loads(order.body) == {"passwordProfile": {"forceChangePasswordNextSignIn": True}}
    assert (jo.password, jo.must_change) == (OLD, True)
    graph.fails("PATCH", "/users/", wrong(403, "Authorization_RequestDenied", "Insufficient privileges"))
    with pytest.raises(PasswordRefused):
        store.demand_change(account, ctx=a_context())


def test_sessions_are_ended_and_one_that_cannot_be_is_told(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    store.end_sessions(account, ctx=a_context())
    assert jo.sessions_ended == 1
    graph.consents.discard("User.RevokeSessions.All")
    with pytest.raises(StoreUnavailable):
        store.end_sessions(account, ctx=a_context())


# When Graph does not do it ------------------------------------------------------------------------------------


def test_a_token_that_was_withdrawn_is_fetched_again_once(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    graph.tokens.forget()
    reset(store, account)
    assert (jo.writes, graph.tokens.asked) == (1, 2)


def test_tokens_that_are_never_taken_are_no_reason_to_say_more_than_nothing_was_done(
    store: Entra, graph: Graph
) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    denied = wrong(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
    graph.fails("PATCH", "/users/", denied, denied)
    with pytest.raises(StoreUnavailable, match="401 InvalidAuthenticationToken"):
        reset(store, account)
    assert jo.writes == 0


def test_a_write_without_consent_is_for_the_help_desk_and_the_operator_hears_of_it(
    store: Entra, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    account = found(store, graph.people.add())
    graph.consents.discard("User-PasswordProfile.ReadWrite.All")
    assert refused(store, account) == BY_HAND
    (record,) = caplog.records
    assert (record.levelname, vars(record)["status"], vars(record)["what"]) == (
        "ERROR",
        403,
        "Authorization_RequestDenied",
    )


def test_a_question_without_consent_is_told_as_not_reachable(store: Entra, graph: Graph) -> None:
    graph.consents.discard("User.Read.All")
    with pytest.raises(StoreUnavailable, match="403 Authorization_RequestDenied"):
        store.find("jo@alderwick.example", a_context())


def test_an_account_that_is_gone_is_nobody_and_is_not_written(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    del graph.people.all[jo.id]
    assert store.look(account.key, a_context()) is None
    assert store.changed_since(account, ctx=a_context()) is None
    assert store.linked_to(account, ctx=a_context()) == ()
    with pytest.raises(StoreUnavailable, match="not there any more"):
        reset(store, account)


def test_one_that_goes_between_the_look_and_the_write_is_not_set(store: Entra, graph: Graph) -> None:
    account = found(store, graph.people.add())
    graph.fails("PATCH", "/users/", wrong(404, "Request_ResourceNotFound", "Resource 'x' does not exist."))
    with pytest.raises(StoreUnavailable, match="404 Request_ResourceNotFound"):
        reset(store, account)


@pytest.mark.parametrize("wait", [["0"], ["1"], []])
def test_a_write_that_is_throttled_waits_as_long_as_it_is_told_and_is_done_once(
    wait: list[str], store: Entra, graph: Graph
) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    graph.fails("PATCH", "/users/", too_many(*wait))
    reset(store, account)
    assert (jo.password, jo.writes, len(graph.asked("PATCH"))) == (NEW, 1, 2)


def test_a_write_that_is_throttled_twice_was_surely_not_done(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    graph.fails("PATCH", "/users/", too_many("0"), too_many("0"))
    with pytest.raises(StoreUnavailable, match="429"):
        reset(store, account)
    assert (jo.writes, len(graph.asked("PATCH"))) == (0, 2)


def test_nobody_waits_longer_than_there_is_time(store: Entra, graph: Graph) -> None:
    account = found(store, graph.people.add())
    graph.fails("PATCH", "/users/", too_many("150"))
    with pytest.raises(StoreUnavailable, match="429"):
        reset(store, account, seconds=3)
    assert len(graph.asked("PATCH")) == 1


@pytest.mark.parametrize("trouble", [too_many("0"), BUSY, LOST])
def test_a_question_that_fails_once_is_asked_again(trouble: Any, store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    graph.fails("GET", "/users?", trouble)
    assert found(store, jo).key.id == jo.id


@pytest.mark.parametrize("late", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("trouble", [LOST, BUSY, replace(LOST, delay=2.0)], ids=["hung up", "503", "too slow"])
def test_a_lost_answer_is_unknown_never_sent_again_and_the_mark_tells(
    trouble: Any, late: bool, make_store: Make, graph: Graph
) -> None:
    store, jo = make_store(receive_timeout=1), graph.people.add()
    account = found(store, jo)
    graph.fails("PATCH", "/users/", trouble, late=late)
    with pytest.raises(OutcomeUnknown):
        reset(store, account)
    assert len(graph.asked("PATCH")) == 1
    assert store.changed_since(account, ctx=a_context()) is late
    assert store.accepts(account, Secret(NEW), ctx=a_context()) is None
