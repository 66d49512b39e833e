"""The twelve things that can go wrong; each is an outcome with the data that its reader needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from .text import Text


class KeybackError(Exception):
    """The root of all of ours. Never raised itself."""

    @property
    def said(self) -> Text | str:
        """Why; administrators read it in their own language where it was raised with a Text."""
        first = self.args[0] if len(self.args) == 1 else None
        return first if isinstance(first, Text) else str(self)


class PluginError(KeybackError):
    """A plugin cannot do its work (raised by plugins and by the host around them). People see: choose another way."""


class SettingsInvalid(KeybackError):
    """Settings cannot work (raised when they are loaded or saved). Whoever administers Keyback sees `problems`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class StoreUnavailable(KeybackError):
    """A store surely did nothing, because it could not be reached. People see: nothing was changed, try again."""


class OutcomeUnknown(KeybackError):
    """A store took a write and its answer was lost. People see: we do not know yet; the truth follows."""


class Ambiguous(KeybackError):
    """A name means more than one account (raised by `Store.find`). To the outside this is an unknown name."""


class PasswordRefused(KeybackError):
    """A password is not good enough (raised by stores and by the service). People see `reasons`."""

    def __init__(self, reasons: Sequence[Text]) -> None:
        super().__init__("; ".join(reason.message for reason in reasons))
        self.reasons = tuple(reasons)


class WrongPassword(KeybackError):
    """This is not the account's password (raised by stores that change a known one). People see: try again."""


class DeliveryFailed(KeybackError):
    """A channel could not carry a message. Nobody sees it before a first proof; `retry` says if later may help.

    `unknown`: it may have been taken all the same, so no other provider is asked. Nor is one after the kinds "address",
    "number", "not-mobile" and "opted-out", which are about the number and not about the provider.
    """

    def __init__(self, kind: str, *, retry: bool, unknown: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry = retry
        self.unknown = unknown


class OutOfTurn(KeybackError):
    """A move that does not fit where the recovery stands. People see where it stands."""


class MustWait(KeybackError):
    """A limit is reached (raised by the gate and by the service). People see how long to wait."""

    def __init__(self, until: datetime) -> None:
        super().__init__("a limit is reached")
        self.until = until


class NotAllowed(KeybackError):
    """A request that no honest page makes: wrong cookie, failed human check, foreign form. People see `reason`.

    `at`: what is wrong with each field, by its name.
    """

    def __init__(self, reason: Text, at: Mapping[str, Text] | None = None) -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.at = dict(at or {})
