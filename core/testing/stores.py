"""What every store must hold to."""

from __future__ import annotations

from dataclasses import replace

from ..contracts.errors import KeybackError, PasswordRefused
from ..contracts.people import AccountKey
from ..contracts.store import CanTell, DirectoryRules
from .fakes import a_context
from .known_passwords import KnownPasswordSuite
from .suite import ODD, is_a, must, refuses

ODD_NAMES = (*ODD, "*", "a*", "*)(uid=*", "a,dc=b", "\\2a", "%", "_", "' OR '1'='1", "DOMAIN\\", "@", "\r\n", "..")


class StoreSuite(KnownPasswordSuite):
    """For stores, against a directory with an account `name` whose password may be changed."""

    def test_an_account_is_found_with_a_key_of_this_store(self) -> None:
        account = self._account()
        must(account.key.store == self.plugin.key and account.key.id, "the key must name this store and an id")
        must(account.key.id != account.name, "the id is the name: names change hands, and an id is printed")
        seen = self.plugin.look(account.key, a_context())
        must(seen is not None, "looking by key does not find what finding by name found")
        same = seen and (seen.key, seen.name, seen.stamp) == (account.key, account.name, account.stamp)
        must(same, "looking by key differs from finding by name")

    def test_a_name_or_key_that_is_not_there_is_none(self) -> None:
        key = self._account().key
        must(self.plugin.find("nobody-has-this-name", a_context()) is None, "found nobody")
        for one in (AccountKey(self.plugin.key, "no-such-id"), replace(key, store="another")):
            must(self.plugin.look(one, a_context()) is None, "found an account by a key that is not its own")

    def test_an_odd_name_finds_nobody_and_never_raises(self) -> None:
        for odd in ODD_NAMES:
            must(self.plugin.find(odd, a_context()) is None, f"found somebody by {odd[:60]!r}")
            must(self.plugin.look(AccountKey(self.plugin.key, odd), a_context()) is None, f"by id {odd[:60]!r}")

    def test_after_a_reset_the_new_password_opens_and_the_old_does_not(self) -> None:
        for old, new in (self.passwords, self.passwords[::-1]):
            self._set(old)
            self._set(new)
            must(self.opens(new), "the new password does not open the account")
            must(not self.opens(old), "the old password still opens the account")

    def test_a_reset_that_somebody_overtook_is_refused(self) -> None:
        stale = self._account()
        if stale.stamp is not None:
            self._set(self.passwords[0])
            refuses(lambda: self._set(self.passwords[1], stale), KeybackError, why="a stale stamp was accepted")
            must(self.opens(self.passwords[0]), "the overtaken write changed the password")

    def test_what_cannot_be_typed_is_refused_as_a_password(self) -> None:
        self._set(self.passwords[0])
        for odd in ("", "with\x00nul and some length", "a line\nbreak and length", "half a sign \ud800 here"):
            refuses(lambda odd=odd: self._set(odd), PasswordRefused, why=f"took {odd!r}")  # type: ignore[misc]
        must(self.opens(self.passwords[0]), "a refused password changed the account")

    def test_it_tells_whether_the_password_changed(self) -> None:
        if isinstance(self.plugin, CanTell):
            before = self._account()
            must(self.plugin.changed_since(before, ctx=a_context()) is not True, "says it changed; it did not")
            self._set(self.passwords[0])
            must(self.plugin.changed_since(before, ctx=a_context()) is not False, "says it did not change; it did")

    def test_what_the_directory_insists_on_can_be_read(self) -> None:
        rules = self.plugin.rules(self._account(), a_context())
        must(is_a(rules, DirectoryRules), "rules must be DirectoryRules")

    def test_an_account_prints_no_name(self) -> None:
        account = self._account()
        private = [account.name, account.display_name, *(contact.value for contact in account.contacts)]
        must(not any(value in repr(account) for value in private if value), "an account prints what is private")
