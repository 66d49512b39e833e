"""The Entra ID store in this process, and what tests do with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keyback.core import Account, PasswordRefused, Secret
from keyback.core.testing import a_context
from keyback.plugins.stores.entra import Entra

from .graph_people import Someone

NEW = "violet Anchors drift homeward"
BY_HAND = "Your organisation resets this account by hand. Call the help desk."

# With other settings than the usual ones.
Make = Callable[..., Entra]


def found(store: Entra, someone: Someone) -> Account:
    """The account as a look-up by its sign-in name brings it."""
    account = store.find(someone.name, a_context())
    assert account is not None
    return account


def reset(store: Entra, account: Account, password: str = NEW, seconds: float = 10) -> None:
    """As the page for the new password does."""
    store.set_password(account, Secret(password), unlock=True, ctx=a_context(seconds=seconds))


def refused(store: Entra, account: Account, password: str = NEW) -> str:
    """Why it was."""
    with pytest.raises(PasswordRefused) as refusal:
        reset(store, account, password)
    return str(refusal.value.reasons[0])
