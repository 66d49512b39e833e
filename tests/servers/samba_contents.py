"""What stands in the private Active Directory of the tests: its names, its configuration, its rules."""

from __future__ import annotations

from pathlib import Path

REALM, DOMAIN, HOST = "ALDERWICK.TEST", "ALDERWICK", "dc1"
DNS_DOMAIN = REALM.lower()
DOMAIN_DN = "DC=alderwick,DC=test"
PEOPLE = f"OU=People,{DOMAIN_DN}"
ELSEWHERE = f"OU=Elsewhere,{DOMAIN_DN}"
GROUPS = f"OU=Groups,{DOMAIN_DN}"
STAFF_ADMINS = f"CN=Staff Admins,{GROUPS}"
RULES = f"CN=Password Settings Container,CN=System,{DOMAIN_DN}"

ROOT, ROOT_PASSWORD = f"administrator@{DNS_DOMAIN}", "Adm1n of the private domain!"
SERVICE_PASSWORD = "Service-canary-8f2a of the private domain"
# Keyback's account as docs/directories.md makes it, one with the fence's right besides, and one without any.
SERVICE, FENCED, STRANGER = (f"{name}@{DNS_DOMAIN}" for name in ("keyback", "keyback-fence", "stranger"))
FENCE = "msDS-cloudExtensionAttribute1"
PASSWORD = "Start-123 as it was"

MINIMUM, HISTORY, THRESHOLD = 8, 3, 5

# What docs/directories.md gives to Keyback's account (SID) on people, and on the rules of people's own.
_OF_PEOPLE = "bf967aba-0de6-11d0-a285-00aa003049e2"
RIGHTS = {
    "Reset Password": "00299570-246d-11d0-a768-00aa006e0529",
    "lockoutTime": "28630ebf-41d5-11d1-a9c1-0000f80367c1",
    "pwdLastSet": "bf967a0a-0de6-11d0-a285-00aa003049e2",
}
MAY_WRITE = f"(OA;CIIO;RPWP;ATTRIBUTE;{_OF_PEOPLE};SID)"
ON_PEOPLE = (
    f"(OA;CIIO;CR;{RIGHTS['Reset Password']};{_OF_PEOPLE};SID)",
    *(MAY_WRITE.replace("ATTRIBUTE", RIGHTS[name]) for name in ("lockoutTime", "pwdLastSet")),
)
ON_RULES = "(A;CI;LCRPLORC;;;SID)"


def smb_conf(folder: Path, address: str, certificate: Path, key: Path, authority: Path) -> str:
    """Directory and Kerberos alone, on an address of its own: the directory's ports cannot be moved."""
    return f"""
[global]
server role = active directory domain controller
netbios name = {HOST.upper()}
workgroup = {DOMAIN}
realm = {REALM}
private dir = {folder}/dc/private
state directory = {folder}/dc/state
lock directory = {folder}/dc
cache directory = {folder}/dc/cache
binddns dir = {folder}/dc/bind-dns
pid directory = {folder}/run
ncalrpc dir = {folder}/run/ncalrpc
winbindd socket directory = {folder}/run/winbindd
ntp signd socket directory = {folder}/run/ntp
interfaces = {address}/8
bind interfaces only = yes
server services = ldap, kdc
ldap server require strong auth = yes
tls enabled = yes
tls certfile = {certificate}
tls keyfile = {key}
tls cafile = {authority}
logging = file
log file = {folder}/run/log
log level = 1
"""


def krb5_conf(address: str) -> str:
    """How kinit finds the domain's Kerberos without a name server."""
    return f"""
[libdefaults]
default_realm = {REALM}
dns_lookup_kdc = false
dns_lookup_realm = false
udp_preference_limit = 0
[realms]
{REALM} = {{
kdc = {address}
}}
"""
