"""Keyback refuses to start unsafe, says everything at once, and says what to set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel
from servers.authority import Authority

from keyback.config import key_file
from keyback.config.loading import load
from keyback.config.media import rules_of
from keyback.config.settings import EntrySettings, MediumSettings, Settings
from keyback.core import SettingsInvalid
from keyback.core.service.sending.media import NO_RULES

SHIPPED = Path(key_file.__file__).with_name("keyback.toml")
NEEDED = {"portal_url": "https://reset.example.org", "company": "Alderwick", "help_desk": "Room 7"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder but for a key."""
    key_file.write(tmp_path / "keyback.key")
    return tmp_path


def _start(folder: Path, changes: Mapping[str, str] | None = None, toml: str = "") -> Settings:
    base = {f"KEYBACK_{name.upper()}": value for name, value in NEEDED.items()}
    (folder / "keyback.toml").write_text(toml, encoding="utf-8")
    return load({**base, "KEYBACK_KEY_FILE": "keyback.key", **(changes or {})}, folder)


def _refusal(folder: Path, changes: Mapping[str, str] | None = None, toml: str = "") -> str:
    with pytest.raises(SettingsInvalid) as refused:
        _start(folder, changes, toml)
    return "\n".join(refused.value.problems)


def test_three_sentences_and_a_key_are_enough_to_start(folder: Path) -> None:
    settings = _start(folder)
    assert settings.company == "Alderwick"
    assert len(settings.key()) == 32
    assert settings.previous_key() is None
    assert settings.origin == "https://reset.example.org"


def test_everything_that_is_missing_is_said_at_once_with_how_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load({}, tmp_path)
    assert {problem.split(" ")[0] for problem in refused.value.problems} == set(NEEDED)
    assert "KEYBACK_PORTAL_URL" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORTAL_URL", "http://reset.example.org", "https://"),
        ("PORTAL_URL", "reset.example.org", "whole address"),
        ("PORTAL_URL", "https://example.org/reset", "host of its own"),
        ("PORTAL_URL", "https://a@example.org", "host of its own"),
        ("DATABASE_URL", "mysql://x/y", "sqlite:///"),
        ("DATABASE_URL", "postgresql+psycopg://kb@db.example.org/kb", "sslmode=verify-full"),
        ("DATABASE_URL", "postgresql+psycopg://kb@db.example.org/kb?sslmode=require", "sslmode=verify-full"),
        ("SERVE__BIND", "0.0.0.0:8080", "trusted_proxies"),
        ("SERVE__BIND", "nonsense", "serve.bind"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "anybody"),
        ("TRUSTED_NETWORKS", "::/0", "no source"),
        ("PLUGINS__LOAD", "sms,openldap", "human_check"),
        ("PLUGINS__HUMAN_CHECK_WITHOUT_SCRIPT", "riddle", "human_check_without_script"),
        ("PLUGINS__LOAD", "sms,sms,proof_of_work", "twice"),
        ("PLUGINS__LOAD", "outbox,proof_of_work", "outbox"),
        ("PLUGINS__APPROVED__ACME", "0" * 64, "acme is none of plugins.load"),
        ("PLUGINS__APPROVED__SMS", "0" * 63, "sms must have the 64 digits of a SHA-256"),
        ("PAGES__PRIVACY_LINK", "javascript:alert(1)", "pages.privacy_link"),
        ("PAGES__PRIVACY_LINK", "//elsewhere.example", "pages.privacy_link"),
        ("PAGES__ACCESSIBILITY_LINK", "https://a.example/ b", "pages.accessibility_link"),
        ("PAGES__HELP_DESK_LINK", "01632 960 123", "pages.help_desk_link"),
        ("PAGES__HELP_DESK_LINK", "data:text/html,x", "pages.help_desk_link"),
        ("PAGES__WELCOME_FIRST", "coffee", "pages.welcome_first"),
        ("PAGES__LOGO_FILE", "nowhere.svg", "pages.logo_file"),
        ("PAGES__KEEPS_OLD_PASSWORD", "active_directory", "active_directory is none of plugins.load"),
        ("PAGES__ADVICE_LINES", '["1", "2", "3", "4", "5", "6", "7"]', "pages.advice_lines"),
        ("PLUGINS__LOAD", "pretend_cloud,proof_of_work", "pretend_cloud"),
        ("LOG_LEVEL", "chatty", "log_level"),
        ("COMPANY", "", "company"),
        ("MEDIA__SMS__REGIONS", "DE,Germany", "'Germany' is no region"),
        ("MEDIA__SMS__REGIONS", "001", "'001' is no region"),
        ("MEDIA__SMS__KNOWN", "+49", "at least six digits"),
        ("MEDIA__SMS__CHANNELS", "twilo", "'twilo' is not in plugins.load"),
        ("MEDIA__TEXT__REGIONS", "DE", "there is sms, voice and email"),
        ("MEDIA__SMS__MONEY_PER_DAY", "-1", "media.sms.money_per_day"),
        ("PORTAL_URI", "https://x", "portal_uri means nothing"),
        ("CONFIG", "elsewhere.toml", "elsewhere.toml"),
    ],
)
def test_an_unsafe_or_misspelt_value_is_refused_with_what_to_set(
    folder: Path, name: str, value: str, said: str
) -> None:
    assert said in _refusal(folder, {f"KEYBACK_{name}": value})


