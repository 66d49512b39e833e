"""What every page of a signed-in person needs: who it is, a form of that very session, and the way to sign in again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps

from flask import abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..contracts.text import Text
from ..service.enrolling.enrol import Enrolling, SignInAgain
from ..service.enrolling.signed_in import SignedIn
from .form_body import read_form
from .headers import has_form
from .said import NOTHING, Said
from .sign_in_pages import Whoever, place

# The identity provider's pages. They never meet these in code: the endpoint's name is all that is known of them.
SIGN_IN = "sign_in.start"
# What the menu of a page with a form sends along with all that was typed.
LANGUAGE = "language"
# A password is kept in no draft, not even an encrypted one.
NOT_TYPED = frozenset({"token", "move", "passkey", "current_password", LANGUAGE})
# Where somebody goes back to who does not sign in again: the page's name, and what the way there is called.
Home = tuple[str, Text]
METHODS: Home = ("portal.methods", Text("Back to my methods"))
# Address, name, page and verb.
Rule = tuple[str, str, Callable[..., Response], str]


class _AnotherLanguage(Exception):
    """The page is to be shown once more, in this language."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag


class ForSignedIn:
    """Whoever is not signed in goes to sign in, and comes back to the page they wanted."""

    def __init__(self, enrolling: Enrolling, who: Whoever, *, home: Home = METHODS) -> None:
        self._enrolling = enrolling
        self._who = who
        self._home = home

    def rules(self, *pages: Rule, behind: bool = False) -> tuple[Rule, ...]:
        """The same pages, each told who is signed in. `behind`: whoever must add a method first gets no further."""
        return tuple((rule, name, self._entered(page, behind=behind), verb) for rule, name, page, verb in pages)

    def _entered(self, page: Callable[..., Response], *, behind: bool) -> Callable[..., Response]:
        @wraps(page)
        def entered(**parts: str) -> Response:
            who = self._who(request)
            if who is None:
                return redirect(url_for(SIGN_IN, to=request.path), 303)
            if behind and self._enrolling.renewal.due(who).forced:
                return redirect(url_for("portal.asked", to=request.path), 303)
            try:
                return page(who, **parts)
            except _AnotherLanguage as chosen:
                return redirect(_here(language=chosen.tag), 303)
            except SignInAgain as again:
                return self._again(who, again)

        return entered

    def _again(self, who: SignedIn, again: SignInAgain) -> Response:
        """By signing in, or by a method that they have: either leads back to the page, with what was typed there."""
        if typed := g.get("typed"):
            self._enrolling.drafts.keep(who, request.path, typed)
        there = url_for(SIGN_IN, to=request.path, again=1)
        here = url_for("portal.prove", to=request.path) if self._enrolling.proofs.choices(who) else ""
        said, (home, back) = Said(status=403), self._home
        shown = {"text": again.reason, "home": url_for(home), "back": back}
        return self.page("sign_in_again.html", who, said, sign_in=there, prove=here, **shown)

    def form(self, who: SignedIn, known: Collection[str]) -> Mapping[str, str]:
        """What was typed, if the form was made for this session."""
        form = read_form(request, (*known, LANGUAGE), answers=True)
        # The cookie alone is not enough: the form was made for this very session.
        if not self._enrolling.fits(who, form.get("token", "")):
            abort(403, "another session's form")
        # Whoever has to sign in again, or wants to read the page in another language, loses nothing of it.
        typed = {name: value for name, value in form.items() if name not in NOT_TYPED}
        if tag := form.get(LANGUAGE):
            self._enrolling.drafts.keep(who, request.path, typed)
            raise _AnotherLanguage(tag)
        g.typed = typed
        return form

    def page(self, template: str, who: SignedIn, said: Said = NOTHING, **values: object) -> Response:
        """With what the layout needs to know of them."""
        has_form()
        if said is NOTHING and request.method == "GET":
            said = Said(typed=self._enrolling.drafts.take(who, request.path))
        html = render_template(
            template,
            page=template.removesuffix(".html").replace("_", "-"),
            signed_in=who,
            token=self._enrolling.form_token(who),
            said=said,
            problems=said.problems,
            **values,
        )
        response = Response(html, said.status, content_type="text/html; charset=utf-8")
        if said.retry_after:
            response.headers["Retry-After"] = str(said.retry_after)
        return response


def _here(**asked: str) -> str:
    """The same page, by its route: what stands in the request line is never made a link."""
    assert request.endpoint is not None
    wanted = {"to": place()} if "to" in request.args else {}
    return url_for(request.endpoint, **{**(request.view_args or {}), **wanted, **asked})
