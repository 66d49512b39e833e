"""The embedded directory keeps every promise of a store."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keyback.core import (
    Account,
    AccountKey,
    AccountState,
    Ambiguous,
    CanChange,
    CanList,
    CanTell,
    CanUnlock,
    ContactKind,
    Context,
    KnowsLockout,
    Lockout,
    NotAllowed,
    PasswordRefused,
    PluginError,
    Secret,
    StoreUnavailable,
    WrongPassword,
)
from keyback.core.testing import StoreSuite
from keyback.plugins.stores import embedded
from keyback.plugins.stores.embedded import Embedded, EmbeddedSettings

OLD = "the old one, long enough"
NEW = Secret("four words that belong apart")


def a_context(seconds: float = 8) -> Context:
    now = datetime.now(UTC)
    return Context(now, now + timedelta(seconds=seconds), "en", "https://reset.test", "Alderwick", secrets.token_bytes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Embedded]:
    store = Embedded(EmbeddedSettings(database=str(tmp_path / "people.sqlite")))
    store.add_person(
        name="jfrost",
        display_name="Jo Frost",
        mails=["jo.frost@alderwick.example"],
        phones=["+15550100"],
        groups=["staff"],
        password=Secret(OLD),
    )
    yield store
    store.close()


class TestItKeepsTheContract(StoreSuite):
    """The suite that every store must pass."""

    name = "jfrost"

    @pytest.fixture(autouse=True)
    def _with(self, store: Embedded) -> None:
        self.plugin = store


def found(store: Embedded, name: str) -> Account:
    account = store.find(name, a_context())
    assert account is not None
    return account


def test_it_can_tell_and_unlock(store: Embedded) -> None:
    assert isinstance(store, CanTell)
    assert isinstance(store, CanUnlock)
    store.check()


@pytest.mark.parametrize(
    "name", ["jfrost", "JFrost", " jfrost ", "ｊｆｒｏｓｔ", "j\u200bfrost", "Jo.Frost@alderwick.EXAMPLE"]
)
def test_a_person_is_found_by_name_and_address_in_any_clothes(store: Embedded, name: str) -> None:
    account = found(store, name)
    assert (account.name, account.display_name, account.groups) == ("jfrost", "Jo Frost", frozenset({"staff"}))
    assert [(c.kind, c.value, c.trusted) for c in account.contacts] == [
        (ContactKind.MAIL, "jo.frost@alderwick.example", True),
        (ContactKind.PHONE, "+15550100", True),
    ]


@pytest.mark.parametrize("name", ["", "*", "%", "jfros_", "' or 1=1 --", "j\x00frost", "\ud800", "jfrost\n*"])
def test_a_crafted_name_finds_nobody(store: Embedded, name: str) -> None:
    assert store.find(name, a_context()) is None


def test_one_address_of_two_people_is_ambiguous(store: Embedded) -> None:
    store.add_person(name="other", mails=["Jo.Frost@alderwick.example"])
    with pytest.raises(Ambiguous):
        store.find("jo.frost@alderwick.example", a_context())
    assert found(store, "other").name == "other"


def test_a_new_password_opens_the_account_and_the_old_one_does_not(store: Embedded) -> None:
    account = found(store, "jfrost")
    store.set_password(account, NEW, unlock=True, ctx=a_context())
    assert store.accepts(account, NEW, ctx=a_context()) is True
    assert store.accepts(account, Secret(OLD), ctx=a_context()) is False
    assert store.changed_since(account, ctx=a_context()) is True
    assert store.changed_since(found(store, "jfrost"), ctx=a_context()) is False


@pytest.mark.parametrize(
    "password", ["Пароль-1ñ€😀x", "ﬁsh-Ⅸ-1aB", "a\u00a0b space ", ' quotes "in" it ', "é e\u0301 " * 100]
)
def test_a_password_is_kept_byte_for_byte(store: Embedded, password: str) -> None:
    account = found(store, "jfrost")
    store.set_password(account, Secret(password), unlock=False, ctx=a_context())
    assert store.accepts(account, Secret(password), ctx=a_context()) is True
    assert not store.accepts(account, Secret(password.strip() + "x"), ctx=a_context())


@pytest.mark.parametrize(
    "password", ["", "with\x00nul", "a\ttab", "line\nbreak", "lone \ud800 surrogate", "del\x7fete"]
)
def test_a_password_that_cannot_be_typed_is_refused_before_anything_changes(store: Embedded, password: str) -> None:
    account = found(store, "jfrost")
    with pytest.raises(PasswordRefused):
        store.set_password(account, Secret(password), unlock=False, ctx=a_context())
    assert store.changed_since(account, ctx=a_context()) is False


def test_a_late_writer_is_refused(store: Embedded) -> None:
    stale = found(store, "jfrost")
    store.set_password(stale, NEW, unlock=False, ctx=a_context())
    with pytest.raises(PasswordRefused) as refused:
        store.set_password(stale, Secret("a late one, long enough"), unlock=False, ctx=a_context())
    assert str(refused.value.reasons[0]) == "Somebody else just changed this password. Start again."
    assert store.accepts(stale, NEW, ctx=a_context()) is True


def test_eight_writers_at_once_are_one_write(store: Embedded) -> None:
    account = found(store, "jfrost")
    written: list[str] = []

    def write(password: str) -> None:
        try:
            store.set_password(account, Secret(password), unlock=False, ctx=a_context())
            written.append(password)
        except PasswordRefused:
            pass

    writers = [threading.Thread(target=write, args=(f"password number {n}",)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(written) == 1
    assert store.accepts(account, Secret(written[0]), ctx=a_context()) is True


def test_a_reset_unlocks_only_when_asked(store: Embedded) -> None:
    store.add_person(name="locked", locked=True, must_change=True)
    store.set_password(found(store, "locked"), NEW, unlock=False, ctx=a_context())
    assert found(store, "locked").state.locked
    assert not found(store, "locked").state.must_change
    store.set_password(found(store, "locked"), NEW, unlock=True, ctx=a_context())
    assert not found(store, "locked").state.locked


def test_since_when_an_account_is_locked_is_known_until_it_is_opened(store: Embedded) -> None:
    store.add_person(name="locked", locked=True)
    since = found(store, "locked").state.locked_since
    assert since is not None
    assert abs(since - datetime.now(UTC)) < timedelta(minutes=1)
    store.add_person(name="locked", locked=True)
    assert found(store, "locked").state.locked_since == since
    store.unlock(found(store, "locked"), ctx=a_context())
    assert found(store, "locked").state.locked_since is None
    store.add_person(name="locked", locked=True)
    store.set_password(found(store, "locked"), NEW, unlock=True, ctx=a_context())
    assert found(store, "locked").state.locked_since is None


def test_people_of_an_older_version_are_still_here(tmp_path: Path) -> None:
    """It did not know since when somebody is locked."""
    file = tmp_path / "people.sqlite"
    store = Embedded(EmbeddedSettings(database=str(file)))
    store.add_person(name="locked", locked=True)
    store.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE embedded_person DROP COLUMN locked_since")
    again = Embedded(EmbeddedSettings(database=str(file)))
    assert found(again, "locked").state == AccountState(locked=True)
    again.unlock(found(again, "locked"), ctx=a_context())
    assert not found(again, "locked").state.locked
    again.close()


def test_unlocking_is_harmless_twice(store: Embedded) -> None:
    store.add_person(name="locked", locked=True)
    account = found(store, "locked")
    store.unlock(account, ctx=a_context())
    store.unlock(account, ctx=a_context())
    assert not found(store, "locked").state.locked
    assert store.changed_since(account, ctx=a_context()) is False


def test_another_password_is_demanded_until_there_is_one(store: Embedded) -> None:
    for _ in range(2):
        store.demand_change(found(store, "jfrost"), ctx=a_context())
        assert found(store, "jfrost").state.must_change
    store.set_password(found(store, "jfrost"), NEW, unlock=False, ctx=a_context())
    assert not found(store, "jfrost").state.must_change
    gone = replace(found(store, "jfrost"), key=AccountKey("embedded", "nobody"))
    with pytest.raises(StoreUnavailable):
        store.demand_change(gone, ctx=a_context())


def test_adding_somebody_again_keeps_id_and_password(store: Embedded) -> None:
    before = found(store, "jfrost")
    key = store.add_person(name="JFrost", mails=["new@alderwick.example"])
    assert key == before.key
    assert store.find("jo.frost@alderwick.example", a_context()) is None
    assert store.accepts(before, Secret(OLD), ctx=a_context()) is True


def test_who_must_change_a_password_can_do_so_with_the_old_one(store: Embedded) -> None:
    store.add_person(name="fresh", password=Secret(OLD), must_change=True)
    assert isinstance(store, CanChange)
    store.change_password(found(store, "fresh"), Secret(OLD), NEW, ctx=a_context())
    assert not found(store, "fresh").state.must_change
    assert store.accepts(found(store, "fresh"), NEW, ctx=a_context()) is True


def test_wrong_passwords_lock_nobody_here(store: Embedded) -> None:
    assert isinstance(store, KnowsLockout)
    assert store.lockout(found(store, "jfrost"), ctx=a_context()) == Lockout(0)


@pytest.mark.parametrize("state", [{"locked": True}, {"enabled": False}])
@pytest.mark.parametrize("old", [OLD, "not the one"])
def test_a_closed_account_is_not_changed_whichever_password_was_typed(
    store: Embedded, state: dict[str, bool], old: str
) -> None:
    store.add_person(name="closed", password=Secret(OLD), **state)
    with pytest.raises(NotAllowed):
        store.change_password(found(store, "closed"), Secret(old), NEW, ctx=a_context())


def test_who_has_no_password_has_typed_a_wrong_one(store: Embedded) -> None:
    store.add_person(name="new")
    with pytest.raises(WrongPassword):
        store.change_password(found(store, "new"), Secret(OLD), NEW, ctx=a_context())


def test_a_disabled_account_is_not_written(store: Embedded) -> None:
    store.add_person(name="gone", enabled=False)
    account = found(store, "gone")
    assert not account.state.enabled
    with pytest.raises(PasswordRefused):
        store.set_password(account, NEW, unlock=False, ctx=a_context())


def test_no_free_core_means_surely_nothing_was_done(store: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_HASHING", threading.BoundedSemaphore(1))
    account = found(store, "jfrost")
    with embedded._HASHING, pytest.raises(StoreUnavailable):
        store.set_password(account, NEW, unlock=False, ctx=a_context(0.05))
    assert store.changed_since(account, ctx=a_context()) is False


def test_a_database_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    store = Embedded(EmbeddedSettings(database=str(tmp_path / "no" / "such" / "folder.sqlite")))
    with pytest.raises(PluginError, match="path"):
        store.check()
    with pytest.raises(StoreUnavailable):
        store.find("jfrost", a_context())


def test_no_password_is_in_the_file_or_in_an_error(store: Embedded, tmp_path: Path) -> None:
    store.set_password(found(store, "jfrost"), NEW, unlock=False, ctx=a_context())
    store.close()
    with sqlite3.connect(tmp_path / "people.sqlite") as raw:
        dump = "\n".join(raw.iterdump())
    assert "$argon2id$v=19$m=47104,t=1,p=1$" in dump
    assert NEW.reveal() not in dump


def test_people_call_their_account_as_the_administrator_says(tmp_path: Path, store: Embedded) -> None:
    named = Embedded(EmbeddedSettings(database=str(tmp_path / "people.sqlite"), called="Till sign-in"))
    assert (named.called, store.called) == ("Till sign-in", Embedded.label)
    named.close()


def test_it_says_who_is_in_it_everybody_once_and_a_page_at_a_time(store: Embedded) -> None:
    assert isinstance(store, CanList)
    for number in range(600):
        store.add_person(name=f"person{number}")
    pages = list(store.everybody(ctx=a_context()))
    assert [len(page) for page in pages] == [500, 101]
    everybody = [account for page in pages for account in page]
    assert len({account.key for account in everybody}) == 601
    (jo,) = (account for account in everybody if account.name == "jfrost")
    assert jo == store.look(jo.key, a_context())
