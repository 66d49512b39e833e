"""The pages in front of a pretend service."""

from __future__ import annotations

import pytest
from pretend_portal import PROOF, SUBJECT, Portal, a_recovery, open_portal

from keyback.core.recovery.state import Recovery


@pytest.fixture(scope="session")
def pages() -> Portal:
    """The pages as a company runs them: over https."""
    return open_portal()


@pytest.fixture
def portal(pages: Portal) -> Portal:
    """The same for one test."""
    return pages.fresh()


@pytest.fixture
def known() -> Recovery:
    """A person who gave one proof of two."""
    return a_recovery(found=True, subject=SUBJECT, proofs=(PROOF,), turn=4)
