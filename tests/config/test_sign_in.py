"""What signing in needs is in the memory of servers where somebody may, and there once for all processes."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: in this one somebody else has imported it.
PROGRAM = """
import sys
from keyback.config import app
from keyback.config.commands import serve
from keyback.config.loading import parse

TABLE = {"issuer": "https://sign-in.example.org", "client_id": "keyback"}
HOUSE = {"portal_url": "https://reset.example.org", "company": "Alderwick", "help_desk": "Room 7"}
CLIENT = {"name": "A", "redirect_uris": ["https://idp.example.org/cb"], "client_secret": "s" * 43, "store": "openldap"}
def loaded():
    print(*sorted({"authlib", "joserfc", "requests"} & sys.modules.keys()), sep=",")

serve.load_library(parse(HOUSE))
loaded()
serve.load_library(parse({**HOUSE, "entries": {"idp": CLIENT}}))
loaded()
serve.load_library(parse({**HOUSE, "sign_in": TABLE}))
loaded()
"""


def test_libraries_are_loaded_before_the_fork_and_only_where_somebody_may_sign_in_or_has_a_client() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert said == "\njoserfc\nauthlib,joserfc,requests\n"
