"""Whether an OpenLDAP can be worked with: says what is missing in words an operator can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...core import PluginError, Text
from . import _ppolicy as ppolicy
from ._ldap import Object, Wire
from ._ldap_names import equals, is_under
from ._ldap_places import ADMINISTRATORS, SUBTREE, examine_places
from ._openldap_rights import examine_rights
from ._openldap_settings import OpenLdapSettings, Server

# So many people are looked at to guess what the service account may see.
SAMPLE = 20


def examine(wire: Wire, settings: OpenLdapSettings) -> Iterator[Text]:
    """Look at one server: what makes resets weaker. Raises PluginError for what makes them impossible."""
    yield from _controls(wire, settings)
    people = _people(wire, settings)
    yield from _seen_too_well_or_not_at_all(people)
    yield from _policies(wire, settings, people)
    yield from examine_rights(wire, settings, people)
    _privileged(wire, settings)


def _privileged(wire: Wire, settings: OpenLdapSettings) -> None:
    examine_places(wire, SUBTREE, settings.privileged_subtrees)
    for group in examine_places(wire, ADMINISTRATORS, settings.admin_groups, ["member", "uniqueMember"]):
        if not group.values:
            raise PluginError(
                Text(
                    "no member of the administrators' group {group} can be seen by the service account", group=group.dn
                )
            )
        if not is_under(group.dn, settings.groups_below):
            raise PluginError(
                Text(
                    "the administrators' group {group} is not below {base}, where groups are looked for: "
                    "set groups_base, or its members could not be recognised",
                    group=group.dn,
                    base=settings.groups_below,
                )
            )


def _controls(wire: Wire, settings: OpenLdapSettings) -> Iterator[Text]:
    root, server = wire.read("", ["supportedControl"]), str(wire.server)
    offered = set() if root is None else set(root.texts("supportedControl"))
    if settings.kind is Server.DS389:
        yield Text("389 Directory Server cannot refuse a late writer: only Keyback's own lease keeps two resets apart")
    elif ppolicy.ASSERTION_CONTROL not in offered:
        raise PluginError(
            Text("{server} has no assertion control (RFC 4528): two resets at once could both win", server=server)
        )
    if ppolicy.POLICY_CONTROL not in offered:
        yield Text("{server} has no password policy overlay: history and length are not enforced there", server=server)


def _people(wire: Wire, settings: OpenLdapSettings) -> tuple[Object, ...]:
    if wire.read(settings.base, ["1.1"]) is None:
        raise PluginError(Text("{dn} is not there, or the service account may not read it", dn=settings.base))
    wanted = ["entryUUID", "userPassword", "pwdChangedTime", "pwdPolicySubentry"]
    sample = wire.search(settings.base, equals("objectClass", settings.person_class), wanted, most=SAMPLE).objects
    if not sample:
        raise PluginError(
            Text(
                "no object of class {kind} can be seen below {base}: "
                "the service account needs the right to read people",
                kind=settings.person_class,
                base=settings.base,
            )
        )
    if not sample[0].text("entryUUID"):
        raise PluginError(Text("the service account may not read entryUUID, so accounts could not be told apart"))
    return sample


def _seen_too_well_or_not_at_all(people: Sequence[Object]) -> Iterator[Text]:
    if "userpassword" in people[0].values:
        # Who can read hashes is a password administrator: the overlay enforces nothing on its resets.
        yield Text("the service account can read passwords' hashes; give it =xw on userPassword instead")
    if not any(person.text("pwdChangedTime") for person in people):
        # Without it every reset of somebody who has one would look overtaken.
        yield Text("nobody's pwdChangedTime can be seen; unless all passwords are older than the overlay, allow it")


def _policies(wire: Wire, settings: OpenLdapSettings, people: Iterable[Object]) -> Iterator[Text]:
    if settings.default_policy:
        yield from _policy(wire, settings.default_policy)
    else:
        yield Text("default_policy is empty: nobody is shown the rules of a policy that their object does not name")
    for dn in {person.text("pwdPolicySubentry") for person in people} - {"", settings.default_policy}:
        try:
            yield from _policy(wire, dn)
        except PluginError as problem:
            # The others can be served all the same.
            yield Text("for some people: {problem}", problem=problem.said)


def _policy(wire: Wire, dn: str) -> Iterator[Text]:
    entry = wire.read(dn, ppolicy.POLICY)
    if entry is None:
        raise PluginError(Text("{dn} is not there, or the service account may not read it", dn=dn))
    policy = ppolicy.Policy.of(entry)
    if policy.safe_modify:
        raise PluginError(
            Text("{dn} has pwdSafeModify on: it asks for the old password, so no reset can succeed", dn=dn)
        )
    if policy.min_age:
        said = Text(
            "{dn} has pwdMinAge {seconds}: who changed a password within so many seconds cannot reset it", dn=dn
        )
        yield said.filled(seconds=int(policy.min_age.total_seconds()))
    if not policy.check_quality:
        yield Text("{dn} has pwdCheckQuality off: the directory does not look at new passwords' length", dn=dn)
