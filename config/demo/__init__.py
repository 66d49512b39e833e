"""A pretend company, to try Keyback without a server: its sign-in page, its people, their phones and mailboxes."""

from .pages import create_demo
from .people import Pretended

__all__ = ["Pretended", "create_demo"]
