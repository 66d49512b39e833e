"""How Home says what needs somebody: what it is, what to do next, and the page for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..core.contracts.text import Text
from ..core.recovery.flaws import Flaw
from ..core.recovery.limits import SYSTEM_MISSES, SYSTEM_SENDS
from ..core.service.reporting.concerns import Concern, Health, What
from .numbers import number
from .people_words import Tag
from .plugin_screens import PART_SCREENS
from .rule_words import of_flaw
from .settings_form import AuthorsWords

# What a budget counts: messages, or money in the currency of the prices.
BUDGETS: Mapping[tuple[str, str], Text] = {
    ("sms", "count"): Text("Text messages"),
    ("voice", "count"): Text("Calls"),
    ("sms", "money"): Text("Money for text messages"),
    ("voice", "money"): Text("Money for calls"),
}
# What is counted for everybody together, by the norm's name.
NORMS: Mapping[str, Text] = {
    SYSTEM_MISSES.name: Text("Wrong answers"),
    SYSTEM_SENDS.name: Text("Codes asked for"),
}
TAGS: Mapping[Health, Tag] = {
    Health.BROKEN: ("bad", Text("Broken")),
    Health.URGENT: ("warn", Text("Urgent")),
    Health.DECIDE: ("warn", Text("Decide")),
    Health.SOON: ("soon", Text("Soon")),
}
# The heading, and what to do next.
SAYINGS: Mapping[What, tuple[Text, Text]] = {
    What.PLUGIN_BROKEN: (
        Text("The plugin {name} does not work", name=""),
        Text("Mend its settings, or its line in plugins.load of keyback.toml. What it said: {why}", why=""),
    ),
    What.STORE_SILENT: (
        Text("{name} doesn't answer", name=""),
        Text.plural(
            "{n} person waits for it. Look whether its server runs, then test it.",
            "{n} people wait for it. Look whether its server runs, then test it.",
            n=0,
        ),
    ),
    What.STORE_SLOW: (
        Text("{name} is slow today", name=""),
        Text("More than 5 of 100 answers took over {seconds} seconds, and people wait so long. Test it.", seconds=0),
    ),
    What.CHANNEL_FAILS: (
        Text("{name}: messages fail", name=""),
        Text("{n} of the last {all} within an hour. Its page says why; test it there.", n=0, all=0),
    ),
    What.BUDGET_USED_UP: (
        Text("Used up for today: {budget}", budget=""),
        Text("Its method pauses until there is room again. Look at the messages before you raise it."),
    ),
    What.GUESSES_PAUSED: (
        Text("{norm}: {n} this hour, and {usual} are usual", norm="", n=0, usual=0),
        Text("Until {until}, unknown browsers are offered only what nobody can guess. Look at the events.", until=""),
    ),
    What.NORM_EXCEEDED: (
        Text("{norm}: {n} this hour, and {usual} are usual", norm="", n=0, usual=0),
        Text("Until {until}, the check against robots is harder for everybody. Look at the events.", until=""),
    ),
    What.JOBS_GIVEN_UP: (
        Text("Jobs were given up: {n} since yesterday", n=0),
        Text("They failed again and again. Records name what they were for; the server's log says why."),
    ),
    What.JOBS_STUCK: (
        Text("Jobs wait for a worker: {n}", n=0),
        Text("The oldest since {since}. Look whether keyback serve or keyback work runs.", since=""),
    ),
    What.LOG_UNCHAINED: (
        Text("The event log is not being chained"),
        Text("Nothing since {since} has its place. Look whether keyback serve or keyback work runs.", since=""),
    ),
    What.LOG_BEHIND: (
        Text("{name} lacks events: {n}", name="", n=0),
        Text("They are kept here and will follow. Look whether its server takes them, then test it."),
    ),
    What.LOG_BAD: (
        Text("The event log was altered, problems: {n}", n=0),
        Text(
            "The first: {first}. Keep a copy of the database as it is, and tell whoever looks after security.", first=""
        ),
    ),
    What.APPROVALS: (
        Text("Waiting for a second administrator: {n}", n=0),
        Text("Say yes or no. What nobody decides in three days is off."),
    ),
    What.CAMPAIGN_STOPPED: (
        Text("A campaign stopped by itself"),
        Text("Too much failed. {asker} asked for it. Read the reasons, then go on with it or end it.", asker=""),
    ),
    What.POLICY: (
        Text("A policy can't work as it stands"),
        Text("{flaw} Mend the policy, or switch on what it asks for.", flaw=""),
    ),
    What.PLUGIN_CHANGED: (
        Text("Files of plugins have changed: {n}", n=0),
        Text("{name} since {since}. If nobody updated it, tell whoever looks after security.", name="", since=""),
    ),
    What.PLUGIN_OFF: (
        Text("Off for now: {name}", name=""),
        Text("It comes back by itself at {until}. Switch it on earlier, or off for good.", until=""),
    ),
    What.DATA_KEYS: (
        Text("Data keys are older than a year: {n}", n=0),
        Text("The oldest is {days} days old. On the server: keyback keys rotate {purpose}", days=0, purpose=""),
    ),
    What.TOKEN_KEY: (
        Text("The key that signs for clients is {days} days old", days=0),
        Text("Change it once a year; old and new work side by side. On the server: keyback keys rotate tokens"),
    ),
    What.LEAKS: (
        Text("The list of leaked passwords is from {day}", day=""),
        Text("Newer leaks are missing in it. Download it anew, then on the server: keyback breached install"),
    ),
    What.LOG_UNCHECKED: (
        Text("Nobody has verified the event log for a month"),
        Text("It takes one press, and people notice nothing of it."),
    ),
    What.CERTIFICATE_ENDS: (
        Text("{name}: a certificate ends on {day}", name="", day=""),
        Text("{what}: put a newer one in its place before that. From then on nothing gets through.", what=""),
    ),
    What.CERTIFICATE_ENDED: (
        Text("{name}: a certificate ended on {day}", name="", day=""),
        Text("{what}: nothing gets through until a newer one is in its place. Then test it.", what=""),
    ),
}
# Where to go: what its link says, and its page. Those without stand on the server alone.
PAGES: Mapping[What, tuple[Text, str]] = {
    What.BUDGET_USED_UP: (Text("See the messages"), "records.messages"),
    What.GUESSES_PAUSED: (Text("See the events"), "records.index"),
    What.NORM_EXCEEDED: (Text("See the events"), "records.index"),
    What.JOBS_GIVEN_UP: (Text("See the jobs"), "records.jobs"),
    What.JOBS_STUCK: (Text("See the jobs"), "records.jobs"),
    What.LOG_BAD: (Text("Verify again"), "records.log"),
    What.LOG_UNCHECKED: (Text("Verify the log"), "records.log"),
    What.APPROVALS: (Text("Decide"), "approvals.index"),
    What.CAMPAIGN_STOPPED: (Text("Open the campaign"), "campaigns.one"),
    What.POLICY: (Text("Open the policies"), "policies.index"),
}
OPEN = Text("Open its page")
WAITING = {What.JOBS_GIVEN_UP: "given-up", What.JOBS_STUCK: "waiting"}
_SCREENS = {screen.kind: screen.key for screen in PART_SCREENS}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of Home. `page`: which one its link opens, empty where there is none; `parts`: of its address."""

    tag: Tag
    urgent: bool
    heading: Text
    next: Text
    link: Text | None = None
    page: str = ""
    parts: Mapping[str, str] | None = None


