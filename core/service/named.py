"""Which stores are asked for a name, and whose it is: who types on the server itself may wait for them."""

from __future__ import annotations

from ..contracts.errors import Ambiguous, NotAllowed
from ..contracts.people import Account
from ..contracts.text import Text
from ..recovery.names import searchable
from .snapshot import Snapshot, Snapshots
from .surroundings import Surroundings

FIND_SECONDS = 8.0


def searched(name: str, snapshot: Snapshot, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """What is looked for, and in which stores. Raises ValueError for what can be nobody's name.

    The stores go by what was typed: a NetBIOS name is a realm too, though no directory is asked for it.
    """
    return searchable(name, netbios=around.netbios), snapshot.stores_for(name, around.realms)


def account_named(name: str, snapshots: Snapshots, around: Surroundings) -> Account:
    """The one account of this name. Raises NotAllowed when it is nobody's or several people's."""
    context = around.context(seconds=FIND_SECONDS)
    try:
        asked, stores = searched(name, snapshots.current, around)
        plugins = snapshots.current.plugins.stores
        found = [account for key in stores if (account := plugins[key].find(asked, context)) is not None]
    except (Ambiguous, ValueError):
        raise NotAllowed(Text("This name means several people, or cannot be a name")) from None
    if len(found) != 1:
        raise NotAllowed(Text("Nobody, or more than one person, has this name"))
    return found[0]
