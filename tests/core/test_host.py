"""One bad plugin is one plugin less, and the administrator can read why."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyback.core import Text
from keyback.core.host import Broken, Host, Plugins

Install = Callable[..., None]

TOP = """
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from keyback.core import *
from pydantic import Field as Setting, SecretStr, field_validator
"""

CHANNEL = """
class {name}(Channel):
    key, label, media = "{key}", Text("A carrier"), frozenset({{"sms"}})

    class Settings(PluginSettings):
        sender: str = Setting("Acme", title="Sender", description="Who it is from.")
        token: SecretStr = Setting(SecretStr(""), title="Token", description="Of the provider.")
        tries: int = Setting(1, title="Tries", description="How often.", ge=1)

    closed = 0

    def send(self, message, ctx):
        return Receipt()

    def close(self):
        self.closed += 1
"""

HOOK = """
@hookimpl
def keyback_channels():
    return [{names}]
"""


def channel(key: str, name: str = "Carrier") -> str:
    return CHANNEL.format(key=key, name=name)


def hook(names: str = "Carrier") -> str:
    return HOOK.format(names=names)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package with one entry point, the way pip leaves it behind."""
    before = set(sys.modules)

    def install(name: str, code: str, *, package: str = "", top: str = TOP) -> None:
        package = package or name
        home = tmp_path / package
        info = home / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (home / f"throwaway_{package}.py").write_text(top + textwrap.dedent(code))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[keyback]\n{name} = throwaway_{package}\n")
        monkeypatch.syspath_prepend(home)

    yield install
    for module in set(sys.modules) - before:
        if module.startswith("throwaway_"):
            del sys.modules[module]


def why(host: Host | Plugins, name: str) -> str:
    """The reasons why this one is broken."""
    return "; ".join(str(broken.why) for broken in host.broken if broken.name == name)


def built(host: Host, *keys: str, **settings: object) -> Plugins:
    return host.build({("channel", key): settings for key in keys}, human_checks=(), version=1)


# Loading ------------------------------------------------------------------------------------------------------


def test_an_allowed_plugin_is_found(install: Install) -> None:
    install("good", channel("good") + hook())
    host = Host(["good"])
    assert list(host.classes) == [("channel", "good")]
    assert host.broken == ()


def test_a_plugins_catalogues_lie_in_a_folder_beside_its_file(install: Install, tmp_path: Path) -> None:
    install("good", channel("good") + hook())
    assert Host(["good", "nowhere"]).translations == (tmp_path / "good" / "translations",)


def test_what_is_not_on_the_list_is_never_imported(install: Install) -> None:
    install("good", channel("good") + hook())
    install("lurking", channel("lurking") + hook())
    Host(["good"])
    assert "throwaway_good" in sys.modules
    assert "throwaway_lurking" not in sys.modules


def test_what_is_on_the_list_but_not_installed_is_named() -> None:
    assert Host(["nowhere"]).broken == (Broken("nowhere", Text("is on the list, but not installed")),)


