"""Whether a tenant can be worked with: consent by consent, in words an operator can act on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial, reduce
from pathlib import Path

from cryptography import x509

from ...core import PluginError, Text
from ._budget import Budget
from ._entra_people import WANTED
from ._entra_roles import GroupsUnseen, assignments, memberships
from ._entra_settings import EntraSettings
from ._entra_tokens import Tokens, granted
from ._graph import Fields, Graph, Refused

READ, GROUPS, ROLES = "User.Read.All", "GroupMember.Read.All", "RoleManagement.Read.Directory"
WRITE, END, DOMAINS = "User-PasswordProfile.ReadWrite.All", "User.RevokeSessions.All", "Domain.Read.All"
PHONES, MAILBOXES = "UserAuthMethod-Phone.Read.All", "UserAuthMethod-Email.Read.All"

SOON = timedelta(days=30)

WITHOUT = {
    READ: Text("nobody can be found."),
    GROUPS: Text("administrators could not be recognised by their groups, so nobody is served."),
    ROLES: Text("administrators could not be recognised by their roles, so nobody is served."),
    WRITE: Text("no password can be set."),
    END: Text("sessions stay open after a reset."),
    DOMAINS: Text("it cannot be seen who signs in at another server, so nobody is served."),
    PHONES: Text("the phones that people registered cannot be read, and the settings name them."),
    MAILBOXES: Text("the mail addresses that people registered cannot be read, and the settings name them."),
}

Probe = tuple[str, Callable[[], object]]


def examine(graph: Graph, tokens: Tokens, settings: EntraSettings, budget: Budget) -> Iterator[Text]:
    """What is merely unwise. Raises PluginError with every consent that is missing, each with its reason."""
    owned = granted(tokens.token(budget))
    missing = [one for one in (WRITE, END) if owned is not None and one not in owned]
    missing += dict.fromkeys(_unanswered(graph, settings, budget))
    if missing:
        wanted = Text("Give the application the permission {permission} and consent to it: without it {harm}")
        each = [wanted.filled(permission=one, harm=WITHOUT[one]) for one in missing]
        raise PluginError(reduce(lambda told, more: Text("{told} {more}", told=told, more=more), each))
    yield from _unlike_what_is_needed(owned)
    yield from _ends_soon(settings)
    yield from _synced(graph, settings, budget)


def _unlike_what_is_needed(owned: Collection[str] | None) -> Iterator[Text]:
    if owned is None:
        yield Text("the token cannot be read: whether passwords may be set shows at the first reset")
    elif too_much := sorted(one for one in owned if "ReadWrite" in one and one != WRITE):
        yield Text("the application may do more than it needs: {names}", names=", ".join(too_much))


def _unanswered(graph: Graph, settings: EntraSettings, budget: Budget) -> Iterator[str]:
    """Asks what a look-up asks, about one user, and says which consent each refused question needs."""
    try:
        sample = _sample(graph, budget)
    except Refused as refused:
        if refused.status != 403:
            raise
        sample = None
    if sample is None or not isinstance(sample.get("accountEnabled"), bool):
        yield READ
        return
    for consent, probe in _probes(graph, settings, str(sample["id"]), budget):
        try:
            probe()
        except GroupsUnseen:
            yield GROUPS
        except Refused as refused:
            if refused.status != 403:
                raise
            yield consent


def _probes(graph: Graph, settings: EntraSettings, user_id: str, budget: Budget) -> Iterator[Probe]:
    yield DOMAINS, lambda: list(graph.every("domains", {"$select": "id,authenticationType"}, budget))
    yield GROUPS, partial(memberships, graph, user_id, budget)
    for kind in ("roleAssignments", "roleEligibilitySchedules")[: 1 + settings.eligible_roles]:
        yield ROLES, partial(assignments, graph, kind, user_id, budget)
    for name, consent in (("phoneMethods", PHONES), ("emailMethods", MAILBOXES)):
        if name in (*settings.phones, *settings.mails):
            yield consent, partial(graph.read, f"users/{user_id}/authentication/{name}", {}, budget)


def _sample(graph: Graph, budget: Budget) -> Fields | None:
    """Any user will do."""
    found = graph.read("users", {"$select": ",".join(WANTED), "$top": "1"}, budget) or {}
    return next(iter(found.get("value", ())), None)


def _ends_soon(settings: EntraSettings) -> Iterator[Text]:
    """On the day after it, nobody gets in. When a secret ends, an application cannot see."""
    if settings.certificate_file:
        file = Path(settings.certificate_file).read_bytes()
        ends = x509.load_pem_x509_certificate(file).not_valid_after_utc
        if ends - datetime.now(UTC) < SOON:
            yield Text("the application's certificate ends on {day}", day=f"{ends:%Y-%m-%d}")


def _synced(graph: Graph, settings: EntraSettings, budget: Budget) -> Iterator[Text]:
    """Asked without a consent of its own: where it is refused, nothing is missing but a hint."""
    try:
        here = (graph.read("organization", {"$select": "id,onPremisesSyncEnabled"}, budget) or {}).get("value", ())
    except Refused:
        return
    if any(one.get("onPremisesSyncEnabled") is True for one in here):
        yield Text(
            "accounts are synced to this tenant: they are reset in the store {store}", store=settings.mastered_in
        )
