"""The robot check that the browser does by itself: what the server takes and what it refuses."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from servers.human import solve

from keyback.core import Context
from keyback.plugins.human_checks.proof_of_work import GOOD_FOR, ProofOfWork, ProofOfWorkSettings

CHECK = ProofOfWork(ProofOfWorkSettings(key=SecretStr("k" * 32), tries=3))


def solved(ctx: Context, effort: int = 1) -> str:
    return solve(CHECK.widget(ctx, effort=effort).data["challenge"])


def passes(answer: str, ctx: Context, effort: int = 1) -> bool:
    return CHECK.judge({"proof_of_work": answer}, ctx, effort=effort).passed


def changed(answer: str, **parameters: Any) -> str:
    payload = json.loads(base64.b64decode(answer))
    payload["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(payload).encode()).decode()


def test_a_solved_task_passes_and_its_name_is_always_the_same(ctx: Context) -> None:
    answer = solved(ctx)
    first, second = (CHECK.judge({"proof_of_work": answer}, ctx) for _ in range(2))
    assert first.passed
    # The host takes each name once; whatever is wrapped differently around the same task has the same name.
    payload = json.loads(base64.b64decode(answer))
    payload["solution"]["time"] = 99
    wrapped = base64.b64encode(json.dumps(payload, indent=1).encode()).decode()
    again = CHECK.judge({"proof_of_work": wrapped}, ctx)
    assert again.passed
    assert first.once == second.once == again.once != ""


def test_two_tasks_have_two_names(ctx: Context) -> None:
    names = {CHECK.judge({"proof_of_work": solved(ctx)}, ctx).once for _ in range(3)}
    assert len(names) == 3


def test_a_solution_is_good_for_ten_minutes(ctx: Context) -> None:
    answer = solved(ctx)
    assert timedelta(minutes=10) == GOOD_FOR
    assert passes(answer, replace(ctx, now=ctx.now + GOOD_FOR - timedelta(seconds=2)))
    late = CHECK.judge({"proof_of_work": answer}, replace(ctx, now=ctx.now + GOOD_FOR))
    assert not late.passed
    assert str(late.reason) == "The check ran out of time. Press Continue again."


def test_a_solution_passes_no_higher_effort_than_it_was_made_for(ctx: Context) -> None:
    answer = solved(ctx, effort=3)
    assert passes(answer, ctx, effort=3)
    assert passes(answer, ctx, effort=1)
    assert not passes(answer, ctx, effort=4)


def test_effort_multiplies_the_work(ctx: Context) -> None:
    def number(effort: int) -> int:
        answer = json.loads(base64.b64decode(solve(check.widget(high, effort=effort).data["challenge"])))
        return int(answer["solution"]["counter"])

    check = ProofOfWork(ProofOfWorkSettings(key=SecretStr("k" * 32), tries=10))
    high = replace(ctx, random=lambda count: (2**60 * 10 - 1).to_bytes(count, "big"))
    assert number(1) < 10
    assert 10 <= number(8) < 80


@pytest.mark.parametrize(
    "parameters",
    [
        {"data": {"effort": 99, "until": 9_999_999_999}}, {"data": None}, {"cost": 1}, {"keyPrefix": ""},
        {"keySignature": "00"}, {"keySignature": None}, {"expiresAt": 9_999_999_999}, {"algorithm": "SHA-256"},
        {"nonce": "00" * 16}, {"nonce": {"deep": []}}, {"cost": "x"}, {"cost": 1e400}, {"salt": None},
        {"keyLength": 10**9},
    ],
)  # fmt: skip
def test_a_task_that_was_changed_is_refused(parameters: dict[str, Any], ctx: Context) -> None:
    assert not passes(changed(solved(ctx), **parameters), ctx)


def test_a_task_of_another_house_is_refused(ctx: Context) -> None:
    other = ProofOfWork(ProofOfWorkSettings(key=SecretStr("o" * 32), tries=3))
    assert not other.judge({"proof_of_work": solved(ctx)}, ctx).passed


def test_a_solution_of_another_task_is_refused(ctx: Context) -> None:
    one, two = (json.loads(base64.b64decode(solved(ctx))) for _ in range(2))
    one["solution"] = two["solution"]
    assert not passes(base64.b64encode(json.dumps(one).encode()).decode(), ctx)


def test_a_task_that_was_not_worked_on_is_refused(ctx: Context) -> None:
    challenge = json.loads(CHECK.widget(ctx).data["challenge"])
    guess = challenge["parameters"]["keyPrefix"] + "00" * 16
    for solution in (
        {"counter": 0, "derivedKey": guess},
        {"counter": 0, "derivedKey": None},
        {"counter": 0, "derivedKey": ""},
    ):
        payload = {"challenge": challenge, "solution": solution}
        assert not passes(base64.b64encode(json.dumps(payload).encode()).decode(), ctx)


def test_the_number_is_not_told(ctx: Context) -> None:
    task = json.loads(CHECK.widget(ctx).data["challenge"])
    assert set(task["parameters"]) == {
        "algorithm", "cost", "keyLength", "keyPrefix", "nonce", "salt", "keySignature", "data",
    }  # fmt: skip
    assert len(task["parameters"]["keyPrefix"]) < 2 * task["parameters"]["keyLength"]


ODD = [
    "",
    "x",
    "=",
    "e30=",
    "W10=",
    "bnVsbA==",
    "\ud800",
    "A" * 5000,
    base64.b64encode(b"[" * 3000).decode(),
    "eyJjaGFsbGVuZ2UiOltdfQ==",
]


@pytest.mark.parametrize("answer", ODD)
def test_odd_answers_are_refused(answer: str, ctx: Context) -> None:
    assert not passes(answer, ctx)


def test_no_answer_is_refused_with_a_reason(ctx: Context) -> None:
    missing = CHECK.judge({}, ctx)
    assert not missing.passed
    assert missing.reason is not None


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(
    st.fixed_dictionaries(
        {
            "challenge": JSON
            | st.fixed_dictionaries(
                {
                    "parameters": st.fixed_dictionaries(dict.fromkeys(("algorithm", "nonce", "salt", "cost"), JSON)),
                    "signature": JSON,
                }
            ),
            "solution": JSON | st.fixed_dictionaries({"counter": JSON, "derivedKey": JSON}),
        }
    )
)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_at_all_raises(ctx: Context, payload: dict[str, Any]) -> None:
    assert not passes(base64.b64encode(json.dumps(payload).encode()).decode(), ctx)


def test_the_server_works_little(ctx: Context) -> None:
    answer = solved(ctx)
    started = time.process_time()
    for _ in range(20):
        CHECK.widget(ctx)
        passes(answer, ctx)
    assert (time.process_time() - started) / 20 < 0.01


def test_there_is_no_working_without_a_key() -> None:
    for settings in ({}, {"key": ""}, {"key": "short"}):
        with pytest.raises(ValidationError):
            ProofOfWorkSettings.model_validate(settings)
