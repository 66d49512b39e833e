"""What Keyback is started with, as one frozen object. Every key stands in keyback.toml with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from ..core.contracts.errors import SettingsInvalid
from . import key_file, logo_file


def _listed(value: object) -> object:
    """The environment has no lists: there, commas part the items."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


Strings = Annotated[tuple[str, ...], BeforeValidator(_listed)]
OneLine = Annotated[str, Field(pattern=r"^\S(.*\S)?$", max_length=60)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_listed)]


class _Part(BaseModel):
    # A misspelt key must not be a silent default; a wrong value must not print itself, it may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


class PluginChoice(_Part):
    """Which plugins may be loaded at all; nothing else that is installed is ever imported."""

    load: Strings = (
        "sms",
        "email",
        "saved_codes",
        "openldap",
        "smtp",
        "http_gateway",
        "account_notice",
        "proof_of_work",
        "picture_and_sound",
    )
    # Plugin → SHA-256 of the files that somebody looked at; with others it is never run. The console shows it.
    approved: Mapping[str, str] = Field(default_factory=dict)
    # Where plugins may connect to inside the house by addresses that were typed at the console.
    allowed_networks: Networks = ()
    human_check: str = "proof_of_work"
    human_check_without_script: str = "picture_and_sound"

    @property
    def human_checks(self) -> tuple[str, ...]:
        """The chosen one, then the one for browsers without scripts; once if they are the same."""
        return tuple(dict.fromkeys(key for key in (self.human_check, self.human_check_without_script) if key))


