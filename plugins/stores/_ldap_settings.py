"""What must be known to reach any LDAP directory; refuses what could not be safe."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from ...core import PluginSettings, is_address, only_grows, trusted_certificates
from ._ldap import Address
from ._setting_kinds import File, Patience


class DirectorySettings(PluginSettings):
    """Where it is, who we are there, and where its people and their contacts are."""

    servers: tuple[str, ...] = Field(
        title="Servers",
        description="ldaps://host or ldap://host, the preferred one first. Each must take writes.",
        min_length=1,
        json_schema_extra=is_address(),
    )
    called: str = Field(
        "",
        title="Called",
        description="What people call their account here: Windows sign-in, say. Empty: the kind of directory.",
        max_length=60,
    )
    start_tls: bool = Field(
        True, title="StartTLS", description="Ask for TLS on ldap:// connections. Without it, ldap:// is refused."
    )
    ca_file: File = Field(
        title="Certificate authority",
        description="File with the certificates (PEM) of the authority that signed the servers' certificates.",
        # Without it no server could be told from an impostor.
        min_length=1,
        json_schema_extra=trusted_certificates(),
    )
    bind_dn: str = Field(title="Service account", description="Full name (DN) of Keyback's account.", min_length=1)
    bind_password: SecretStr = Field(title="Its password", description="Sent over TLS only.", min_length=1)
    base: str = Field(title="People", description="The subtree in which people are looked for.", min_length=1)
    phones: tuple[str, ...] = Field(
        ("mobile", "telephoneNumber"), title="Phones", description="Attributes that hold phone numbers."
    )
    mails: tuple[str, ...] = Field(("mail",), title="Mail", description="Attributes that hold mail addresses.")
    trusted_contacts: tuple[str, ...] = Field(
        (),
        title="Trusted contacts",
        description="Those of the phone and mail attributes that people cannot write themselves. Others prove nothing.",
    )
    admin_groups: tuple[str, ...] = Field(
        (),
        title="Administrators",
        description="Full names (DN) of groups whose members are privileged, nested ones too.",
        json_schema_extra=only_grows(),
    )
    privileged_subtrees: tuple[str, ...] = Field(
        (),
        title="Privileged subtrees",
        description="Everybody below these (DN) is privileged.",
        json_schema_extra=only_grows(),
    )
    connect_timeout: Patience = Field(
        timedelta(seconds=3), title="Patience to connect", description="After this the next server is tried."
    )
    receive_timeout: Patience = Field(
        timedelta(seconds=5), title="Patience for an answer", description="After this an answer counts as lost."
    )
    connections: int = Field(
        4, title="Connections", description="At most so many at once, in each process.", ge=1, le=8
    )

    @field_validator("servers")
    @classmethod
    def _readable(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Address.parse(url)) for url in servers)

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if not self.start_tls and any(url.startswith("ldap://") for url in self.servers):
            raise ValueError("ldap:// without StartTLS would send passwords in the clear: use ldaps:// or StartTLS")
        if not set(self.trusted_contacts) <= {*self.phones, *self.mails}:
            raise ValueError("trusted contacts must be among phones and mail")
        return self