@pytest.mark.parametrize("link", ["https://a.example/x", "http://intranet/help", "mailto:a@b.example", "tel:+441632"])
def test_a_link_may_lead_to_a_page_a_mailbox_or_a_phone(folder: Path, link: str) -> None:
    assert _start(folder, {"KEYBACK_PAGES__HELP_DESK_LINK": link}).pages.help_desk_link == link


def test_the_logo_is_looked_for_beside_the_file_that_names_it(folder: Path) -> None:
    (folder / "our.svg").write_text("<svg></svg>", encoding="utf-8")
    assert _start(folder, toml='[pages]\nlogo_file = "our.svg"\n').logo == ("logo.svg", b"<svg></svg>")
    assert _start(folder).logo is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg:///kb?host=/run/postgresql",
        "postgresql+psycopg://kb@127.0.0.1:5433/kb",
        "postgresql+psycopg://kb@db.example.org/kb?sslmode=verify-full",
    ],
)
def test_a_database_on_this_machine_or_over_verified_tls_is_taken(folder: Path, url: str) -> None:
    assert _start(folder, {"KEYBACK_DATABASE_URL": url}).database == url


def test_without_a_database_url_the_tables_are_in_the_data_folder(folder: Path) -> None:
    assert _start(folder, {"KEYBACK_DATA_DIR": "data"}).database == f"sqlite:///{folder}/data/keyback.db"


def test_several_problems_are_told_together(folder: Path) -> None:
    told = _refusal(folder, {"KEYBACK_PORTAL_URL": "http://x.example", "KEYBACK_SERVE__BIND": "0.0.0.0:1"})
    assert "https://" in told
    assert "trusted_proxies" in told


def test_only_the_demo_may_speak_plain_http_and_only_to_this_machine(folder: Path) -> None:
    demo = {"KEYBACK_DEMO": "true", "KEYBACK_PORTAL_URL": "http://localhost:8080"}
    assert _start(folder, demo).secure is False
    assert "on this machine" in _refusal(folder, {**demo, "KEYBACK_SERVE__BIND": "0.0.0.0:8080"})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    (folder / "keyback.key").chmod(mode)
    assert "chmod 600" in _refusal(folder)


@pytest.mark.parametrize("content", ["", "short", "A" * 44, "%" * 43])
def test_a_malformed_key_is_refused_without_being_quoted(folder: Path, content: str) -> None:
    path = folder / "keyback.key"
    path.write_text(content, encoding="ascii")
    told = _refusal(folder)
    assert "holds no key" in told
    assert not content or content not in told


def test_a_missing_key_is_refused_and_the_way_to_make_one_is_named(folder: Path) -> None:
    (folder / "keyback.key").unlink()
    assert "keyback init" in _refusal(folder)


def test_a_key_is_made_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keyback.key"
    key_file.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = key_file.read(path)
    with pytest.raises(FileExistsError):
        key_file.write(path)
    assert key_file.read(path) == before


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    toml = 'log_level = "error"\n[serve]\nthreads = 4\n'
    settings = _start(folder, {"KEYBACK_LOG_LEVEL": "debug"}, toml)
    assert (settings.log_level, settings.serve.threads) == ("debug", 4)


def test_a_pin_from_the_environment_is_taken_as_it_stands(folder: Path) -> None:
    pins = {
        "KEYBACK_PIN__STORE__OPENLDAP__BIND_PASSWORD": "[odd",
        "KEYBACK_PIN__STORE__OPENLDAP__SERVERS": '["a", "b"]',
    }
    settings = _start(folder, pins, '[pin.store.openldap]\nbase = "dc=example"\n')
    assert settings.pinned == {
        ("store", "openldap"): {"base": "dc=example", "bind_password": "[odd", "servers": ["a", "b"]}
    }


