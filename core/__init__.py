"""The public door: everything a plugin author may use, and all that Keyback promises to keep."""

from __future__ import annotations

from .contracts import events
from .contracts.addresses import e164, fold_number, mailbox
from .contracts.channel import Call, Callback, CanHear, Channel, Heard, Message, Receipt, Wakes
from .contracts.device import KnowsDevices, Statement
from .contracts.errors import (
    Ambiguous,
    DeliveryFailed,
    KeybackError,
    MustWait,
    NotAllowed,
    OutcomeUnknown,
    OutOfTurn,
    PasswordRefused,
    PluginError,
    SettingsInvalid,
    StoreUnavailable,
)
from .contracts.human_check import HumanCheck, Humanity, Part, Widget
from .contracts.masking import mask_mail, mask_phone
from .contracts.method import (
    Alphabet,
    Asked,
    Carrier,
    Challenge,
    Enrollable,
    Factor,
    Field,
    Method,
    NewEnrolment,
    Offer,
    Prompt,
    Verdict,
)
from .contracts.notifier import Happening, Notifier
from .contracts.one_time_code import CodeSettings, OneTimeCode, draw_digits, same
from .contracts.own_address import OwnAddress
from .contracts.people import Account, AccountKey, AccountState, Contact, ContactKind, Enrolment, Person
from .contracts.plugin import Context, NoSettings, Plugin, PluginSettings
from .contracts.short_text import fits_one_text, short_name
from .contracts.store import (
    CanChange,
    CanEndSessions,
    CanTell,
    CanUnlock,
    DirectoryRules,
    KnowsLinks,
    Outcome,
    OutcomeKind,
    Store,
)
from .contracts.text import Secret, Text
from .hookspecs import hookimpl, hookspec

__all__ = [
    "Account",
    "AccountKey",
    "AccountState",
    "Alphabet",
    "Ambiguous",
    "Asked",
    "Call",
    "Callback",
    "CanChange",
    "CanEndSessions",
    "CanHear",
    "CanTell",
    "CanUnlock",
    "Carrier",
    "Challenge",
    "Channel",
    "CodeSettings",
    "Contact",
    "ContactKind",
    "Context",
    "DeliveryFailed",
    "DirectoryRules",
    "Enrollable",
    "Enrolment",
    "Factor",
    "Field",
    "Happening",
    "Heard",
    "HumanCheck",
    "Humanity",
    "KeybackError",
    "KnowsDevices",
    "KnowsLinks",
    "Message",
    "Method",
    "MustWait",
    "NewEnrolment",
    "NoSettings",
    "NotAllowed",
    "Notifier",
    "Offer",
    "OneTimeCode",
    "OutOfTurn",
    "Outcome",
    "OutcomeKind",
    "OutcomeUnknown",
    "OwnAddress",
    "Part",
    "PasswordRefused",
    "Person",
    "Plugin",
    "PluginError",
    "PluginSettings",
    "Prompt",
    "Receipt",
    "Secret",
    "SettingsInvalid",
    "Statement",
    "Store",
    "StoreUnavailable",
    "Text",
    "Verdict",
    "Wakes",
    "Widget",
    "draw_digits",
    "e164",
    "events",
    "fits_one_text",
    "fold_number",
    "hookimpl",
    "hookspec",
    "mailbox",
    "mask_mail",
    "mask_phone",
    "same",
    "short_name",
]
