"""What stands in the private LemonLDAP::NG of the tests, before docs/identity_providers.md is followed; and that."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .slapd import Slapd
from .slapd_contents import PEOPLE, SERVICE, SERVICE_PASSWORD

SHARE = Path("/usr/share/lemonldap-ng")
_RECIPES = Path(__file__).parents[2] / "docs" / "identity_providers.md"
_BLOCK = re.compile(r"^```(json|toml|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Recipe:
    """Its part of the manual, with our addresses in place of the example's and a secret where the reader puts one."""

    def __init__(self, portal: str, secret: str, keyback: str = "https://reset.example.org") -> None:
        told = _RECIPES.read_text().partition("### LemonLDAP::NG")[2].partition("\n### ")[0]
        ours = {"https://reset.example.org": keyback, "https://auth.example.org/": portal, "…": secret}
        for theirs, our in ours.items():
            assert theirs in told
            told = told.replace(theirs, our)
        self._blocks = _BLOCK.findall(told)

    @property
    def json(self) -> dict[str, Any]:
        """What goes into LemonLDAP::NG."""
        parts = [json.loads(block) for kind, block in self._blocks if kind == "json"]
        whole: dict[str, Any] = {name: value for part in parts for name, value in part.items()}
        assert len(whole) == sum(map(len, parts)), "two blocks say the same"
        return whole

    @property
    def toml(self) -> dict[str, Any]:
        """What goes into Keyback."""
        (block,) = (block for kind, block in self._blocks if kind == "toml")
        return tomllib.loads(block)

    @property
    def bash(self) -> str:
        """What is typed on its server."""
        (block,) = (block for kind, block in self._blocks if kind == "bash")
        return str(block)


def ini(folder: Path) -> str:
    """Where it finds everything else; in one folder instead of Debian's."""
    cache = (
        f"{{'namespace' => 'settings', 'default_expires_in' => 600, 'directory_umask' => '007', "
        f"'cache_root' => '{folder}/cache', 'cache_depth' => 3}}"
    )
    return f"""
[all]
logLevel = info
logger = Lemonldap::NG::Common::Logger::Std
checkTime = 1
[configuration]
type = File
dirName = {folder}/conf
localStorage = Cache::FileCache
localStorageOptions = {cache}
[portal]
staticPrefix = /static
templateDir = {SHARE}/portal/templates
languages = en, de
[manager]
protection = none
templateDir = {SHARE}/manager/htdocs/templates
enabledModules = conf
"""


def settings(folder: Path, portal: str, slapd: Slapd) -> dict[str, Any]:
    """A company's sign-in page over its OpenLDAP, which knows nothing of Keyback."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    empty = ("locationRules", "exportedHeaders", "exportedVars", "macros", "groups", "applicationList")
    return {
        **{name: {} for name in empty}, **_sessions(folder),
        "cfgNum": 1, "cfgVersion": "2.16.1", "cfgAuthor": "tests", "cfgDate": "1",
        "portal": portal, "domain": "127.0.0.1", "securedCookie": 1, "whatToTrace": "uid", "timeout": 7200,
        "authentication": "LDAP", "userDB": "Same", "passwordDB": "LDAP", "registerDB": "Null",
        "portalDisplayRegister": 0, "portalDisplayResetPassword": 0,
        "ldapServer": slapd.url, "ldapVerify": "require", "ldapCAFile": f"{folder}/slapd.pem",
        "managerDn": SERVICE, "managerPassword": SERVICE_PASSWORD, "ldapBase": PEOPLE, "ldapPpolicyControl": 1,
        "ldapExportedVars": {"uid": "uid", "cn": "cn", "mail": "mail"},
        "lwpSslOpts": {"SSL_ca_file": f"{folder}/authority.pem"},
        "oidcServicePrivateKeySig": private.decode(), "oidcServicePublicKeySig": public.decode(),
        "oidcServiceKeyIdSig": "of-the-tests",
    }  # fmt: skip


def _sessions(folder: Path) -> dict[str, Any]:
    store = {
        kind: {"Directory": f"{folder}/{kind}", "LockDirectory": f"{folder}/{kind}/lock"}
        for kind in ("sessions", "persistent")
    }
    return {
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": store["sessions"],
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": store["persistent"],
        "localSessionStorage": "Cache::FileCache",
        "localSessionStorageOptions": {"namespace": "sessions", "cache_root": f"{folder}/cache", "cache_depth": 3},
    }


def nginx(folder: Path, port: int) -> str:
    """As in Debian's example: pages by FastCGI, files from where they lie; over TLS."""
    kinds = ("client_body", "fastcgi", "proxy", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/nginx;" for kind in kinds)
    return f"""
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/said;
user www-data;
worker_processes 1;
events {{}}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  {temporary}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/portal.pem;
    ssl_certificate_key {folder}/portal.key;
    root {SHARE}/portal/htdocs;
    location /static/ {{ alias {SHARE}/portal/htdocs/static/; }}
    location /javascript/ {{ alias /usr/share/javascript/; }}
    location / {{
      include /etc/nginx/fastcgi_params;
      fastcgi_pass unix:{folder}/portal.sock;
      fastcgi_param HTTP_HOST $http_host;
      fastcgi_param LLTYPE portal;
      fastcgi_param SCRIPT_NAME "";
      fastcgi_param PATH_INFO $uri;
    }}
  }}
}}
"""
