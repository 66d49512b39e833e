"""Until when a directory's certificate is good is seen on a connection on which nobody signs in: on a real slapd."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.x509 import load_pem_x509_certificate
from servers.ports import free_port
from servers.slapd import Slapd

from keyback.core import ShowsCertificates
from keyback.core.testing import a_context
from keyback.plugins.stores.openldap import OpenLdap


def test_each_server_shows_its_own_and_a_silent_one_none(slapd: Slapd, make_store: Callable[..., OpenLdap]) -> None:
    shown = (slapd.folder / "tls" / "localhost.pem").read_bytes()
    silent = f"ldaps://localhost:{free_port()}"
    store = make_store(servers=(*slapd.settings()["servers"], silent), bind_password="not the right one")
    assert isinstance(store, ShowsCertificates)
    ends = store.certificates(ctx=a_context())
    (answers,) = (server for server in ends if server != silent)
    assert ends == {answers: load_pem_x509_certificate(shown).not_valid_after_utc, silent: None}
