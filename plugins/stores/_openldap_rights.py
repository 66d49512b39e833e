"""What the service account may write, asked without writing: a value that nobody has is to be taken away.

A server that would allow it answers that there is no such value; any other, that it may not be done. Nothing changes,
and nothing is counted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

from ...core import PluginError, Text
from . import _ldap as ldap
from . import _ppolicy as ppolicy
from ._ldap import Object, Wire
from ._openldap_settings import OpenLdapSettings

# Digits suit every attribute that is asked about; so many that nobody has them.
NOBODYS = str(10**24 + secrets.randbits(79)).encode()
# No lock of ours is as old.
NEVER = b"19700102000000Z"
# So many members of each administrators' group are looked at.
MEMBERS = 3


def examine_rights(wire: Wire, settings: OpenLdapSettings, people: Sequence[Object]) -> Iterator[Text]:
    """What is missing besides, and what is too much. Raises PluginError if no password can be written."""
    person = next((one for one in people if _may_set_password(wire, one.dn)), None)
    if person is None:
        raise PluginError(Text("the service account may write nobody's userPassword: it needs =xw on it"))
    if not _may(wire, person.dn, "pwdAccountLockedTime", NEVER):
        yield Text("the service account may not manage pwdAccountLockedTime: nobody can unlock without a reset")
    for attribute in dict.fromkeys((*settings.phones, *settings.mails)):
        if _may(wire, person.dn, attribute, NOBODYS):
            # Whoever got hold of it could have every code sent to themselves.
            yield Text("the service account may write people's {name}: it needs to read it, no more", name=attribute)
    if any(_may_set_password(wire, dn) for group in settings.admin_groups for dn in _members(wire, group)):
        yield Text("the directory would let the service account reset administrators: exclude them there as well")


def _may(wire: Wire, dn: str, attribute: str, value: bytes) -> bool:
    return wire.modify(dn, {attribute: ldap.removed(value)}).code == ldap.NO_SUCH_ATTRIBUTE


def _may_set_password(wire: Wire, dn: str) -> bool:
    answer = wire.modify(dn, {"userPassword": ldap.removed(NOBODYS)}, [ppolicy.ASK_POLICY])
    if answer.code == ldap.NO_RIGHT:
        # A policy may answer alike: then the right is there, and the policy is named elsewhere.
        return ppolicy.remark(answer).rule is ppolicy.Rule.OLD_ONE_NEEDED
    return answer.code in (ldap.NO_SUCH_ATTRIBUTE, ldap.REFUSED, ldap.UNWILLING)


def _members(wire: Wire, group: str) -> Sequence[str]:
    found = wire.read(group, ["member", "uniqueMember"])
    if found is None:
        return ()
    return (*found.texts("member", longest=2048), *found.texts("uniqueMember", longest=2048))[:MEMBERS]
