"""What stands in the private directory of the tests: its rules, its policies, its people."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

MODULES = Path("/usr/lib/ldap")
SCHEMA = Path("/etc/ldap/schema")
SUFFIX = "dc=alderwick,dc=test"
PEOPLE = f"ou=People,{SUFFIX}"
POLICIES = f"ou=Policies,{SUFFIX}"
ADMINS = f"cn=admins,ou=Groups,{SUFFIX}"
SERVICE = f"cn=keyback,ou=Services,{SUFFIX}"
ROOT = f"cn=root,{SUFFIX}"
ROOT_PASSWORD = "root of the private slapd"
SERVICE_PASSWORD = "service-canary-8f2a of the private slapd"
PASSWORD = "Start-123 as it was"
# Long ago, so that no reset has to wait for the mark to ripen.
CHANGED = "20240101120000Z"

_BASE_POLICY: Mapping[str, object] = {
    "pwdCheckQuality": 2,
    "pwdMinLength": 8,
    "pwdInHistory": 3,
    "pwdMaxFailure": 5,
    "pwdLockout": "TRUE",
    "pwdLockoutDuration": 0,
    "pwdMustChange": "TRUE",
    "pwdAllowUserChange": "TRUE",
    "pwdSafeModify": "FALSE",
}
_POLICIES: Mapping[str, Mapping[str, object]] = {
    "default": {},
    "safemodify": {"pwdSafeModify": "TRUE"},
    "minage": {"pwdMinAge": 86400},
    "expiring": {"pwdMaxAge": 86400 * 365 * 50, "pwdExpireWarning": 86400 * 365 * 49},
    "grace": {"pwdMaxAge": 60, "pwdGraceAuthnLimit": 2},
    "expired": {"pwdMaxAge": 60},
    "nochange": {"pwdAllowUserChange": "FALSE"},
    "nohistory": {"pwdInHistory": 0},
    "shortlock": {"pwdLockoutDuration": 60},
    "forgetful": {"pwdFailureCountInterval": 3600},
    "services": {"pwdLockout": "FALSE", "pwdMustChange": "FALSE"},
}


def configuration(folder: Path, certificate: Path, key: Path) -> str:
    modules = "\n".join(f"moduleload {name}" for name in ("back_mdb", "ppolicy", "memberof", "accesslog"))
    schemas = "\n".join(f"include {SCHEMA}/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    people = f'dn.subtree="{PEOPLE}"'
    keyback = f'by dn.exact="{SERVICE}"'
    return f"""
{schemas}
modulepath {MODULES}
{modules}
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
loglevel none
threads 8
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
# Nothing secret travels without TLS.
security simple_bind=64 update_ssf=64

database mdb
suffix cn=witness
rootdn cn=witness
rootpw "{ROOT_PASSWORD}"
directory {folder}/witness
maxsize 268435456
envflags nosync
index reqDN,reqResult,objectClass,reqStart eq
sizelimit unlimited

database mdb
suffix "{SUFFIX}"
rootdn "{ROOT}"
rootpw "{ROOT_PASSWORD}"
directory {folder}/people
maxsize 1073741824
envflags nosync
index objectClass,uid,mail,member,uniqueMember,entryUUID eq

# What Keyback's account may: nothing on services and members of the administrators' group …
access to dn.subtree="ou=Services,{SUFFIX}" attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=Services,{SUFFIX}" by self read by * none
access to filter="(memberOf={ADMINS})" attrs=userPassword,pwdAccountLockedTime
  by self =xw by anonymous auth by * none
access to filter="(memberOf={ADMINS})" attrs=pwdReset {keyback} read by self read by * none
# … on people: write passwords, never read them, so that the policy overlay rules resets …
access to {people} attrs=userPassword {keyback} =xw by self =xw by anonymous auth by * none
access to {people} attrs=pwdAccountLockedTime {keyback} manage by * none
access to {people} attrs=pwdReset {keyback} manage by self read by * none
access to {people} attrs=pwdChangedTime,pwdEndTime,pwdPolicySubentry,pwdFailureTime
  {keyback} read by self read by * none
