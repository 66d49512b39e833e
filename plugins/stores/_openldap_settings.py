"""What must be known to use an OpenLDAP, beyond how to reach it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from ._ldap_settings import DirectorySettings


class Server(StrEnum):
    """Whose names for locks, rules and marks are spoken."""

    OPENLDAP = "openldap"
    DS389 = "389-ds"


class OpenLdapSettings(DirectorySettings):
    """What its objects and attributes mean."""

    kind: Server = Field(
        Server.OPENLDAP,
        title="Kind of server",
        description="openldap, or 389-ds: 389 Directory Server, which was never tried; see docs/directories.md.",
    )
    bind_dn: str = Field(
        title="Service account",
        description="Full name (DN) of Keyback's account. It should be able to write userPassword, never to read it.",
        min_length=1,
    )
    person_class: str = Field("person", title="Object class", description="What all people are, and services are not.")
    identifiers: tuple[str, ...] = Field(
        ("uid", "mail"),
        title="Names",
        description="Attributes in which a typed name is looked up. The first one is the sign-in name.",
        min_length=1,
    )
    groups_base: str = Field(
        "", title="Groups", description="The subtree in which groups lie. Empty: the same as people's."
    )
    default_policy: str = Field(
        "",
        title="Default policy",
        description="Full name (DN) of the password policy of accounts that name none, as the server has it.",
    )

    @property
    def groups_below(self) -> str:
        """Where groups are looked for."""
        return self.groups_base or self.base
