"""What can only be done to a domain from within. Run by the system's own Python, which has Samba's module.

furnish CONF JSON       what the private domain has from the start
crowd CONF N            so many people without passwords
access CONF DN          who may what there, in written form
give CONF DN ACCESS     let this hold there
age CONF DN DAYS        the password was set so long ago
protect CONF DN         what Windows does hourly to administrators, and Samba never: its protected access list
"""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any

import ldb  # type: ignore[import-not-found]
from samba.auth import system_session  # type: ignore[import-not-found]
from samba.dcerpc import misc, security  # type: ignore[import-not-found]
from samba.ndr import ndr_pack, ndr_unpack  # type: ignore[import-not-found]
from samba.param import LoadParm  # type: ignore[import-not-found]
from samba.samdb import SamDB  # type: ignore[import-not-found]

# Lets a write pass that the server would refuse.
UNCHECKED = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"


class Domain:
    """The domain's own database."""

    def __init__(self, conf: str) -> None:
        parameters = LoadParm()
        parameters.load(conf)
        self.sam = SamDB(url=parameters.private_path("sam.ldb"), session_info=system_session(), lp=parameters)
        self.dn = self.sam.domain_dn()
        self.realm = parameters.get("realm").lower()
        self.sid = security.dom_sid(self.sam.get_domain_sid())

    def replace(self, dn: str, controls: tuple[str, ...] = (), **values: Any) -> None:
        change = ldb.Message(ldb.Dn(self.sam, dn))
        for name, value in values.items():
            change[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
        self.sam.modify(change, controls=list(controls))

    def read(self, dn: str, attribute: str) -> Any:
        return self.sam.search(base=dn, scope=ldb.SCOPE_BASE, attrs=[attribute])[0][attribute][0]

    def access(self, dn: str) -> str:
        """The access list in its written form."""
        return str(ndr_unpack(security.descriptor, self.read(dn, "nTSecurityDescriptor")).as_sddl(self.sid))

    def give_access(self, dn: str, written: str, **also: Any) -> None:
        packed = ndr_pack(security.descriptor.from_sddl(written, self.sid))
        self.replace(dn, ("sd_flags:1:4",), nTSecurityDescriptor=packed, **also)

    def allow(self, dn: str, *aces: str) -> None:
        self.give_access(dn, re.sub(r"(D:[A-Z]*)", lambda head: head[1] + "".join(aces), self.access(dn), count=1))

    def account(self, name: str, password: str) -> str:
        """A service account whose password never expires; its number for access lists."""
        dn = f"CN={name},CN=Users,{self.dn}"
        self.sam.add(
            {
                "dn": dn,
                "objectClass": "user",
                "sAMAccountName": name,
                "userPrincipalName": f"{name}@{self.realm}",
                "userAccountControl": str(0x200 | 0x10000),
                "unicodePwd": f'"{password}"'.encode("utf-16-le"),
            }
        )
        return str(ndr_unpack(security.dom_sid, self.read(dn, "objectSid")))


def furnish(domain: Domain, told: str) -> None:
    """Rules, three trees, a group of administrators, and the accounts that Keyback can sign in as."""
    wanted = json.loads(told)
    day = -864_000_000_000
    domain.replace(
        domain.dn,
        minPwdLength="8", pwdHistoryLength="3", pwdProperties="1", minPwdAge="0", maxPwdAge=str(42 * day),
        lockoutThreshold="5", lockoutDuration=str(day // 48), lockOutObservationWindow=str(day // 48),
    )  # fmt: skip
    for name in ("People", "Elsewhere", "Groups"):
        domain.sam.add({"dn": f"OU={name},{domain.dn}", "objectClass": "organizationalUnit"})
    group = f"CN=Staff Admins,OU=Groups,{domain.dn}"
    domain.sam.add({"dn": group, "objectClass": "group", "sAMAccountName": "Staff Admins"})
    domain.account("stranger", wanted["password"])
    schema = f"CN=ms-DS-{wanted['fence'].removeprefix('msDS-')},CN=Schema,CN=Configuration,{domain.dn}"
    fence = str(ndr_unpack(misc.GUID, domain.read(schema, "schemaIDGUID")))
    for name, also in (("keyback", []), ("keyback-fence", [wanted["may_write"].replace("ATTRIBUTE", fence)])):
        sid = domain.account(name, wanted["password"])
        aces = [ace.replace("SID", sid) for ace in (*wanted["on_people"], *also)]
        domain.allow(f"OU=People,{domain.dn}", *aces)
        domain.allow(wanted["rules"], wanted["on_rules"].replace("SID", sid))


def crowd(domain: Domain, people: str) -> None:
    tree = f"OU=Crowd of {people},{domain.dn}"
    domain.sam.transaction_start()
    domain.sam.add({"dn": tree, "objectClass": "organizationalUnit"})
    for n in range(int(people)):
        name = f"crowd{people}-{n}"
        domain.sam.add({"dn": f"CN={name},{tree}", "objectClass": "user", "sAMAccountName": name})
    domain.sam.transaction_commit()


def access(domain: Domain, dn: str) -> None:
    print(domain.access(dn))  # noqa: T201


def give(domain: Domain, dn: str, written: str) -> None:
    domain.give_access(dn, written)


def age(domain: Domain, dn: str, days: str) -> None:
    moment = int((time.time() - float(days) * 86400 + 11_644_473_600) * 10**7)
    domain.replace(dn, (UNCHECKED,), pwdLastSet=str(moment))


def protect(domain: Domain, dn: str) -> None:
    holder = domain.access(f"CN=AdminSDHolder,CN=System,{domain.dn}")
    head, *aces = re.sub(r"S:.*", "", re.sub(r"D:(AI|PAI|P)?", "D:PAI", holder, count=1)).split("(")
    own = [ace for ace in aces if "ID" not in re.findall("..", ace.split(";")[1])]
    domain.give_access(dn, "(".join([head, *own]), adminCount="1")


if __name__ == "__main__":
    _, what, conf, *rest = sys.argv
    told = {
        "furnish": furnish, "crowd": crowd, "access": access, "give": give, "age": age, "protect": protect,
    }  # fmt: skip
    told[what](Domain(conf), *rest)
