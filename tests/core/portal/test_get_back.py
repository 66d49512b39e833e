"""Whether somebody could get back in, in words that people use."""

from __future__ import annotations

import pytest

from keyback.core.portal.get_back import ADD, HAVE, panel
from keyback.core.recovery.policy import PublicRules
from keyback.core.service.enrolling.my_methods import GetBack


@pytest.mark.parametrize("key", [*PublicRules().methods, "questions"])
def test_every_method_of_ours_has_everyday_words_and_goes_by_no_key(key: str) -> None:
    for words in (HAVE, ADD):
        assert "_" not in str(words[key])


def test_texts_and_calls_reach_one_phone_which_is_said_once() -> None:
    none = panel(GetBack(False, 2, have=(), help=("sms", "voice", "email")), {})
    assert str(none.lines[-1]) == "Add a phone or an e-mail."
    some = panel(GetBack(True, 2, have=("sms", "voice", "phone_approval"), help=()), {})
    assert str(some.lines[-1]) == "You have your phone and approval on your phone."


def test_a_method_of_somebody_else_goes_by_its_own_name() -> None:
    assert str(panel(GetBack(False, 2, have=(), help=("badge",)), {"badge": "Badge"}).lines[-1]) == "Add Badge."