access to {people} attrs=entry,children,objectClass,uid,cn,sn,displayName,mail,mobile,telephoneNumber,memberOf,entryUUID
  {keyback} read by self read by * none
# … and to see groups, policies and where people are.
access to dn.subtree="ou=Groups,{SUFFIX}" attrs=entry,objectClass,cn,member,uniqueMember {keyback} read by * none
access to dn.subtree="{POLICIES}" {keyback} read by * none
access to dn.base="{SUFFIX}" {keyback} search by users read by * search
access to * by self read {keyback} search by * none

overlay memberof
overlay ppolicy
ppolicy_default "cn=default,{POLICIES}"
ppolicy_use_lockout
ppolicy_hash_cleartext
overlay accesslog
logdb cn=witness
logops writes reads
logsuccess FALSE
"""


def ldif() -> str:
    entries = [
        _entry(SUFFIX, objectClass=["dcObject", "organization"], dc="alderwick", o="Alderwick"),
        *(
            _entry(f"ou={ou},{SUFFIX}", objectClass="organizationalUnit", ou=ou)
            for ou in ("People", "Groups", "Services", "Policies")
        ),
    ]
    for name, rules in _POLICIES.items():
        values = {**_BASE_POLICY, **rules}
        entries.append(
            _entry(
                f"cn={name},{POLICIES}",
                objectClass=["device", "pwdPolicy"],
                cn=name,
                pwdAttribute="userPassword",
                **values,
            )
        )
    entries.append(
        _entry(
            SERVICE,
            objectClass=["applicationProcess", "simpleSecurityObject"],
            cn="keyback",
            userPassword=_hashed(SERVICE_PASSWORD),
            pwdPolicySubentry=f"cn=services,{POLICIES}",
        )
    )
    entries += _groups()
    entries.append(
        _entry(
            f"ou=Elsewhere,{PEOPLE}",
            objectClass=["referral", "extensibleObject"],
            ou="Elsewhere",
            ref="ldap://127.0.0.1:9/ou=Elsewhere,dc=other,dc=test",
        )
    )
    return "\n".join(entries)


def _groups() -> Iterator[str]:
    """`boss` is an administrator, `deputy` is one by five groups within groups, `clerk` is none."""
    ladder = [ADMINS, *(f"cn=level{n},ou=Groups,{SUFFIX}" for n in range(1, 6))]
    for uid, group in (("boss", ADMINS), ("deputy", ladder[-1]), ("clerk", f"cn=clerks,ou=Groups,{SUFFIX}")):
        yield _entry(
            f"uid={uid},{PEOPLE}",
            objectClass="inetOrgPerson",
            uid=uid,
            cn=f"The {uid}",
            sn=uid,
            mail=f"{uid}@alderwick.example",
            userPassword=_hashed(PASSWORD),
            pwdChangedTime=CHANGED,
            memberOf=group,
        )
    for place, group in enumerate(ladder):
        members = [f"uid=boss,{PEOPLE}"] if place == 0 else []
        members += [ladder[place + 1]] if place + 1 < len(ladder) else [f"uid=deputy,{PEOPLE}"]
        yield _entry(group, objectClass="groupOfNames", cn=group.split(",")[0][3:], member=members)
    yield _entry(f"cn=clerks,ou=Groups,{SUFFIX}", objectClass="groupOfNames", cn="clerks", member=f"uid=clerk,{PEOPLE}")


def _entry(dn: str, **values: object) -> str:
    lines = [f"dn:: {_b64(dn)}"]
    for name, value in values.items():
        several = value if isinstance(value, list) else [value]
        lines += [f"{name}:: {_b64(str(one))}" for one in several]
    return "\n".join(lines) + "\n"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _hashed(password: str) -> str:
    salt = os.urandom(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()  # noqa: S324
