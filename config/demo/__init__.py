"""A pretend company, to try Keyback without a server: its sign-in page, its people, their phones and mailboxes."""

from .pages import DemoPerson, create_demo

__all__ = ["DemoPerson", "create_demo"]