def test_neither_settings_nor_refusals_show_a_secret(folder: Path) -> None:
    secret = "correct-horse-battery"
    url = f"postgresql+psycopg://kb:{secret}@db.example.org/kb"
    pins = {"KEYBACK_PIN__STORE__OPENLDAP__BIND_PASSWORD": secret}
    shown = repr(_start(folder, {**pins, "KEYBACK_DATABASE_URL": f"{url}?sslmode=verify-full"}))
    assert secret not in shown
    assert secret not in _refusal(folder, {**pins, "KEYBACK_DATABASE_URL": url})
    assert secret not in _refusal(folder, {"KEYBACK_SERVE__THREADS": secret})


@pytest.mark.parametrize(
    "address", ["http://intranet.example.org/", "/relative", "https://a@b.example/", "javascript:x"]
)
def test_people_are_sent_back_only_to_whole_https_addresses(folder: Path, address: str) -> None:
    toml = f'[entries.intranet]\nname = "Intranet"\nreturn_urls = ["{address}"]\n'
    assert "entries.intranet" in _refusal(folder, toml=toml)


def test_a_client_knows_accounts_of_a_store_that_is_there(folder: Path) -> None:
    client = f'[entries.idp]\nname = "IdP"\nredirect_uris = ["https://idp.example/cb"]\nclient_secret = "{"s" * 43}"\n'
    assert _start(folder, toml=f'{client}store = "openldap"\n').entry_tables["idp"]["client_secret"] == "s" * 43
    assert "store must be one of plugins.load" in _refusal(folder, toml=f'{client}store = "entra"\n')
    assert "must begin with https://" in _refusal(folder, toml=client.replace("https", "http"))


def test_a_client_s_keys_are_read_at_the_start(folder: Path) -> None:
    client = '[entries.idp]\nname = "IdP"\nredirect_uris = ["https://idp.example/cb"]\nstore = "openldap"\n'
    refused = _refusal(folder, toml=f'{client}client_keys_file = "{folder}/nowhere.jwks"\n')
    assert "client_keys_file" in refused
    (folder / "idp.jwks").write_text('{"keys": []}')
    settings = _start(folder, toml=f'{client}client_keys_file = "{folder}/idp.jwks"\n')
    assert settings.entry_tables["idp"]["client_keys"] == '{"keys": []}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('push_hosts = ["https://siem.example.org"]', "is no host name"),
        ('push_hosts = ["*"]', "is no host name"),
        ('push_hosts = ["*.org"]', "is no host name"),
        ('push_hosts = ["a b.example"]', "is no host name"),
        ('private_networks = ["0.0.0.0/0"]', "must not be everything"),
        ('ca_file = "/nowhere.pem"', "holds no certificate"),
        ('proxy = "socks5://proxy.example:1080"', "signals.proxy must be http://"),
    ],
)
def test_signals_go_to_named_hosts_alone(folder: Path, line: str, said: str) -> None:
    assert said in _refusal(folder, toml=f"[signals]\nenabled = true\n{line}\n")


def test_signals_may_go_to_a_host_and_to_all_below_another(folder: Path) -> None:
    chosen = _start(folder, toml='[signals]\npush_hosts = ["siem.example.org", "*.okta.example"]\n').signals
    assert (chosen.enabled, chosen.push_hosts) == (False, ("siem.example.org", "*.okta.example"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('private_networks = ["::/0"]', "clients.private_networks must not be everything"),
        ('ca_file = "/nowhere.pem"', "clients.ca_file holds no certificate"),
        ('proxy = "https://proxy.example:3128"', "clients.proxy must be http://"),
        ('proxy = "proxy.example:3128"', "clients.proxy must be http://"),
        ('proxy = "http://proxy.example"', "clients.proxy must be http://"),
    ],
)
def test_clients_are_reached_in_named_networks_alone(folder: Path, line: str, said: str) -> None:
    assert said in _refusal(folder, toml=f"[clients]\n{line}\n")


