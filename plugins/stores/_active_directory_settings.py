"""What must be known to use an Active Directory, beyond how to reach it."""

from __future__ import annotations

from pydantic import Field, field_validator

from ._ldap import Address
from ._ldap_settings import DirectorySettings

# A global catalog answers there, and takes no writes.
GLOBAL_CATALOG = (3268, 3269)


class ActiveDirectorySettings(DirectorySettings):
    """Which domain it is, how people sign in there, and what a reset does besides."""

    bind_dn: str = Field(
        title="Service account",
        description="Name of Keyback's account, as name@domain or as a full name (DN).",
        min_length=1,
    )
    domain: str = Field(
        "",
        title="Domain",
        description="The domain's short name, for people who sign in as DOMAIN\\name. Empty: nobody does.",
        max_length=15,
    )
    identifiers: tuple[str, ...] = Field(
        ("sAMAccountName", "userPrincipalName", "mail", "proxyAddresses"),
        title="Names",
        description="Attributes in which a typed name is looked up.",
        min_length=1,
    )
    must_change: bool = Field(
        False,
        title="Must change",
        description="Whether people must choose yet another password when they next sign in after a reset.",
    )
    fence: str = Field(
        "",
        title="Fence",
        description=(
            "A spare text attribute with one value that Keyback's account may write and that nobody else uses: "
            "of two resets at once it lets one win. Empty: none."
        ),
    )

    @field_validator("servers")
    @classmethod
    def _writable(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        if any(Address.parse(url).port in GLOBAL_CATALOG for url in servers):
            raise ValueError("ports 3268 and 3269 are the global catalog's, where no password can be set: use 636")
        return servers
