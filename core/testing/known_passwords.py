"""What every store must hold to that changes a known password."""

from __future__ import annotations

from typing import ClassVar

from ..contracts.errors import KeybackError, WrongPassword
from ..contracts.people import Account
from ..contracts.store import CanChange, CanTell, KnowsLockout, Lockout, Store
from ..contracts.text import Secret
from .fakes import a_context
from .suite import PluginSuite, is_a, must, refuses


class KnownPasswordSuite(PluginSuite):
    """A part of `StoreSuite`; it passes by whatever the store cannot do."""

    plugin: Store
    name: ClassVar[str]
    passwords: ClassVar[tuple[str, str]] = ("correct horse battery 1", "correct horse battery 2")

    def opens(self, password: str) -> bool:
        """Whether this password opens the account: asked of the directory, best not through the plugin."""
        if not isinstance(self.plugin, CanTell):
            raise NotImplementedError("override `opens`: this store cannot tell")
        return self.plugin.accepts(self._account(), Secret(password), ctx=a_context()) is True

    def _account(self) -> Account:
        account = self.plugin.find(self.name, a_context())
        if account is None:
            raise AssertionError("the account to test with was not found")
        return account

    def _set(self, password: str, account: Account | None = None) -> None:
        ctx = a_context(seconds=30)
        self.plugin.set_password(account or self._account(), Secret(password), unlock=True, ctx=ctx)

    def _change(self, old: str, new: str, account: Account | None = None) -> None:
        assert isinstance(self.plugin, CanChange)
        account = account or self._account()
        self.plugin.change_password(account, Secret(old), Secret(new), ctx=a_context(seconds=30))

    def test_a_known_password_changes_with_the_old_one_alone(self) -> None:
        if isinstance(self.plugin, CanChange):
            old, new = self.passwords
            self._set(old)
            refuses(lambda: self._change("not " + old, new), WrongPassword, why="a wrong old password was taken")
            must(self.opens(old), "a wrong old password changed the account")
            self._change(old, new)
            must(self.opens(new) and not self.opens(old), "the change did not change it")

    def test_a_change_that_somebody_overtook_is_refused(self) -> None:
        stale = self._account()
        if isinstance(self.plugin, CanChange) and stale.stamp is not None:
            self._set(self.passwords[0])
            refuses(lambda: self._change(*self.passwords, stale), KeybackError, why="a stale stamp was accepted")
            must(self.opens(self.passwords[0]), "the overtaken change changed the password")

    def test_it_says_how_many_wrong_passwords_lock(self) -> None:
        if isinstance(self.plugin, KnowsLockout):
            said = self.plugin.lockout(self._account(), ctx=a_context())
            must(said is None or is_a(said, Lockout), "lockout must be a Lockout, or None")
