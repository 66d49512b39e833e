"""Every figure that an operator can watch. What its labels say are keys of ours, never what somebody typed."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds: a page is good below a tenth, a directory below a half, and whatever takes eight is given up.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 8.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. Those with buckets are times; those without are counted up, or measured when somebody asks."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    kind: str = "counter"


def _counted(name: str, meaning: str, *labels: str) -> Figure:
    return Figure(f"keyback_{name}_total", meaning, labels)


def _timed(name: str, meaning: str, *labels: str) -> Figure:
    return Figure(f"keyback_{name}_seconds", meaning, labels, "histogram")


def _measured(name: str, meaning: str, *labels: str) -> Figure:
    return Figure(f"keyback_{name}", meaning, labels, "gauge")


STARTS = _counted("recoveries_started", "Recoveries begun", "entry")
FOUND = _counted("people_looked_up", "Names looked up, and why nobody was found", "outcome")
PROOFS = _counted("proofs", "Answers judged", "method", "outcome")
PASSWORDS = _counted("passwords", "What became of new passwords", "store", "outcome")
CLOSED = _counted("recoveries_closed", "Recoveries that ended without a new password", "reason")
LIMITS = _counted("limits_reached", "Budgets that were used up", "budget")
ALARMS = _counted("alarms", "Events that deserve an eye", "event")
HUMAN_CHECKS = _counted("human_checks", "Human checks judged", "check", "outcome")
TURNED_AWAY = _counted("turned_away", "People who came while too many were here, and were asked to come again")
MESSAGES = _counted("messages", "Messages handed to a channel", "channel", "outcome")
CALLS = _timed("plugin_call", "Calls to directories, providers and other plugins", "kind", "plugin", "outcome")
PAGES = _timed("page", "Pages, by the name of their route", "page", "status")
JOBS = _timed("job", "Jobs of the back office", "kind", "outcome")

WAITING = _measured("jobs_waiting", "Jobs that are due and not done; 10000 means at least so many", "lane")
OLDEST = _measured("jobs_oldest_seconds", "How long the oldest of them has been due", "lane")
UNCHAINED = _measured("audit_unchained_seconds", "Age of the oldest event that is not chained yet")
BEHIND = _measured("log_behind", "Events that a follower of the log has not taken yet", "notifier")
KEYS = _measured("key_age_seconds", "Age of the newest data key", "purpose")
NORMS = _measured("norm", "What an hour may come to before it is an alert: five times an ordinary one", "norm")
ALERTS = _measured("alert", "So many times an ordinary hour: 0, 5, or 20 while strangers' guesses are paused", "norm")
LINE = _measured("requests_waiting", "Requests that wait for a thread")
QUEUE = _measured("lane_queue", "Jobs that wait for a thread in this server", "lane")
RESTING = _measured("circuit_open", "Processes in which a plugin is left alone because it was late", "kind", "plugin")
CONNECTIONS = _measured("database_connections", "Connections to the database that are in use", "pool")
PROCESSES = _measured("processes", "Processes of this server that tell their figures")

ALL = tuple(value for value in globals().values() if isinstance(value, Figure))
