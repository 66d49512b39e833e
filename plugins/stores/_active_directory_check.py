"""Whether an Active Directory can be worked with: that all we need can be done there, and that we can do no more."""

from __future__ import annotations

from collections.abc import Iterator

from ...core import PluginError, Text
from . import _active_directory_facts as facts
from . import _ldap as ldap
from ._active_directory_people import People
from ._active_directory_rules import RuleBook
from ._active_directory_settings import ActiveDirectorySettings
from ._ldap import Object, Wire
from ._ldap_names import equals, is_under
from ._ldap_places import ADMINISTRATORS, SUBTREE, examine_places

# What a server can do, by number: to be a directory of this kind at all, and to hold few passwords and take no writes.
IS_ACTIVE_DIRECTORY, IS_READ_ONLY = "1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1920"
# So many people are looked at to find somebody ordinary.
SAMPLE = 20
# The first administrator and the guest: every domain has both, and they are none of ours.
ADMINISTRATOR, GUEST = 500, 501
SECURITY_GROUP = 0x80000000
FORGETS = Text("{server} does not hold resets to the history of passwords: people can take an old one")


def examine(wire: Wire, settings: ActiveDirectorySettings, people: People, rules: RuleBook) -> Iterator[Text]:
    """Look at one server: what makes resets weaker. Raises PluginError for what is missing or too much."""
    _server(wire)
    _groups(wire, settings)
    _rights(wire, _somebody(wire, settings, people), settings)
    for name, outsider in _outsiders(wire, settings, people.domain):
        if may_reset(wire, outsider) or _writes(wire, outsider):
            raise PluginError(
                Text(
                    "the service account may write to the domain's {name}: give it rights below {base} alone",
                    name=name,
                    base=settings.base,
                )
            )
    if not rules.sees_all(wire):
        yield Text("the service account may not see the password settings container: no rule can be shown to people")


def may_reset(wire: Wire, entry: Object) -> bool:
    """Whether the server would let us. What is sent stands for no password: it is refused either way."""
    return wire.modify(entry.dn, {"unicodePwd": ldap.replaced(b"?")}).code != ldap.NO_RIGHT


def _server(wire: Wire) -> None:
    root = wire.read("", ["supportedCapabilities"])
    able = () if root is None else root.texts("supportedCapabilities")
    if IS_ACTIVE_DIRECTORY not in able:
        raise PluginError(Text("{server} is no Active Directory", server=str(wire.server)))
    if IS_READ_ONLY in able:
        said = Text("{server} is a read-only controller: name one that takes writes", server=str(wire.server))
        raise PluginError(said)


def _groups(wire: Wire, settings: ActiveDirectorySettings) -> None:
    examine_places(wire, SUBTREE, settings.privileged_subtrees)
    for group in examine_places(wire, ADMINISTRATORS, settings.admin_groups, ["groupType"]):
        if not (facts.number(group, "groupType") or 0) & SECURITY_GROUP:
            raise PluginError(
                Text(
                    "{group} is a mailing list and no security group: its members could not be recognised",
                    group=group.dn,
                )
            )


def _somebody(wire: Wire, settings: ActiveDirectorySettings, people: People) -> Object:
    """An ordinary person to try our rights on."""
    # A page may hold nothing but hints at other domains.
    seen = next(filter(None, wire.pages(settings.base, facts.PEOPLE, ["1.1"], size=SAMPLE)), ())
    if not seen:
        raise PluginError(
            Text("no person can be seen below {base}: is it there, and may the account read it?", base=settings.base)
        )
    for place in seen:
        entry = people.read(wire, place.dn)
        if entry is None or facts.number(entry, "userAccountControl") is None or not entry.text("pwdLastSet"):
            raise PluginError(
                Text("the service account may not read objectGUID, userAccountControl or pwdLastSet of people")
            )
        if "tokengroups" not in entry.values:
            raise PluginError(
                Text(
                    "the service account may not read tokenGroups, so nobody could be told from an administrator: "
                    'make it a member of "Windows Authorization Access Group"'
                )
            )
        if not people.privileged(wire, entry):
            return entry
    said = Text("the first {n} people below {base} are all administrators", n=len(seen), base=settings.base)
    raise PluginError(said)


def _rights(wire: Wire, person: Object, settings: ActiveDirectorySettings) -> None:
    if not may_reset(wire, person):
        raise PluginError(
            Text('the service account lacks the right "Reset Password" on people below {base}', base=settings.base)
        )
    needed = {"lockoutTime", "pwdLastSet", *([settings.fence] if settings.fence else [])}
    written = _writes(wire, person)
    if missing := {name for name in needed if name.lower() not in map(str.lower, written)}:
        names = ", ".join(sorted(missing))
        raise PluginError(Text("the service account may not write {names} of people", names=names))
    if surplus := {name for name in written if name.lower() not in map(str.lower, needed)}:
        names = ", ".join(sorted(surplus))
        raise PluginError(Text("the service account may write more than it needs: {names} of people", names=names))


def _writes(wire: Wire, entry: Object) -> tuple[str, ...]:
    """Which attributes the server would let us write."""
    read = wire.read(entry.dn, ["allowedAttributesEffective"])
    return () if read is None else read.texts("allowedAttributesEffective")


def _outsiders(wire: Wire, settings: ActiveDirectorySettings, domain: str) -> Iterator[tuple[str, Object]]:
    root = wire.read(domain, ["objectSid"])
    sids = () if root is None else root.values.get("objectsid", ())
    for sid in sids:
        for name, last in (("Administrator", ADMINISTRATOR), ("Guest", GUEST)):
            found = wire.search(domain, equals("objectSid", facts.sid_of_domain(sid, last)), ["1.1"], most=2).objects
            if found and (last == ADMINISTRATOR or not is_under(found[0].dn, settings.base)):
                yield name, found[0]
