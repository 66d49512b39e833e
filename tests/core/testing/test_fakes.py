"""The fakes are quick, predictable, and fail on demand."""

from __future__ import annotations

import pytest

from keyback.core import DeliveryFailed, Message, OutcomeUnknown, Secret, StoreUnavailable, Text
from keyback.core.testing import FakeChannel, FakeStore, a_context, a_person, an_account


def test_a_context_repeats_itself_and_a_person_has_a_phone_and_a_mailbox() -> None:
    first, second = a_context("seed"), a_context("seed")
    assert [first.random(8), first.random(8)] == [second.random(8), second.random(8)]
    assert a_context("seed").random(8) != a_context("other").random(8)
    assert (len(a_person().phones), len(a_person().mails)) == (1, 1)


def test_a_fake_store_can_write_and_lose_the_answer() -> None:
    store = FakeStore()
    store.add(an_account(), "the old one")
    store.loses_answers = True
    account = store.find("ada", a_context())
    assert account is not None
    with pytest.raises(OutcomeUnknown):
        store.set_password(account, Secret("a new one"), unlock=True, ctx=a_context())
    assert store.accepts(account, Secret("a new one"), ctx=a_context()) is True
    assert store.writes == [account.key]


def test_fakes_fail_on_demand() -> None:
    store, channel = FakeStore(), FakeChannel()
    store.trouble, channel.trouble = StoreUnavailable("no route"), DeliveryFailed("no route", retry=True)
    with pytest.raises(StoreUnavailable):
        store.find("ada", a_context())
    with pytest.raises(DeliveryFailed):
        channel.send(Message("sms", "+15550100", Text("hello")), a_context())
    assert channel.sent == []
