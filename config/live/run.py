"""Runs the hard cases one after another, and leaves the account with the password that the operator named."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from ...core.contracts.errors import KeybackError
from ...core.contracts.text import Secret
from .cases import CASES, NEEDED, Case
from .locking import LOCKING
from .trial import Broken, NotTried, Trial, Weaker


class Verdict(StrEnum):
    """How a case went."""

    HELD = "held"
    WEAKER = "weaker"
    NOT_TRIED = "not tried"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    case: str
    verdict: Verdict
    why: str = ""


def run(trial: Trial, leave_with: Secret, say: Callable[[Finding], None]) -> bool:
    """Say each case as it ends; whether all that is promised held. Nothing is written before what is needed holds."""
    findings: list[Finding] = []

    def tell(name: str, case: Case) -> Verdict:
        findings.append(_tried(name, case, trial))
        say(findings[-1])
        return findings[-1].verdict

    try:
        with _listening() as heard:
            needed = [tell(name, case) for name, case in NEEDED.items()]
            if Verdict.BROKEN in needed:
                return False
            for name, case in {**CASES, **(LOCKING if trial.tries else {})}.items():
                tell(name, case)
            tell("no password is in what was logged", lambda _: _not_among(trial.known, heard))
    finally:
        # Also when somebody interrupts it.
        if trial.written:
            tell("the account has the password that you named", lambda _: _leave(trial, leave_with))
    return all(finding.verdict is not Verdict.BROKEN for finding in findings)


def _tried(name: str, case: Case, trial: Trial) -> Finding:
    try:
        case(trial)
    except Broken as why:
        return Finding(name, Verdict.BROKEN, str(why))
    except Weaker as why:
        return Finding(name, Verdict.WEAKER, str(why))
    except NotTried as why:
        return Finding(name, Verdict.NOT_TRIED, str(why))
    except KeybackError as problem:
        return Finding(name, Verdict.BROKEN, str(problem))
    except Exception as problem:
        # Of a plugin of somebody else's: its words may hold a password, its kind cannot.
        return Finding(name, Verdict.BROKEN, f"failed with {type(problem).__name__}")
    return Finding(name, Verdict.HELD)


def _leave(trial: Trial, password: Secret) -> None:
    why = trial.refusal(password)
    if why:
        raise Broken(f"refused: {why} Reset it, for nobody knows the one that it has")
    trial.must_open("the password that you named")


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Hear what every logger says, down to the last detail; who listened before hears what they always did."""
    heard: list[str] = []
    root, ear = logging.getLogger(), _Ear(heard)
    level, others = root.level, [(handler, handler.level) for handler in root.handlers]
    for handler, own in others:
        handler.setLevel(max(own, level))
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.setLevel(level)
        root.removeHandler(ear)
        for handler, own in others:
            handler.setLevel(own)


class _Ear(logging.Handler):
    """Keeps every line with all that was said beside it."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """As a careless formatter would print it."""
        self._heard.append(f"{record.getMessage()} {vars(record)}")


def _not_among(passwords: list[Secret], lines: list[str]) -> None:
    for password in passwords:
        forms = [form for form in _forms(password.reveal()) if len(form) > 2]
        if any(form in line for line in lines for form in forms):
            raise Broken("a password stands in a line of the log: set log_level to info and tell the plugin's author")


def _forms(password: str) -> tuple[str, ...]:
    raw = password.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode().rstrip("=")
    return password, repr(raw)[2:-1], raw.hex(), encoded, password.encode("utf-16-le", "surrogatepass").hex()
