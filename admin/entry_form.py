"""An entry as a form, and back: only what the form shows is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, Field, Form, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from ..core.contracts.entry import Entry, OidcClient, SubjectKind
from ..core.contracts.text import Text
from ..core.service.clients.entry_rules import LONGEST_ADDRESS, LONGEST_KEYS, LONGEST_NAME, Problem
from .forms import WhyForm, longest, needed
from .rule_inputs import Area, Lines, Word, listed

SUBJECTS: Mapping[SubjectKind, Text] = {
    SubjectKind.ID: Text("The directory's own id, which nobody else ever gets"),
    SubjectKind.UPN: Text("The sign-in name with its realm (UPN); it may pass to somebody else"),
    SubjectKind.NAME: Text("The account's name; it may pass to somebody else"),
}
SECRET, KEYS, PUBLISHED = "secret", "keys", "published"
PROOFS: Mapping[str, Text] = {
    SECRET: Text("By a secret. Keyback makes it and shows it once"),
    KEYS: Text("By a key of its own (private_key_jwt)"),
    PUBLISHED: Text("By a key of its own that it publishes (jwks_uri)"),
}
ONE_A_LINE = Text("One a line. Compared letter by letter; anything else leads nowhere.")
# Where the service's words stand in the form.
FIELDS = {"key": "door", "name": "called", "store": "store", "proof": "proof", "keys": "jwks"}


class LinkForm(WhyForm):
    """A door that people come by."""

    door = Word(
        Text("Key"),
        validators=[needed(Text("Type a key."))],
        longest=32,
        description=Text("Stands in the address: small letters, digits and dashes. It stays."),
    )
    called = Word(
        Text("Name"),
        validators=[needed(Text("Type a name."))],
        longest=LONGEST_NAME,
        description=Text("People read it: “Back to …”."),
    )
    home_url = Word(
        Text("Where people go back to"),
        longest=LONGEST_ADDRESS,
        description=Text("The address of the sign-in page. Empty: there is no way back."),
    )
    return_urls = Lines(Text("Other addresses that the sign-in page may ask for"), description=ONE_A_LINE)
    language = SelectField(
        Text("Language"),
        choices=[],
        default="",
        description=Text("In which its pages begin, for people who chose none and were sent without ui_locales."),
    )
    version = HiddenField()


class ClientForm(LinkForm):
    """One that is a client of OpenID Connect too."""

    redirect_uris = Lines(Text("Redirect addresses (redirect_uri)"), description=ONE_A_LINE)
    store = SelectField(
        Text("Directory"), choices=[], description=Text("Whose accounts the client knows. It hears of no others.")
    )
    subject = RadioField(Text("What sub means"), choices=listed(SUBJECTS), default=SubjectKind.ID.value)
    proof = RadioField(Text("How the client proves who it is"), choices=listed(PROOFS), default=SECRET)
    jwks = Area(
        Text("Its public keys (JWKS)"),
        validators=[longest(LONGEST_KEYS)],
        description=Text("Only with a key of its own. Put new keys here when they change."),
    )
    jwks_uri = Word(
        Text("Where it publishes its keys (jwks_uri)"),
        longest=LONGEST_ADDRESS,
        description=Text(
            "Only with a key that it publishes. Keyback reads it every hour, and believes what it read for a day at "
            "most. Whoever holds that host can prove to be this client."
        ),
    )
    pkce = BooleanField(
        Text("Every request must use PKCE"),
        default=True,
        description=Text("Without it, whoever reads a code on its way needs only the client's secret."),
    )
    nonce = BooleanField(
        Text("Every request must carry a nonce"),
        default=True,
        description=Text("Without it, the client can't tell a token that was swapped for another of its own."),
    )
    backchannel_logout_uri = Word(
        Text("Where it hears that sessions are over"),
        longest=LONGEST_ADDRESS,
        description=Text(
            "Its back-channel logout address (backchannel_logout_uri). It is told each time somebody of its directory "
            "has a new password. Empty: it is not told."
        ),
    )

    def validate_jwks(self, field: Field) -> None:
        # Without this the client would be given a secret that nobody asked for.
        if self.proof.data == KEYS:
            needed(Text("Paste the client's public keys."))(self, field)

    def validate_jwks_uri(self, field: Field) -> None:
        if self.proof.data == PUBLISHED:
            needed(Text("Type the address of the client's keys."))(self, field)


def kind_of(entry: Entry) -> type[LinkForm]:
    """The form that fits it."""
    return ClientForm if entry.client else LinkForm


def data_of(entry: Entry, version: int) -> dict[str, Any]:
    """What the form shows at first."""
    data: dict[str, Any] = {
        "door": entry.key,
        "called": entry.name,
        "home_url": entry.home_url,
        "return_urls": entry.return_urls,
        "language": entry.language,
        "version": str(version),
    }
    client = entry.client
    if client is None:
        return data
    return data | {
        "redirect_uris": client.redirect_uris,
        "store": client.store,
        "subject": client.subject.value,
        "proof": KEYS if client.keys else PUBLISHED if client.jwks_uri else SECRET,
        "jwks": client.keys,
        "jwks_uri": client.jwks_uri,
        "pkce": client.pkce,
        "nonce": client.nonce,
        "backchannel_logout_uri": client.backchannel_logout_uri,
    }


def with_choices(form: LinkForm, stores: Mapping[str, Text | str], languages: Mapping[str, str]) -> LinkForm:
    """The form with the languages and the directories there are."""
    form.language.choices = [
        SelectChoice(value="", label=Text("As the browser asks")),
        *(SelectChoice(value=tag, label=name) for tag, name in languages.items()),
    ]
    if isinstance(form, ClientForm):
        form.store.choices = [SelectChoice(value=key, label=name) for key, name in stores.items()]
    return form


def read(form: LinkForm, key: str) -> Entry:
    """The entry as the form says it now. The form must be valid."""
    client = _client(form) if isinstance(form, ClientForm) else None
    return Entry(
        key,
        form.called.data or "",
        tuple(form.return_urls.data or ()),
        form.home_url.data or "",
        client,
        form.language.data or "",
    )


def mark(form: Form, problems: Iterable[Problem]) -> None:
    """Say each problem at its field."""
    assert isinstance(form, LinkForm)
    for problem in problems:
        field = FIELDS.get(problem.at, problem.at)
        form.wrong(field if field in form else "", problem.words)


def _client(form: ClientForm) -> OidcClient:
    return OidcClient(
        redirect_uris=tuple(form.redirect_uris.data or ()),
        keys=(form.jwks.data or "").strip() if form.proof.data == KEYS else "",
        jwks_uri=form.jwks_uri.data or "" if form.proof.data == PUBLISHED else "",
        subject=SubjectKind(form.subject.data),
        store=form.store.data or "",
        pkce=bool(form.pkce.data),
        nonce=bool(form.nonce.data),
        backchannel_logout_uri=form.backchannel_logout_uri.data or "",
    )
