"""The whole house without its pages: what serves a recovery, and what works behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from ..core.contracts.brand import Brand
from ..core.contracts.errors import SettingsInvalid
from ..core.db.clock import Clock
from ..core.db.sealing import KeyPurpose, Keyring
from ..core.db.session import Database
from ..core.host import Host
from ..core.languages import Languages
from ..core.recovery.policy import Disclosure
from ..core.service.enrolling.door import Door
from ..core.service.finding.disclosing import disclosure_problems
from ..core.service.records import Records
from ..core.service.snapshot import Snapshots
from ..core.service.staff import Staff, employ
from ..core.service.surroundings import Surroundings
from ..core.service.writing.breached import Breached
from ..core.service.writing.strength import estimate
from ..idp_bridge.entries import Entries
from .brand import file_says
from .media import rules_of
from .provider import teach_to_fetch_keys, teach_to_log_out
from .settings import Settings
from .sign_in import door_of
from .signals import teach_to_push

TRANSLATIONS = Path(__file__).parent.parent / "core" / "portal" / "translations"
SHIPPED_LEAKS = Path(__file__).parent / "breached" / "common.bin"


@dataclass(frozen=True)
class House:
    """Everything that lives as long as the process does."""

    settings: Settings
    records: Records
    snapshots: Snapshots
    around: Surroundings
    staff: Staff
    leaks: Breached
    door: Door | None = None
    # Where plugins keep their own words.
    translations: tuple[Path, ...] = ()
    _leaving: Event = field(default_factory=Event)

    @property
    def ready(self) -> bool:
        """Whether a recovery should be brought here: nobody is leaving, the database answers, and there are a store
        and a human check."""
        if self._leaving.is_set():
            return False
        plugins = self.snapshots.current.plugins
        return bool(plugins.stores) and plugins.human_check is not None and self.records.db.ready()

    def leave(self) -> None:
        """Say that others should be asked from now on, and begin no more jobs; pages are still served."""
        self._leaving.set()
        self.staff.office.leaving.set()

    def close(self, seconds: float = 2.0) -> None:
        """Let go of everything, in the order in which it was taken; jobs that were begun get so long to be finished."""
        self.staff.office.stop(seconds)
        self.snapshots.current.plugins.close()
        self.records.db.close()
        self.leaks.close()


def build(settings: Settings) -> House:
    """From settings to a house that is ready to open. Raises SettingsInvalid, and says what to set."""
    if not settings.data_dir.is_dir():
        raise SettingsInvalid([f"data_dir {settings.data_dir} is not there: `keyback init` makes it"])
    db = Database(settings.database)
    db.upgrade()
    keyring = Keyring.load(db, settings.key(), settings.previous_key())
    records = Records.open(db, keyring)
    host = Host(settings.plugins.load, settings.plugins.approved)
    languages = Languages(TRANSLATIONS, host.translations, default=settings.language)
    _refuse_unspoken(settings, languages)
    clock = Clock(db)
    file = file_says(settings)
    around = _surroundings(settings, file.brand, languages, clock)
    snapshots = Snapshots(
        host,
        records,
        pinned=settings.pinned,
        made=_made(keyring),
        human_checks=settings.plugins.human_checks,
        disclosure=Disclosure(settings.disclosure) if settings.disclosure else None,
        file=file,
        networks=settings.plugins.allowed_networks,
        entries=Entries.from_config(settings.entry_tables).pinned,
        now=clock.now,
    )
    around = replace(around, brand=lambda: snapshots.current.brand)
    _refuse_unusable(snapshots)
    if problems := disclosure_problems(snapshots.current, around):
        raise SettingsInvalid(problems)
    leaks = Breached(settings.breached_file or SHIPPED_LEAKS)
    staff = employ(records, snapshots, around, breached=leaks.__contains__, strength=estimate)
    staff.office.also(lambda _: clock.compare(), everywhere=True)
    house = House(settings, records, snapshots, around, staff, leaks, door_of(settings, staff), host.translations)
    teach_to_log_out(house)
    teach_to_fetch_keys(house)
    if settings.signals.enabled:
        teach_to_push(house)
    return house


def _surroundings(settings: Settings, brand: Brand, languages: Languages, clock: Clock) -> Surroundings:
    return Surroundings(
        company=brand.short_name,
        origin=settings.origin,
        help_desk=brand.help_desk,
        help_desk_mail=settings.help_desk_mail,
        file_domains=settings.console.file_domains,
        languages=languages,
        realms=settings.realms,
        netbios=settings.netbios,
        organisations=settings.organisations,
        canaries=settings.canaries,
        trusted_networks=settings.trusted_networks,
        media={medium: rules_of(each) for medium, each in settings.media.items()},
        ca_files=settings.ca_files,
        signals=settings.signals.enabled,
        now=clock.now,
    )


def _made(keyring: Keyring) -> dict[tuple[str, str], Mapping[str, object]]:
    """The secrets that nobody needs to choose: every process derives the same ones."""
    # From a key that never rotates: a new pepper would end every saved code, and every answer.
    pepper, spice = (keyring.mac(KeyPurpose.PSEUDONYM, f"{name}-pepper").hex() for name in ("saved-codes", "questions"))
    return {
        ("human_check", "proof_of_work"): {"key": keyring.mac(KeyPurpose.PSEUDONYM, "proof-of-work").hex()},
        ("human_check", "picture_and_sound"): {"key": keyring.mac(KeyPurpose.PSEUDONYM, "picture-and-sound").hex()},
        # Browsers subscribe with its public half: another one would end every subscription.
        ("channel", "web_push"): {"key": keyring.mac(KeyPurpose.PSEUDONYM, "web-push").hex()},
        ("method", "saved_codes"): {"pepper": pepper},
        ("method", "questions"): {"pepper": spice},
    }


def _refuse_unspoken(settings: Settings, languages: Languages) -> None:
    entries = {f"entries.{key}.language": entry.language for key, entry in settings.entries.items() if entry.language}
    wanted = {"language": settings.language, **entries}
    if unknown := [name for name, tag in wanted.items() if tag not in languages.names]:
        raise SettingsInvalid([f"{name} must be one of: {', '.join(languages.names)}" for name in unknown])


def _refuse_unusable(snapshots: Snapshots) -> None:
    plugins = snapshots.current.plugins
    problems = [f"plugin {broken.name}: {broken.why}" for broken in plugins.broken]
    if not plugins.stores:
        problems.append("no store works: set one up, for example [pin.store.openldap]")
    if plugins.human_check is None:
        problems.append("the human check does not work: set plugins.human_check")
    # A broken plugin alone is shown and not fatal; without a store or a human check nobody could be served.
    if not plugins.stores or plugins.human_check is None:
        raise SettingsInvalid(problems)
