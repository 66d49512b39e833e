"""The suite for stores finds what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from keyback.core import Account, AccountKey, Context, Secret
from keyback.core.testing import FakeStore, StoreSuite, an_account

Failures = Callable[..., dict[str, str]]


class AnyPrefix(FakeStore):
    def find(self, identifier: str, ctx: Context) -> Account | None:
        return next((one for one in self._accounts.values() if one.name.startswith(identifier[:1])), None)


class RaisesOnOddNames(FakeStore):
    def find(self, identifier: str, ctx: Context) -> Account | None:
        identifier.encode()
        return super().find(identifier, ctx)


class AnyStoresKeys(FakeStore):
    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        return self._accounts.get(key.id)


class Overwrites(FakeStore):
    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        now = self.look(account.key, ctx)
        super().set_password(now or account, password, unlock=unlock, ctx=ctx)


class TakesAnything(FakeStore):
    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        with self._lock:
            self._passwords[account.key.id] = password.reveal()


class Pretends(FakeStore):
    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        return None


class NeverTells(FakeStore):
    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        return False


class NameInKey(FakeStore):
    def find(self, identifier: str, ctx: Context) -> Account | None:
        account = super().find(identifier, ctx)
        return account and replace(account, key=AccountKey(self.key, f"uid={account.name},dc=example"))


FAULTY_STORES = {
    AnyPrefix: "an_odd_name_finds_nobody_and_never_raises",
    RaisesOnOddNames: "an_odd_name_finds_nobody_and_never_raises",
    AnyStoresKeys: "a_name_or_key_that_is_not_there_is_none",
    Overwrites: "a_reset_that_somebody_overtook_is_refused",
    TakesAnything: "what_cannot_be_typed_is_refused_as_a_password",
    Pretends: "after_a_reset_the_new_password_opens_and_the_old_does_not",
    NeverTells: "it_tells_whether_the_password_changed",
    NameInKey: "an_account_prints_no_name",
}


def with_ada(store: FakeStore) -> FakeStore:
    store.add(an_account(name="ada"), "the old one")
    return store


def test_a_store_without_fault_passes(failures: Failures) -> None:
    assert failures(StoreSuite, plugin=with_ada(FakeStore()), name="ada") == {}


@pytest.mark.parametrize("kind", FAULTY_STORES)
def test_a_faulty_store_fails_the_test_that_is_about_it(kind: type[FakeStore], failures: Failures) -> None:
    assert FAULTY_STORES[kind] in failures(StoreSuite, plugin=with_ada(kind()), name="ada")
