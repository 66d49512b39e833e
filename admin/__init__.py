"""The console: screens for administrators, the help desk and auditors, on Flask-Admin's frame."""

from __future__ import annotations

from .access import Screen
from .app import create_console
from .approval_screens import ApprovalScreen
from .brand_screens import BrandScreen
from .campaign_screens import CampaignScreen
from .door_pages import create_door
from .entry_screens import EntryScreen
from .file_screens import FileScreen
from .home_screen import HomeScreen
from .look import ConsoleLook
from .people_screens import PeopleScreen
from .plugin_screens import PART_SCREENS
from .policy_screens import PolicyScreen
from .public_screens import PublicRulesScreen
from .question_screens import QuestionScreen
from .record_screens import RecordScreen
from .report_screens import ReportScreen
from .signal_screens import SignalScreen
from .simulator_screen import SimulatorScreen
from .stranded_screen import StrandedScreen
from .wording_screens import WordingScreen

__all__ = ["SCREENS", "ConsoleLook", "create_console", "create_door"]

# In the order of the menu. A new screen is a file and a line here.
SCREENS: tuple[type[Screen], ...] = (
    HomeScreen,
    PolicyScreen,
    PublicRulesScreen,
    QuestionScreen,
    SimulatorScreen,
    *PART_SCREENS,
    EntryScreen,
    SignalScreen,
    PeopleScreen,
    StrandedScreen,
    CampaignScreen,
    ApprovalScreen,
    RecordScreen,
    ReportScreen,
    FileScreen,
    BrandScreen,
    WordingScreen,
)
