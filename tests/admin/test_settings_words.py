"""What a plugin's own rules refuse is said in the page's language: ours by our catalogue, others' by theirs."""

from __future__ import annotations

from gettext import NullTranslations

import pytest

from keyback.admin.look import TRANSLATIONS
from keyback.admin.settings_words import words_of
from keyback.core.contracts.plugin import Fault, examine_settings
from keyback.core.contracts.text import ENGLISH
from keyback.core.host import Host
from keyback.core.languages import Languages

GERMAN = Languages(TRANSLATIONS).catalogue("de")
MAIL = {"host": "mail.example", "sender": "kb@example.org"}
GATEWAY = {"url": "https://sms.example/{to}?t={text}"}
TWILIO = {"account": "AC" + "0" * 32, "auth_token": "secret", "number": "+441632960123"}
ENTRA = {"tenant": "alderwick.example", "client_id": "0" * 36}
LDAP = {"servers": ["ldaps://dc1.example"], "ca_file": __file__, "bind_dn": "cn=kb", "bind_password": "secret",
        "base": "dc=example"}  # fmt: skip
QUESTIONS = {"pepper": "p" * 32, "accepted_by": "Alderwick"}
# What is typed, and what is said about it.
WRONG = [
    ("smtp", {**MAIL, "sender": "nobody"}, "Das ist nicht genau eine E-Mail-Adresse"),
    ("smtp", {**MAIL, "sender_name": "a\nb"}, "Enthält einen Zeilenumbruch oder ein Steuerzeichen"),
    ("smtp", {**MAIL, "security": "none"}, "Ohne TLS muss der Server 127.0.0.1, ::1 oder localhost sein"),
    ("syslog", {"host": "siem.example", "certificate": "a.pem"}, "Das Zertifikat und sein Schlüssel gehören"),
    ("http_gateway", {"url": "https://sms.example", "verb": "GET"}, "{text} und {to} oder {to_digits} müssen"),
    ("http_gateway", {"url": "https://sms.example:x/{to}?t={text}"}, "Das ist keine einfache Adresse"),
    ("http_gateway", {"url": "http://sms.example/{to}?t={text}"}, "Muss mit https:// beginnen"),
    ("http_gateway", {**GATEWAY, "verb": "POST", "body": "{to"}, "Der Inhalt ist kein JSON"),
    ("http_gateway", {**GATEWAY, "private_networks": ["10.0.0.1/8"]}, "Netze wie 10.1.2.0/24"),
    ("http_gateway", {**GATEWAY, "name_in_answer": "("}, "Das ist kein Muster"),
    ("twilio", {**TWILIO, "number": "0"}, "Eine ganze Nummer, mit + und Land"),
    ("twilio", {**TWILIO, "proxy": "http://proxy.example:70000"}, "Das ist keine einfache Adresse"),
    ("sns", {"aws_region": "eu-central-1", "access_key": "AK"}, "Der Zugriffsschlüssel und sein Geheimnis"),
    ("sip", {"server": "pbx.example", "user": "1", "password": "a;b"}, "Nur Buchstaben, Ziffern und . _ ~"),
    ("web_push", {"key": "00ff-00ff"}, "32 Bytes, hexadezimal geschrieben"),
    ("keycloak", {"url": "https://idp.example/?x", "realm": "alderwick", "client_secret": "qqq"}, "Muss nach dem Pfad"),
    ("entra", ENTRA, "Entweder ein Geheimnis oder ein Zertifikat"),
    ("entra", {**ENTRA, "client_secret": "qqq", "phones": ["pager"]}, "Etwas unter Namen, Telefonen, E-Mail"),
    ("active_directory", {**LDAP, "servers": ["dc1.example"]}, "Eine Adresse hat nicht die Form ldaps://host"),
    ("active_directory", {**LDAP, "servers": ["ldap://[::1"]}, "Das ist keine einfache Adresse"),
    ("active_directory", {**LDAP, "servers": ["ldaps://dc1.example:3269"]}, "Die Ports 3268 und 3269"),
    ("active_directory", {**LDAP, "ca_file": "/missing"}, "Diese Datei gibt es nicht"),
    ("active_directory", {**LDAP, "trusted_contacts": ["pager"]}, "Vertrauenswürdige Kontakte müssen"),
    ("openldap", {**LDAP, "servers": ["ldap://one.example"], "start_tls": False}, "Ldap:// ohne StartTLS würde"),
    ("openldap", {**LDAP, "connect_timeout": 60}, "Zwischen einer Zehntelsekunde und 30 Sekunden"),
    ("questions", {**QUESTIONS, "questions": ["{?"]}, "Jede hat 3 bis 200 Zeichen und keine geschweiften Klammern"),
    ("questions", {**QUESTIONS, "to_ask": 5, "to_register": 3}, "Es werden mehr gefragt, als hinterlegt sind"),
]  # fmt: skip
HOST = Host(sorted({key for key, _, _ in WRONG}))


@pytest.mark.parametrize(("key", "typed", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_a_rule_of_ours_refuses_is_said_in_german(key: str, typed: dict[str, object], said: str) -> None:
    (offered,) = (one for (_, name), one in HOST.classes.items() if name == key)
    settings, faults = examine_settings(offered.Settings, typed)
    assert settings is None
    words = [words_of(fault) for fault in faults]
    assert any(each.render(GERMAN).startswith(said) for each in words)
    assert all(each.render(GERMAN) != each.render(ENGLISH) for each in words)


def test_a_third_partys_rule_is_said_by_its_own_catalogue_or_as_it_stands() -> None:
    words = words_of(Fault("pager", "value_error", "no pager of {ours}"))
    assert words.render(GERMAN) == str(words) == "No pager of {ours}"
    own = NullTranslations()
    own.gettext = {"no pager of {ours}": "kein Pager von {uns}"}.get  # type: ignore[method-assign,assignment]
    assert words.render(own) == "Kein Pager von {uns}"


def test_a_rule_that_quotes_what_was_typed_is_told_without_it() -> None:
    words = words_of(Fault("token", "value_error", "value error"))
    assert words.render(ENGLISH) == "That isn't written as it must be. See the line above."
