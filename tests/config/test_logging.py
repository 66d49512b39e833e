"""No log line tells what a person typed, whoever wrote it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from keyback.config.logging import ALLOWED, DOTS, TALKATIVE, configure

SECRETS = ("correct-horse-battery-staple", "48151623", "+491701234567", "ada@example.org")

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the log says while a test runs; every logger is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level


def _says(lines: Lines, secret: str) -> bool:
    return secret in json.dumps(lines(), ensure_ascii=False)


@pytest.mark.parametrize("secret", SECRETS)
def test_arguments_and_unknown_keys_never_reach_a_line(lines: Lines, secret: str) -> None:
    log = logging.getLogger("keyback.core.service.recover")
    log.warning("somebody typed %s", secret)
    log.warning("somebody typed", extra={"password": secret, "recovery": "r1"})
    assert len(lines()) == 2
    assert not _says(lines, secret)
    assert lines()[1]["password"] == DOTS
    assert lines()[1]["recovery"] == "r1"


@pytest.mark.parametrize("secret", SECRETS)
def test_an_exception_is_named_and_placed_but_not_quoted(lines: Lines, secret: str) -> None:
    def refuse() -> None:
        raise ValueError(f"cannot use {secret}")

    try:
        refuse()
    except ValueError:
        logging.getLogger("keyback.x").exception("a job failed")
    assert lines()[0]["error"] == "ValueError"
    assert ".refuse:" in str(lines()[0]["at"])
    assert not _says(lines, secret)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_finished_sentence_of_a_library_is_not_repeated(lines: Lines, secret: str) -> None:
    logging.getLogger("some.library").error("sent " + secret)
    assert lines()[0]["event"] == "a library said something"
    assert not _says(lines, secret)


def test_a_librarys_template_is_kept_without_what_fills_it(lines: Lines) -> None:
    logging.getLogger("gunicorn.error").info("Listening at: %s (%s)", "http://127.0.0.1:1", 7)
    assert lines()[0]["event"] == "Listening at: %s (%s)"


@pytest.mark.parametrize("name", TALKATIVE)
def test_libraries_that_log_what_they_send_stay_silent_even_at_debug(lines: Lines, name: str) -> None:
    logging.getLogger(f"{name}.deeper").debug("PASSWORD MODIFY %s", SECRETS[0])
    assert lines() == []


def test_addresses_that_people_asked_for_are_not_logged_by_the_web_server(lines: Lines) -> None:
    logging.getLogger("werkzeug").error("GET /recover?login_hint=%s", SECRETS[3])
    logging.getLogger("gunicorn.access").critical("GET /recover?login_hint=%s", SECRETS[3])
    assert lines() == []


def test_a_value_that_is_not_plain_is_dots_even_under_an_allowed_key(lines: Lines) -> None:
    logging.getLogger("keyback.x").info("done", extra={"outcome": {"password": SECRETS[0]}})
    assert lines()[0]["outcome"] == DOTS


def test_no_allowed_key_names_a_secret() -> None:
    assert not ALLOWED & {
        "password",
        "code",
        "answer",
        "to",
        "name",
        "address",
        "cookie",
        "token",
        "identifier",
        "path",
    }
