"""What is tried of locking, if the operator says how many wrong sign-ins may be spent on it."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.contracts.store import CanTell, CanUnlock
from .cases import Case
from .trial import Broken, NotTried, Trial


def _lock(trial: Trial) -> None:
    """Wrong sign-ins until it is locked."""
    if not isinstance(trial.store, CanTell):
        raise NotTried("this directory cannot be asked whether a password opens an account")
    for _ in range(trial.tries):
        trial.store.accepts(trial.account(), trial.fresh(), ctx=trial.context())
        if trial.account().state.locked:
            return
    raise NotTried(f"{trial.tries} wrong sign-ins did not lock it, or it cannot be seen")


def _lock_is_seen(trial: Trial) -> None:
    _lock(trial)
    if trial.opens():
        raise Broken("it is said to be locked and can be signed in to")


def _refused_leaves_it_locked(trial: Trial) -> None:
    if not trial.account().state.locked:
        raise NotTried("it is not locked")
    if trial.refusal(trial.fresh(length=3)) and not trial.account().state.locked:
        raise Broken("a reset that was refused has unlocked it")


def _unlocked_without_reset(trial: Trial) -> None:
    if not isinstance(trial.store, CanUnlock):
        raise NotTried("this store cannot unlock without a reset")
    for _ in range(2):
        trial.store.unlock(trial.account(), ctx=trial.context())
    if trial.account().state.locked:
        raise Broken("it is still locked")
    trial.must_open("the same password")


def _reset_unlocks(trial: Trial) -> None:
    _lock(trial)
    trial.set(trial.fresh())
    if trial.account().state.locked:
        raise Broken("it is still locked")
    trial.must_open("the new password")


LOCKING: Mapping[str, Case] = {
    "too many wrong sign-ins lock it, and that is seen": _lock_is_seen,
    "a refused reset leaves it locked": _refused_leaves_it_locked,
    "unlocking lets the same password in, and does no harm twice": _unlocked_without_reset,
    "a reset unlocks": _reset_unlocks,
}
