"""What is tried, in this order: each is a sentence that holds, or one of three exceptions that say why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Thread

from ...core.contracts.errors import Ambiguous, KeybackError
from ...core.contracts.store import CanTell
from ...core.contracts.text import Secret
from .trial import Broken, NotTried, Trial, Weaker

Case = Callable[[Trial], None]

# Signs that libraries change on the way: a ligature, a composed letter in two pieces, another alphabet, quotes.
ODD = 'ﬁ-é-e\u0301-Пароль "\\2a"'


def _settings_work(trial: Trial) -> None:
    try:
        trial.store.check()
    except KeybackError as problem:
        raise Broken(str(problem)) from None


def _is_found(trial: Trial) -> None:
    account = trial.account()
    again = trial.store.look(account.key, trial.context())
    if again is None or again.key != account.key:
        raise Broken("reading it by its id brings another account, or none")


def _nobody_by_a_pattern(trial: Trial) -> None:
    for name in ("*", f"{trial.name[:1]}*", f"{trial.name})(objectClass=*", f"{trial.name}\x00"):
        try:
            found = trial.store.find(name, trial.context())
        except Ambiguous:
            found = None
        if found is not None:
            raise Broken("a pattern in place of a name brought somebody")


def _is_ordinary(trial: Trial) -> None:
    account = trial.account()
    if account.privileged:
        raise Broken("it is privileged: Keyback does not serve such accounts, so take another one")
    if not account.state.enabled or account.state.expired or account.state.locked:
        raise Broken("it is disabled, expired or locked: mend that, or take another one")


def _is_the_operators(trial: Trial) -> None:
    # One try, and no more: a wrong password here may mean somebody else's account.
    trial.must_open("that password")


def _untypable_is_refused(trial: Trial) -> None:
    before = trial.account()
    for odd in ("", "with\x00nul Kb-9", "line\nbreak Kb-9"):
        if not trial.refusal(trial.noted(odd)):
            raise Broken("a password with a control character was set")
    if trial.account().stamp != before.stamp:
        raise Broken("a refused password moved the account's mark")


def _short_is_refused(trial: Trial) -> None:
    if not trial.refusal(trial.fresh(length=3)):
        raise Weaker("three characters were taken: this directory's rules do not hold for resets")


def _rules_bind(trial: Trial) -> None:
    shortest = trial.store.rules(trial.account(), trial.context()).min_length
    if not shortest:
        raise NotTried("this account cannot read the directory's rules, or there are none about length")
    if not trial.refusal(trial.fresh(length=shortest - 1)):
        raise Weaker(f"the rules say {shortest} characters, and one less was taken")


def _reset_works(trial: Trial) -> None:
    before = trial.account()
    trial.set(trial.fresh())
    if isinstance(trial.store, CanTell) and trial.store.changed_since(before, ctx=trial.context()) is False:
        raise Broken("the directory says that nothing was changed")
    trial.must_open("the new password")


def _old_one_ends(trial: Trial) -> None:
    old = trial.password
    trial.set(trial.fresh())
    if trial.opens(old):
        raise Weaker("the old one still opens it; Active Directory allows that for an hour")


def _overtaken_is_refused(trial: Trial) -> None:
    stale = trial.account()
    trial.set(trial.fresh())
    try:
        trial.set(trial.fresh(), stale)
    except KeybackError:
        return trial.must_open("the newer password")
    raise Broken("somebody's newer password was overwritten")


def _two_are_one(trial: Trial) -> None:
    same, wins = trial.account(), list[Secret]()

    def write(password: Secret) -> None:
        trial.written = True
        try:
            trial.store.set_password(same, password, unlock=True, ctx=trial.context())
        except KeybackError:
            return
        wins.append(password)

    writers = [Thread(target=write, args=(trial.fresh(),)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if not wins:
        raise NotTried("neither of them was let in")
    trial.password = wins[-1] if trial.opens(wins[-1]) is not False else wins[0]
    if len(wins) > 1:
        raise Weaker("both were told that they had set it: only Keyback's own lease keeps them apart")


def _arrives_as_typed(trial: Trial) -> None:
    if trial.refusal(trial.noted(trial.fresh().reveal() + ODD)):
        raise NotTried("the directory's rules do not take such signs")
    trial.must_open("a password with signs of other alphabets")


def _used_before_is_refused(trial: Trial) -> None:
    used = trial.password
    trial.set(trial.fresh())
    if not trial.refusal(used):
        raise Weaker("the one before was taken again: no history holds for resets")


# Without these it may not be the operator's own test account, and nothing is written.
NEEDED: Mapping[str, Case] = {
    "the settings of the store work": _settings_work,
    "the account is found by its name, and again by its id": _is_found,
    "it is an ordinary account that is in use": _is_ordinary,
    "the password that you gave opens it": _is_the_operators,
}
CASES: Mapping[str, Case] = {
    "no pattern brings anybody": _nobody_by_a_pattern,
    "a password that cannot be typed is refused": _untypable_is_refused,
    "a password that is too short is refused": _short_is_refused,
    "the rules that people are shown bind": _rules_bind,
    "after a reset the new password opens it": _reset_works,
    "and the old one ends": _old_one_ends,
    "whoever was overtaken writes nothing": _overtaken_is_refused,
    "of two resets at once one is done": _two_are_one,
    "a password arrives as it was typed": _arrives_as_typed,
    "a password that was used before is refused": _used_before_is_refused,
}
