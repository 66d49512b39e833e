"""The pretend company's people; each of them shows something."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.contracts.text import Text


@dataclass(frozen=True)
class Pretended:
    """Somebody of the company. Numbers are ones that no telephone will ever have: they are kept for films."""

    name: str
    display_name: str
    try_this: Text
    mail: str = ""
    phone: str = ""
    enabled: bool = True
    privileged: bool = False
    locked: bool = False
    must_change: bool = False
    # Whether the directory knows phone and mailbox; otherwise they are theirs to add.
    known: bool = True
    # The sign-in name of a second account, in the pretend cloud.
    in_the_cloud: str = ""
    # Whether both are known to be theirs; otherwise that is theirs to say.
    joined: bool = True
    # Of whoever did not forget it.
    password: str = field(default="", repr=False)
    # As the pretend company's sign-in page says them.
    groups: tuple[str, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        """Where their messages arrive."""
        return frozenset({self.mail, self.phone} - {""})


KITS = "seven rainy sundays"
NOORS = "four lazy mondays"
INES = "two borrowed umbrellas"
ROTHS, BERGS = "nine silver kettles", "six wooden ladders"
HANAS, OWENS = "five paper lanterns", "three winter bridges"
ADMINISTRATORS, AGENTS, AUDITORS = "Keyback administrators", "Service desk", "Internal audit"
KIT_IN_THE_CLOUD = "kit.larsen@cloud.example"

PEOPLE = (
    Pretended(
        "maya",
        "Maya Lindqvist",
        Text("Everything works: prove it by e-mail and by text, then sign in with the new password."),
        "maya@home.example",
        "+447700900142",
    ),
    Pretended(
        "jfrost",
        "Jo Frost",
        Text("The same, by another name: jo.frost@alderwick.example is Jo as well."),
        "jo.frost@alderwick.example",
        "+447700900178",
    ),
    Pretended(
        "sam",
        "Sam Okafor",
        Text("Has one way only, and two are asked for: the first works, then it ends."),
        "sam@home.example",
    ),
    Pretended(
        "tom",
        "Tom Bakker",
        Text("Never added a way. The pages look just the same, and nothing arrives."),
    ),
    Pretended(
        "ida",
        "Ida Moreau",
        Text("Has two accounts, here and in a cloud: one reset sets both passwords."),
        "ida@home.example",
        "+447700900134",
        in_the_cloud="ida.moreau@cloud.example",
    ),
    Pretended(
        "noor",
        "Noor Haddad",
        Text(
            "Tried too often and is locked out. Remembers the password, {password}: choose “Unlock my account” on the "
            "first page, or set a new one.",
            password=NOORS,
        ),
        "noor@home.example",
        "+447700900156",
        locked=True,
        password=NOORS,
    ),
    Pretended(
        "ines",
        "Ines Duarte",
        Text(
            "Must change the password before anything else. Remembers it, {password}: choose “Change my password” on "
            "the first page.",
            password=INES,
        ),
        "ines@home.example",
        "+447700900183",
        must_change=True,
        password=INES,
    ),
    Pretended(
        "lee",
        "Lee Tanaka",
        Text("Left the company. The pages look just the same, and nothing arrives."),
        "lee@home.example",
        "+447700900123",
        enabled=False,
    ),
    Pretended(
        "kit",
        "Kit Larsen",
        Text(
            "Remembers the password, {password}, but has no way back: sign in at “My methods” and add this phone, this "
            "mailbox or something else. Has an account in a cloud too, {cloud}, with the same password: join it at “My "
            "accounts”.",
            password=KITS,
            cloud=KIT_IN_THE_CLOUD,
        ),
        "kit@home.example",
        "+447700900165",
        known=False,
        in_the_cloud=KIT_IN_THE_CLOUD,
        joined=False,
        password=KITS,
    ),
    Pretended(
        "rosa",
        "Rosa Ott",
        Text("Is an administrator, who cannot reset here. The pages don't tell."),
        "rosa@home.example",
        "+447700900199",
        privileged=True,
    ),
)
# Who opens the console. Nobody resets their passwords here: they are privileged.
STAFF = (
    Pretended(
        "roth",
        "Ines Roth",
        Text("Administrator: sees and changes everything. The password is {password}.", password=ROTHS),
        privileged=True,
        password=ROTHS,
        groups=(ADMINISTRATORS,),
    ),
    Pretended(
        "berg",
        "Nils Berg",
        Text(
            "The second administrator: agrees to what one alone can't do. The password is {password}.", password=BERGS
        ),
        privileged=True,
        password=BERGS,
        groups=(ADMINISTRATORS,),
    ),
    Pretended(
        "hana",
        "Hana Weiss",
        Text("Help desk: finds people and helps them. The password is {password}.", password=HANAS),
        privileged=True,
        password=HANAS,
        groups=(AGENTS,),
    ),
    Pretended(
        "owen",
        "Owen Price",
        Text("Auditor: sees everything and changes nothing. The password is {password}.", password=OWENS),
        privileged=True,
        password=OWENS,
        groups=(AUDITORS,),
    ),
)
# Nobody to be, but with a mailbox.
HELP_DESK = Pretended(
    "help-desk",
    "help.desk@alderwick.example",
    Text("Is told when somebody presses “This wasn't me”."),
    "help.desk@alderwick.example",
)


def about(name: str) -> dict[str, object]:
    """What the company's sign-in page says of whoever has this name."""
    found = next((person for person in (*PEOPLE, *STAFF) if person.name == name), None)
    return {"name": found.display_name, "groups": list(found.groups)} if found else {}