@pytest.mark.parametrize("section", ["clients", "signals"])
def test_a_file_of_authorities_lies_beside_the_settings_and_a_proxys_password_is_never_printed(
    folder: Path, section: str
) -> None:
    (folder / "own.pem").write_bytes(Authority(folder / "authority").ca_file.read_bytes())
    lines = f'[{section}]\nca_file = "own.pem"\nproxy = "http://kb:secret-word@proxy.example:3128"\n'
    settings = _start(folder, toml=lines)
    assert settings.ca_files == {f"{section}.ca_file": str(folder / "own.pem")}
    assert "secret-word" not in repr(settings)
    assert _start(folder, toml=f'[{section}]\nca_file = ""\n').ca_files == {}


@pytest.mark.parametrize("name", ["backchannel_logout_uri", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://idp.example/x", "/relative", "https://a@idp.example/"])
def test_nothing_of_a_client_is_asked_or_told_without_tls(folder: Path, name: str, address: str) -> None:
    toml = f'[entries.idp]\nname = "IdP"\n{name} = "{address}"\n'
    assert "entries.idp" in _refusal(folder, toml=toml)


def test_one_realm_cannot_belong_to_two_stores(folder: Path) -> None:
    assert "claimed by two" in _refusal(
        folder, toml='[realms]\nopenldap = ["example.org"]\nembedded = ["EXAMPLE.org"]\n'
    )


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('"Alderwick" = "openldap"', "at least two stores"),
        ('"Alderwick" = "openldap"\n"Shops" = "openldap"', "at least two stores"),
        ('"Alderwick" = "openldap"\n"Bracken" = "entra"', "entra must be one of plugins.load"),
        ('" Alderwick" = "openldap"\n"Bracken" = "embedded"', "organisations"),
        ('"" = "openldap"\n"Bracken" = "embedded"', "organisations"),
        ('"Alder\\nwick" = "openldap"\n"Bracken" = "embedded"', "organisations"),
    ],
)
def test_organisations_that_leave_no_choice_are_refused(folder: Path, lines: str, why: str) -> None:
    load = '[plugins]\nload = ["openldap", "embedded", "proof_of_work", "picture_and_sound"]\n'
    assert why in _refusal(folder, toml=f"{load}[organisations]\n{lines}\n")


def test_organisations_stand_in_the_order_of_the_file(folder: Path) -> None:
    load = '[plugins]\nload = ["openldap", "embedded", "proof_of_work", "picture_and_sound"]\n'
    settings = _start(folder, toml=f'{load}[organisations]\n"Mills & Co" = "embedded"\n"Alderwick" = "openldap"\n')
    assert list(settings.organisations.items()) == [("Mills & Co", "embedded"), ("Alderwick", "openldap")]


def test_a_file_that_is_not_toml_is_refused_by_its_name(folder: Path) -> None:
    assert "is not TOML" in _refusal(folder, toml="company =")


def test_money_is_counted_in_whole_numbers(folder: Path) -> None:
    settings = _start(folder, toml="[media.sms]\nprices = {http_gateway = 0.0079}\nmoney_per_day = 12.5\n")
    rules = rules_of(settings.media["sms"])
    assert (rules.prices, rules.usual_price, rules.money_per_day) == ({"http_gateway": 79}, 1000, 125_000)


def test_what_the_settings_leave_out_of_a_medium_is_what_the_service_takes_for_it() -> None:
    assert rules_of(MediumSettings()) == NO_RULES


# The file that ships ----------------------------------------------------------------------------------------------


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _keys(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_key_stands_in_the_shipped_file_with_its_default(folder: Path) -> None:
    shipped = load({"KEYBACK_CONFIG": str(SHIPPED), "KEYBACK_KEY_FILE": str(folder / "keyback.key")}, folder)
    for name in ("company", "help_desk", "portal_url"):
        assert getattr(shipped, name)
    plain = Settings(portal_url=shipped.portal_url, company=shipped.company, help_desk=shipped.help_desk)
    assert shipped.model_copy(update={"key_file": plain.key_file}) == plain


def test_every_key_of_the_shipped_file_has_a_line_of_why() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    named = [number for number, line in enumerate(lines) if line and line[0].isalpha()]
    assert not [lines[number] for number in named if not lines[number - 1].startswith("# ")]
    written = {lines[number].partition(" ")[0] for number in named} | {line[1:-1] for line in lines if line[:1] == "["}
    assert {key.rpartition(".")[2] for key in _keys(Settings)} <= written
    for model in (EntrySettings, MediumSettings):
        assert all(f"# {name} = " in SHIPPED.read_text(encoding="utf-8") for name in model.model_fields)