BAD = {
    "raises while imported": ("raise RuntimeError('out of order')", "RuntimeError: out of order"),
    "needs what is not there": ("import surely_not_installed", "No module named 'surely_not_installed'"),
    "cannot be parsed": ("def broken(:", "SyntaxError"),
    "ends the process while imported": ("raise SystemExit(7)", "SystemExit: 7"),
    "misspells a hook": ("@hookimpl\ndef keyback_chanels():\n    return []", "keyback_chanels"),
    "forgets to mark its hook": ("def keyback_channels():\n    return []", "keyback_channels has no @hookimpl"),
    "wants an argument no hook has": ("@hookimpl\ndef keyback_channels(config):\n    return []", "config"),
    "raises in its hook": ("@hookimpl\ndef keyback_channels():\n    raise OSError('no disk')", "OSError: no disk"),
    "raises half way": ("@hookimpl\ndef keyback_channels():\n    yield Method\n    raise OSError('half')", "OSError"),
    "returns nothing to go through": ("@hookimpl\ndef keyback_channels():\n    return 7", "TypeError"),
    "returns nothing at all": ("", "offers nothing"),
    "offers an object": ("@hookimpl\ndef keyback_channels():\n    return [7]", "int is not a class made from Channel"),
    "offers another kind": ("@hookimpl\ndef keyback_stores():\n    return [OneTimeCode]", "not a class made"),
    "offers a half-written class": ("class Half(Channel):\n    key = 'half'\n" + hook("Half"), "Half lacks send"),
    "has a fault that cannot be told": (
        "class Mute(Exception):\n    def __str__(self):\n        raise ValueError\nraise Mute",
        "Mute",
    ),
    "was written for a newer house": (channel("new") + "    contract = 2\n" + hook(), "edition 2"),
    "has a contract that is no number": (channel("odd") + "    contract = 'x'\n" + hook(), "edition x"),
    "has no key": (channel("", "Carrier") + hook(), "needs a key"),
    "has a key that is markup": (channel("<b>") + hook(), "needs a key"),
    "has a label that is no Text": (channel("plain") + "    label = 'plain'\n" + hook(), "does not say: label"),
    "says no media": (channel("mute") + "    media = None\n" + hook(), "does not say: media"),
    "has settings of its own making": (channel("own") + "    Settings = dict\n" + hook(), "PluginSettings"),
    "raises when a name is read from it": (
        "class Odd(type(Channel)):\n    def __getattribute__(cls, name):\n        raise OSError('odd')\n"
        "class Carrier(Channel, metaclass=Odd):\n    pass\n" + hook(),
        "OSError",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_plugin_is_broken_and_a_good_one_works_beside_it(case: str, install: Install) -> None:
    code, reason = BAD[case]
    install("bad", code)
    install("good", channel("good") + hook())
    for order in (["bad", "good"], ["good", "bad"]):
        host = Host(order)
        sys.modules.pop("throwaway_bad", None)
        assert reason in why(host, "bad")
        assert list(host.classes) == [("channel", "good")]
        assert list(built(host, "good").channels) == ["good"]


def test_ctrl_c_is_not_a_fault_of_the_plugin(install: Install) -> None:
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Host(["slow"])


def test_no_plugin_takes_the_place_of_another(install: Install) -> None:
    install("first", channel("same") + hook())
    install("second", channel("same") + channel("other", "Other") + hook("Carrier, Other"))
    host = Host(["first", "second"])
    assert host.classes["channel", "same"].__module__ == "throwaway_first"
    assert "there is a channel same already" in why(host, "second")
    assert ("channel", "other") in host.classes


def test_no_plugin_stands_between_another_and_the_host(install: Install) -> None:
    install("good", channel("good") + hook())
    install(
        "wrapping",
        channel("wrapping") + "@hookimpl(wrapper=True)\ndef keyback_channels():\n    yield\n    return [[Carrier]]\n",
    )
    host = Host(["wrapping", "good"])
    assert host.classes["channel", "good"].__module__ == "throwaway_good"


def test_a_name_that_two_packages_claim_is_loaded_from_neither(install: Install) -> None:
    install("pigeon", channel("pigeon") + hook(), package="ours")
    install("pigeon", channel("pigeon") + hook(), package="strangers")
    host = Host(["pigeon"])
    assert why(host, "pigeon") == "is offered by several packages: ours, strangers"
    assert not {"throwaway_ours", "throwaway_strangers"} & set(sys.modules)


def test_a_name_listed_twice_is_loaded_once(install: Install) -> None:
    install("good", channel("good") + hook())
    assert Host(["good", "good"]).broken == ()


# Building -----------------------------------------------------------------------------------------------------


@pytest.fixture
def host(install: Install) -> Host:
    install("one", channel("one") + hook())
    install("two", channel("two") + hook())
    return Host(["one", "two"])


def test_only_plugins_with_settings_are_built_in_their_order(host: Host) -> None:
    assert list(built(host, "two", "one").channels) == ["two", "one"]
    assert list(built(host, "one").channels) == ["one"]


def test_the_channels_of_a_medium_come_in_the_order_in_which_they_are_configured(host: Host) -> None:
    plugins = built(host, "two", "one")
    assert list(plugins.channels_for("sms")) == ["two", "one"]
    assert not plugins.channels_for("pigeon")


def test_bad_settings_break_one_plugin_and_are_told_by_field_never_by_value(host: Host) -> None:
    bad = {"tries": "hunter2", "token": ["hunter2"], "surplus": "hunter2"}
    plugins = host.build({("channel", "one"): bad, ("channel", "two"): {}}, human_checks=(), version=1)
    reason = why(plugins, "channel one")
    assert list(plugins.channels) == ["two"]
    assert "hunter2" not in repr(plugins)
    for field in bad:
        assert field in reason


PICKY = """
        @field_validator("sender")
        @classmethod
        def refuses(cls, value):
            raise ValueError("{sentence}".format(value=value))
"""


@pytest.mark.parametrize(
    ("sentence", "told"), [("must be a name", "sender: must be a name"), ("{value} is bad", "sender: value error")]
)
def test_what_a_plugin_says_of_its_settings_is_told_unless_it_quotes_them(
    sentence: str, told: str, install: Install
) -> None:
    install("picky", channel("picky").replace("    closed = 0", PICKY.replace("{sentence}", sentence)) + hook())
    assert why(built(Host(["picky"]), "picky", sender="hunter2"), "channel picky") == told


def test_a_plugin_that_cannot_start_is_broken_and_its_exception_is_not_quoted(install: Install) -> None:
    code = channel("frail") + "    def __init__(self, settings):\n        raise OSError(settings.sender)\n"
    install("frail", code + hook())
    assert why(built(Host(["frail"]), "frail", sender="hunter2"), "channel frail") == "OSError"


REFUSES = """
    def __init__(self, settings):
        raise PluginError(Text("needs {what}", what=settings.sender))
"""


def test_a_reason_stays_the_sentence_that_it_is_unless_it_is_too_long(install: Install) -> None:
    install("frail", channel("frail") + REFUSES + hook())
    host = Host(["frail"])
    (short,) = built(host, "frail", sender="a key").broken
    assert short.why == Text("needs {what}", what="a key")
    assert host.fault_of(("channel", "frail"), {"sender": "a key"}) == short.why
    (long,) = built(host, "frail", sender="x" * 400).broken
    assert long.why == ("needs " + "x" * 400)[:300]


def test_settings_of_a_plugin_that_nobody_offers_are_named(host: Host) -> None:
    assert "no loaded plugin offers it" in why(built(host, "three"), "channel three")


def test_a_snapshot_cannot_be_changed(host: Host) -> None:
    plugins = built(host, "one")
    with pytest.raises(TypeError):
        plugins.channels["two"] = plugins.channels["one"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        plugins.version = 2  # type: ignore[misc]


def test_only_the_human_checks_that_were_chosen_are_built_in_their_order(install: Install) -> None:
    install(
        "checks",
        """
        class One(HumanCheck):
            key, label, fields = "one", Text("One"), frozenset({"one"})
            def widget(self, ctx, *, effort=1): return Widget("one")
            def judge(self, response, ctx, *, effort=1): return Humanity(False)

        class Two(One):
            key = "two"

        @hookimpl
        def keyback_human_checks():
            return [One, Two]
        """,
    )
    host = Host(["checks"])
    chosen = host.build({("human_check", "one"): {}}, human_checks=("two",), version=1)
    assert chosen.human_check is not None
    assert chosen.human_check.key == "two"
    both = host.build({}, human_checks=("two", "one"), version=1)
    assert list(both.human_checks) == ["two", "one"]
    assert both.human_check is both.human_checks["two"]
    missing = host.build({}, human_checks=("three",), version=1)
    assert missing.human_check is None
    assert why(missing, "human_check three")


# Replacing ----------------------------------------------------------------------------------------------------


def test_a_plugin_whose_settings_did_not_change_is_taken_over_with_its_connections(host: Host) -> None:
    old = host.build({("channel", "one"): {}, ("channel", "two"): {}}, human_checks=(), version=1)
    new = host.build(
        {("channel", "one"): {"tries": 2}, ("channel", "two"): {}}, human_checks=(), version=2, replacing=old
    )
    assert new.channels["two"] is old.channels["two"]
    assert new.channels["one"] is not old.channels["one"]


def test_closing_a_replaced_snapshot_closes_what_the_new_one_did_not_take_over(host: Host) -> None:
    old = host.build({("channel", "one"): {}, ("channel", "two"): {}}, human_checks=(), version=1)
    new = host.build({("channel", "two"): {}}, human_checks=(), version=2, replacing=old)
    old.close(but_not=new)
    assert getattr(old.channels["one"], "closed", None) == 1
    assert getattr(new.channels["two"], "closed", None) == 0


def test_a_plugin_that_raises_while_it_closes_leaves_the_others_to_be_closed(install: Install) -> None:
    install("frail", channel("frail") + "    def close(self):\n        raise OSError\n" + hook())
    install("good", channel("good") + hook())
    plugins = built(Host(["frail", "good"]), "frail", "good")
    plugins.close()
    assert getattr(plugins.channels["good"], "closed", None) == 1
