"""Whether an OpenLDAP can be worked with: says what is missing in words an operator can act on."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ...core import PluginError
from . import _ppolicy as ppolicy
from ._ldap import Object, Wire
from ._ldap_names import equals
from ._openldap_rights import examine_rights
from ._openldap_settings import OpenLdapSettings, Server

log = logging.getLogger(__name__)

# So many people are looked at to guess what the service account may see.
SAMPLE = 20


def examine(wire: Wire, settings: OpenLdapSettings) -> None:
    """Look at one server. Raises PluginError for what makes resets impossible, logs what makes them weaker."""
    _controls(wire, settings)
    people = _people(wire, settings)
    _policies(wire, settings, people)
    examine_rights(wire, settings, people)
    for group in settings.admin_groups:
        if wire.read(group, ["1.1"]) is None:
            raise PluginError(
                f"the administrators' group {group} is not there, or the service account may not read it: "
                "its members could not be recognised"
            )


def _controls(wire: Wire, settings: OpenLdapSettings) -> None:
    root = wire.read("", ["supportedControl"])
    offered = set() if root is None else set(root.texts("supportedControl"))
    if settings.kind is Server.DS389:
        log.warning("389 Directory Server cannot refuse a late writer: only Keyback's own lease keeps two resets apart")
    elif ppolicy.ASSERTION_CONTROL not in offered:
        raise PluginError(f"{wire.server} has no assertion control (RFC 4528): two resets at once could both win")
    if ppolicy.POLICY_CONTROL not in offered:
        log.warning("%s has no password policy overlay: history and length are not enforced there", wire.server)


def _people(wire: Wire, settings: OpenLdapSettings) -> tuple[Object, ...]:
    if wire.read(settings.base, ["1.1"]) is None:
        raise PluginError(f"{settings.base} is not there, or the service account may not read it")
    wanted = ["entryUUID", "userPassword", "pwdChangedTime", "pwdPolicySubentry"]
    sample = wire.search(settings.base, equals("objectClass", settings.person_class), wanted, most=SAMPLE).objects
    if not sample:
        raise PluginError(
            f"no object of class {settings.person_class} can be seen below {settings.base}: "
            "the service account needs the right to read people"
        )
    if not sample[0].text("entryUUID"):
        raise PluginError("the service account may not read entryUUID, so accounts could not be told apart")
    if "userpassword" in sample[0].values:
        # Who can read hashes is a password administrator: the overlay enforces nothing on its resets.
        log.warning("the service account can read passwords' hashes; give it =xw on userPassword instead")
    if not any(person.text("pwdChangedTime") for person in sample):
        # Without it every reset of somebody who has one would look overtaken.
        log.warning("nobody's pwdChangedTime can be seen; unless all passwords are older than the overlay, allow it")
    return sample


def _policies(wire: Wire, settings: OpenLdapSettings, people: Iterable[Object]) -> None:
    if settings.default_policy:
        _policy(wire, settings.default_policy)
    else:
        log.warning("default_policy is empty: nobody is shown the rules of a policy that their object does not name")
    for dn in {person.text("pwdPolicySubentry") for person in people} - {"", settings.default_policy}:
        try:
            _policy(wire, dn)
        except PluginError as problem:
            # The others can be served all the same.
            log.warning("for some people: %s", problem)


def _policy(wire: Wire, dn: str) -> None:
    entry = wire.read(dn, ppolicy.POLICY)
    if entry is None:
        raise PluginError(f"the policy {dn} is not there, or the service account may not read it")
    policy = ppolicy.Policy.of(entry)
    if policy.safe_modify:
        raise PluginError(f"{dn} has pwdSafeModify on: it asks for the old password, so no reset can succeed")
    if policy.min_age:
        log.warning("%s has pwdMinAge: who changed a password within %s cannot reset it", dn, policy.min_age)
    if not policy.check_quality:
        log.warning("%s has pwdCheckQuality off: the directory does not look at new passwords' length", dn)
