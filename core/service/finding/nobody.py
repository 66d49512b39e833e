"""Whose a name is that nobody has: budgets and decoys count it in one directory, as they would a person."""

from __future__ import annotations

from collections.abc import Iterable

from ...db.sealing import KeyPurpose, Keyring
from ...recovery.state import Recovery
from ..surroundings import Surroundings


def nobody(recovery: Recovery, around: Surroundings, keyring: Keyring, stores: Iterable[str]) -> str:
    """The same for every spelling of the name. Asked of one store, it is somebody else than asked of another.

    Two people may have one name in two stores, with budgets and offers of their own. If those of a name that nobody
    has were the same in both, that would tell (P4). Asked of all, it is the one that it would be in one of them.
    """
    name = around.spelling(recovery.name)
    home = min(stores, key=lambda store: keyring.mac(KeyPurpose.DECOY, "home", name, store), default="")
    store = recovery.asked[0] if len(recovery.asked) == 1 else home
    # No name holds a line break, so nobody can type what stands for somebody else.
    return name if store == home else f"{store}\n{name}"