class ServeSettings(_Part):
    """How `keyback serve` listens."""

    bind: str = Field("127.0.0.1:8080", pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$")
    processes: int = Field(2, ge=1, le=64)
    # One more than a plugin that hangs can hold for long. More only stand in each other's way at the interpreter: with
    # eight, whoever was turned away from a crowd heard it twice as late.
    threads: int = Field(5, ge=2, le=64)
    grace_seconds: int = Field(10, ge=1, le=300)
    farewell_seconds: int = Field(2, ge=0, le=60)

    @property
    def host(self) -> str:
        """The address to listen on, without the port."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.bind.rpartition(":")[2])

    @property
    def grace_for_pages(self) -> int:
        """How much of the grace pages may have that are being answered; jobs that were begun have the rest."""
        return max(1, self.grace_seconds * 3 // 4)

    @property
    def grace_for_jobs(self) -> int:
        """What the pages leave of the grace."""
        return self.grace_seconds - self.grace_for_pages


class MetricsSettings(_Part):
    """Where `/metrics` is, and who may ask. Empty: nowhere."""

    bind: str = Field("", pattern=r"^((\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5})?$")
    networks: Networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

    @property
    def port(self) -> int:
        """The port to listen on; 0 for none."""
        return int(self.bind.rpartition(":")[2] or 0)


class EntrySettings(_Part):
    """An identity provider that sends people here by a short link, and where they may be sent back to.

    With redirect_uris it is a client of OpenID Connect too, by the entry's key as its name.
    """

    name: str
    home_url: str = ""
    return_urls: Strings = ()
    language: str = ""
    redirect_uris: Strings = ()
    client_secret: SecretStr = SecretStr("")
    client_keys_file: Path | None = None
    jwks_uri: str = ""
    subject: Literal["id", "upn", "name"] = "id"
    store: str = ""
    pkce: bool = True
    nonce: bool = True
    backchannel_logout_uri: str = ""

    @property
    def table(self) -> dict[str, object]:
        """All of it, with the secret in the clear and the keys read. Raises SettingsInvalid."""
        shown = self.model_dump(exclude={"client_secret", "client_keys_file"})
        return shown | {"client_secret": self.client_secret.get_secret_value(), "client_keys": self._client_keys()}

    def _client_keys(self) -> str:
        if self.client_keys_file is None:
            return ""
        try:
            return self.client_keys_file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise SettingsInvalid([f"entries: client_keys_file {self.client_keys_file} cannot be read"]) from None


class PageSettings(_Part):
    """What the company says on the pages people see."""

    welcome_first: Literal["needs", "sign-in"] = "needs"
    name_example: str = Field("", max_length=80)
    help_desk_link: str = ""
    help_desk_hours: str = Field("", max_length=80)
    privacy_link: str = ""
    accessibility_link: str = ""
    logo_file: Path | None = None
    logo_says_name: bool = False
    advice: bool = True
    advice_lines: Strings = Field((), max_length=6)
    accent: str = ""
    accent_dark: str = ""
    pinned: Strings = ()
    keeps_old_password: Strings = ()


class MediumSettings(_Part):
    """Where the messages of one medium may go, who carries them, and what they may cost."""

    regions: Strings = ()
    voip: bool = False
    known: Strings = ()
    channels: Strings = ()
    prices: Mapping[str, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    usual_price: float = Field(0.1, ge=0, le=100)
    per_range_hour: int = Field(10, ge=1, le=1_000_000)
    per_region_hour: int = Field(50, ge=1, le=1_000_000)
    per_day: int = Field(1000, ge=1, le=10_000_000)
    money_per_day: float = Field(50, ge=0, le=100_000)


class SignInSettings(_Part):
    """The company's identity provider, at which people sign in who know their password. Without an issuer: none."""

    issuer: str = ""
    client_id: str = Field("", max_length=200)
    client_secret: SecretStr = SecretStr("")
    client_key_file: Path | None = None
    scopes: Strings = ("openid", "profile")
    claim: str = Field("", max_length=80)
    store: str = ""
    acr_values: Strings = ()
    ca_file: Path | None = None
    proxy: SecretStr = SecretStr("")
    leeway_seconds: int = Field(60, ge=0, le=300)
    idle_minutes: int = Field(15, ge=2, le=60)
    longest_hours: int = Field(8, ge=1, le=24)

    @property
    def client_key(self) -> bytes | None:
        """The private key by which we prove who we are there, if we do it so. Raises SettingsInvalid."""
        return key_file.read_secret(self.client_key_file, "sign_in.client_key_file") if self.client_key_file else None


class ConsoleSettings(_Part):
    """The console for administrators, the help desk and auditors. Without a url: none."""

    url: str = ""
    allow_shared_host: bool = False
    administrators: Strings = ()
    help_desk: Strings = ()
    auditors: Strings = ()
    groups_claim: str = Field("groups", max_length=80)
    name_claim: str = Field("name", max_length=80)
    scopes: Strings = ("openid", "profile")
    acr_values: Strings = ()
    amr_values: Strings = ()
    idle_minutes: int = Field(15, ge=2, le=15)
    longest_hours: int = Field(8, ge=1, le=8)
    file_domains: Strings = ()


class WayOut(_Part):
    """How hosts are reached that administrators, or those whom they let in, may name."""

    private_networks: Networks = ()
    ca_file: Path | None = None
    proxy: SecretStr = SecretStr("")


class ClientSettings(WayOut):
    """How Keyback itself reaches clients of OpenID Connect: to say that sessions are over, and to read their keys."""


class SignalSettings(WayOut):
    """Shared signals: whether anybody may hear of resets, and to which hosts they may be brought."""

    enabled: bool = False
    push_hosts: Strings = ()


class Settings(_Part):
    """All of it. `loading.load()` is the way to make one; what it returns is safe to start with."""

    portal_url: str
    company: str = Field(min_length=1, max_length=80)
    company_short: str = Field("", max_length=40)
    help_desk: str = Field(min_length=1, max_length=200)
    help_desk_mail: str = Field("", max_length=254, pattern=r"^([^\s@,;<>]+@[^\s@,;<>]+)?$")
    language: str = Field("en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    data_dir: Path = Path("/var/lib/keyback")
    # May hold a password, so it is as secret as one. Empty: SQLite in data_dir.
    database_url: SecretStr = SecretStr("")
    key_file: Path = Path("/etc/keyback/keyback.key")
    previous_key_file: Path | None = None
    pages: PageSettings = PageSettings()
    plugins: PluginChoice = PluginChoice()
    realms: Mapping[str, Strings] = Field(default_factory=dict)
    netbios: Strings = ()
    # As people call it → the store of its people.
    organisations: Mapping[OneLine, str] = Field(default_factory=dict, max_length=40)
    # Empty: what an administrator saved.
    disclosure: Literal["", "generic", "masked"] = ""
    canaries: Mapping[str, str] = Field(default_factory=dict)
    trusted_proxies: Networks = ()
    trusted_networks: Networks = ()
    breached_file: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    serve: ServeSettings = ServeSettings()
    metrics: MetricsSettings = MetricsSettings()
    sign_in: SignInSettings = SignInSettings()
    console: ConsoleSettings = ConsoleSettings()
    signals: SignalSettings = SignalSettings()
    clients: ClientSettings = ClientSettings()
    entries: Mapping[str, EntrySettings] = Field(default_factory=dict)
    media: Mapping[str, MediumSettings] = Field(default_factory=dict)
    pin: Mapping[str, Mapping[str, Mapping[str, object]]] = Field(default_factory=dict, repr=False)
    # Set by `keyback demo` alone: plain http, pretend phone and mailbox, this machine only.
    demo: bool = False

    @property
    def ca_files(self) -> Mapping[str, str]:
        """The files of authorities, each by the setting that names it."""
        parts = {"sign_in": self.sign_in.ca_file, "clients": self.clients.ca_file, "signals": self.signals.ca_file}
        return {f"{name}.ca_file": str(file) for name, file in parts.items() if file}

    @property
    def origin(self) -> str:
        """Scheme and host of the portal, as browsers write it."""
        return _origin(self.portal_url)

    @property
    def console_origin(self) -> str:
        """The same of the console."""
        return _origin(self.console.url)

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.portal_url.startswith("https://")

    @property
    def database(self) -> str:
        """Where the tables are."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir.absolute() / 'keyback.db'}"

    @property
    def pinned(self) -> dict[tuple[str, str], Mapping[str, object]]:
        """Plugin settings that the file decides, by kind and key."""
        return {(kind, key): values for kind, keys in self.pin.items() for key, values in keys.items()}

    @property
    def entry_tables(self) -> dict[str, dict[str, object]]:
        """The entries that the file decides, as the bridge reads them. Raises SettingsInvalid."""
        return {key: entry.table for key, entry in self.entries.items()}

    @property
    def logo(self) -> tuple[str, bytes] | None:
        """The company's logo, if there is one. Raises SettingsInvalid."""
        return logo_file.read(self.pages.logo_file) if self.pages.logo_file else None

    def key(self) -> bytes:
        """The key that wraps all others. Raises SettingsInvalid."""
        return key_file.read(self.key_file)

    def previous_key(self) -> bytes | None:
        """The key before it, while data keys are being wrapped anew."""
        return key_file.read(self.previous_key_file) if self.previous_key_file else None


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
