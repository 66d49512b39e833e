"""Whose name this is, asked on the server itself: whoever may type there may wait for the stores."""

from __future__ import annotations

from ..contracts.errors import Ambiguous, NotAllowed
from ..contracts.people import Account
from ..contracts.text import Text
from ..recovery.names import searchable
from .snapshot import Snapshots
from .surroundings import Surroundings

FIND_SECONDS = 8.0


def account_named(name: str, snapshots: Snapshots, around: Surroundings) -> Account:
    """The one account of this name. Raises NotAllowed when it is nobody's or several people's."""
    context = around.context(seconds=FIND_SECONDS)
    try:
        asked = searchable(name, netbios=around.netbios)
        stores = snapshots.current.stores_for(asked, around.realms)
        plugins = snapshots.current.plugins.stores
        found = [account for key in stores if (account := plugins[key].find(asked, context)) is not None]
    except (Ambiguous, ValueError):
        raise NotAllowed(Text("This name means several people, or cannot be a name")) from None
    if len(found) != 1:
        raise NotAllowed(Text("Nobody, or more than one person, has this name"))
    return found[0]
