"""The kit for plugin authors: fakes, and suites of tests that every plugin of a kind must pass.

A suite is used in two lines, with pytest or by hand: `class TestMine(MethodSuite): plugin = Mine(Mine.Settings())`.
"""

from __future__ import annotations

from .channels import ChannelSuite
from .enrolling import EnrollableSuite
from .fakes import FakeChannel, FakeStore, a_context, a_person, an_account
from .human_checks import HumanCheckSuite
from .methods import MethodSuite
from .notifiers import NotifierSuite, an_event
from .stores import StoreSuite
from .suite import PluginSuite

__all__ = [
    "ChannelSuite",
    "EnrollableSuite",
    "FakeChannel",
    "FakeStore",
    "HumanCheckSuite",
    "MethodSuite",
    "NotifierSuite",
    "PluginSuite",
    "StoreSuite",
    "a_context",
    "a_person",
    "an_account",
    "an_event",
]