def line_of(concern: Concern, labels: Mapping[str, Text]) -> Line:
    """What it says. `labels`: what methods are called."""
    heading, what_next = (said.filled(**_words(concern, labels)) for said in SAYINGS[concern.what])
    tag, urgent = TAGS[concern.health], concern.health is Health.BROKEN
    if concern.what in PAGES:
        link, page = PAGES[concern.what]
        return Line(tag, urgent, heading, what_next, link, page, _parts(concern))
    if len(concern.at) == 2:
        kind, key = concern.at
        return Line(tag, urgent, heading, what_next, OPEN, f"{_SCREENS[kind]}.one", {"key": key})
    return Line(tag, urgent, heading, what_next)


def _parts(concern: Concern) -> Mapping[str, str]:
    if concern.what in WAITING:
        return {"state": WAITING[concern.what]}
    return {"campaign": concern.at[0]} if concern.at else {}


def _words(concern: Concern, labels: Mapping[str, Text]) -> dict[str, object]:
    words = {name: f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else value
             for name, value in concern.about.items()}  # fmt: skip
    if "seconds" in words:
        words["seconds"] = number(str(words["seconds"]))
    if isinstance(flaw := words.get("flaw"), Flaw):
        words["flaw"] = of_flaw(flaw, labels)
    if "what" in words:
        # A setting's title, which its plugin's catalogue may have; a server's address is in none.
        words["what"] = AuthorsWords(str(words["what"]))
    if "norm" in words:
        words["norm"] = NORMS[str(words["norm"])]
    if concern.what is What.BUDGET_USED_UP:
        words["budget"] = BUDGETS[str(words["medium"]), str(words["kind"])]
    return words
