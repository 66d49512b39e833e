"""Is this still right? The page on which the code comes back that went to an address."""

from __future__ import annotations

from flask import redirect, url_for
from werkzeug.wrappers import Response

from ..service.enrolling.signed_in import SignedIn
from .for_signed_in import Rule
from .fresh_proof_pages import FreshProofPages
from .headers import has_form
from .said import NOTHING, Said
from .sign_in_pages import place


class AddressCheckPages(FreshProofPages):
    """One address at a time; from here it goes back to what else is asked about."""

    answering = "portal.check_answer"

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return self._desk.rules(
            ("/methods/check/<value>", "check_answer", self._ask, "GET"),
            ("/methods/check/<value>", "check_give", self._answer, "POST"),
        )

    def _choose(self, who: SignedIn, said: Said = NOTHING) -> Response:
        """There is nothing to choose: it may be asked again from the list."""
        return self._back()

    def _back(self) -> Response:
        has_form()
        return redirect(url_for("portal.asked", to=place()), 303)

    def _passed(self) -> Response:
        return self._back()
