"""What must be known to use a tenant of Microsoft Entra ID; refuses what could not be safe."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator, model_validator

from ...core import PluginSettings, only_grows, only_in_file, our_certificate, trusted_certificates
from ...core.networks import parts_of
from ._setting_kinds import File, Patience

IDENTIFIERS = ("userPrincipalName", "mail", "proxyAddresses", "otherMails")
PHONES = ("mobilePhone", "businessPhones", "phoneMethods")
MAILS = ("otherMails", "mail", "emailMethods")


class EntraSettings(PluginSettings):
    """Which tenant, who we are there, and what its properties mean."""

    tenant: str = Field(
        title="Tenant", description="The directory's id, or one of its domains.", pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$"
    )
    called: str = Field(
        "",
        title="Called",
        description="What people call their account here: Microsoft 365, say. Empty: the kind of directory.",
        max_length=60,
    )
    client_id: str = Field(
        title="Application", description="The id of Keyback's app registration.", pattern=r"^[0-9A-Fa-f-]{36}$"
    )
    client_secret: SecretStr = Field(
        SecretStr(""), title="Its secret", description="Or better, the certificate below. It ends after some months."
    )
    certificate_file: File = Field(
        "",
        title="Its certificate",
        description="A file with certificate and private key (PEM, mode 600), instead of a secret.",
        json_schema_extra=our_certificate(),
    )
    authority: str = Field(
        "https://login.microsoftonline.com",
        title="Sign-in server",
        description="Another one for another cloud.",
        json_schema_extra=only_in_file(),
    )
    graph: str = Field(
        "https://graph.microsoft.com",
        title="Graph",
        description="Another one for another cloud.",
        json_schema_extra=only_in_file(),
    )
    proxy: SecretStr = Field(
        SecretStr(""),
        title="Proxy",
        description="http://name:password@host:port on the way there. Empty: none.",
        json_schema_extra=only_in_file(),
    )
    ca_file: File = Field(
        "",
        title="Certificate authority",
        description="A PEM file, if a proxy of your own reads along.",
        json_schema_extra=trusted_certificates(),
    )
    identifiers: tuple[str, ...] = Field(
        ("userPrincipalName", "mail"),
        title="Names",
        description="A typed name is looked up in these: userPrincipalName, mail, proxyAddresses, otherMails.",
        min_length=1,
    )
    phones: tuple[str, ...] = Field(
        ("mobilePhone",),
        title="Phones",
        description="Where phone numbers are: mobilePhone, businessPhones, phoneMethods.",
    )
    mails: tuple[str, ...] = Field(
        ("otherMails",), title="Mail", description="Where mail addresses are: otherMails, mail, emailMethods."
    )
    trusted_contacts: tuple[str, ...] = Field(
        (),
        title="Trusted contacts",
        description="Those of them that people cannot write themselves. Others prove nothing.",
    )
    mastered_in: str = Field(
        "active_directory",
        title="Master of synced accounts",
        description="The store whose accounts are synced to this tenant. Their passwords are set there and never here.",
        pattern=r"^[a-z0-9_-]{1,40}$",
    )
    eligible_roles: bool = Field(
        True,
        title="Eligible roles",
        description="Who could become an administrator for an hour (PIM) is one.",
        json_schema_extra=only_grows(),
    )
    connect_timeout: Patience = Field(
        timedelta(seconds=2), title="Patience to connect", description="After this the server counts as unreachable."
    )
    receive_timeout: Patience = Field(
        timedelta(seconds=4), title="Patience for an answer", description="After this an answer counts as lost."
    )
    connections: int = Field(4, title="Connections", description="So many are kept, in each process.", ge=1, le=8)

    @field_validator("authority", "graph")
    @classmethod
    def _is_a_safe_address(cls, value: str) -> str:
        parts = parts_of(value)
        bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        if parts.scheme != "https" or not parts.hostname or not bare:
            raise ValueError("https:// and a host, nothing behind it")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _is_a_proxy(cls, value: SecretStr) -> SecretStr:
        parts = parts_of(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme != "http" or not parts.hostname or not parts.port):
            raise ValueError("http://host:port, with a name and a password before the host if it asks for them")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> EntraSettings:
        if bool(self.client_secret.get_secret_value()) == bool(self.certificate_file):
            raise ValueError("either a secret or a certificate")
        known = ((self.identifiers, IDENTIFIERS), (self.phones, PHONES), (self.mails, MAILS))
        strangers = {name for named, all_of in known for name in named if name not in all_of}
        strangers |= set(self.trusted_contacts) - set(self.phones) - set(self.mails)
        if strangers:
            raise ValueError("one of the names, phones, mail or trusted contacts can't be named there")
        return self
