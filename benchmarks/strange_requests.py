"""What a stranger may send to each address of the app: nothing, garbage, the largest body, cookies that open nothing.

An address without an example is an error, so that a new one is noticed.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.routing import Map, Rule

# As large as a form may be, and written in the way that takes the longest to read.
LARGEST = 64 * 1024


def garbage() -> Mapping[str, str]:
    """Headers that say much and mean nothing. No two are alike: what is remembered must not help."""
    first = secrets.randbelow(1_000_000)
    return {
        "Cookie": "kb=; =; " + "x=%FF;" * 300,
        "Accept-Language": ",".join(f"x{first + number}-y;q=0.{number}" for number in range(99)),
        "Range": "bytes=" + ",".join(f"{number}-" for number in range(99)),
        "If-None-Match": '"x",' * 99,
        "User-Agent": "\xff" * 999,
    }


@dataclass(frozen=True)
class Known:
    """What a stranger can learn without proving anything: a challenge, a picture's task, a recovery's address."""

    style_sheet: str
    challenge: Mapping[str, object] = field(repr=False)
    task: str
    recovery_id: str


@dataclass(frozen=True)
class Wish:
    """One kind of request, made anew each time it is sent. `counted`: limits let a source do it only so often."""

    endpoint: str
    verb: str
    kind: str
    make: Callable[[], tuple[str, Mapping[str, str], str]] = field(repr=False)
    counted: bool = False


def wishes(addresses: Map, known: Known) -> Iterator[Wish]:
    """All of them, for each address and verb."""
    for rule in addresses.iter_rules():
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield from _usual(rule, verb, known)
            yield from _own(rule.endpoint, verb, known)


def _usual(rule: Rule, verb: str, known: Known) -> Iterator[Wish]:
    """What is tried on every address."""

    def wish(kind: str, headers: Mapping[str, str], body: str = "", recovery_id: str = "0" * 32) -> Wish:
        return Wish(rule.endpoint, verb, kind, lambda: (_path(rule, known, recovery_id), headers, body))

    yield wish("nothing", {})
    noise = "%=&" * 99 if verb == "POST" else ""
    yield Wish(rule.endpoint, verb, "garbage", lambda: (_path(rule, known, "0" * 32), garbage(), noise))
    if verb == "POST":
        yield wish("largest body", {}, _largest(rule.endpoint))
    own = urlencode({"token": "0" * 64, "move": "continue", "code": "12345678"}) if verb == "POST" else ""
    yield wish("cookie of nobody", _cookie("0" * 32), own)
    yield wish("made-up key", _cookie(known.recovery_id), own, known.recovery_id)


def _path(rule: Rule, known: Known, recovery_id: str) -> str:
    """A good address for this rule."""
    match rule.endpoint:
        case "portal.welcome" | "portal.healthz" | "portal.readyz" | "portal.who" | "portal.start":
            return rule.rule
        case "portal.unlock" | "portal.start_unlock" | "portal.change" | "portal.change_start":
            return rule.rule
        case "portal.call" | "portal.start_call":
            return rule.rule
        case "portal.phone" | "portal.phone_say" | "portal.phone_worker" | "portal.phone_manifest":
            return rule.rule
        case "portal.static":
            return known.style_sheet
        case "portal.human_part":
            return f"/human/{known.task}.txt"
        case "portal.arrive":
            return "/go/alderwick?login_hint=jo"
        case "portal.arrive_to_unlock":
            return "/go/alderwick/unlock?login_hint=jo"
        case "portal.show" | "portal.move" | "portal.stage" | "portal.password" | "portal.back":
            return rule.rule.replace("<recovery_id>", recovery_id)
        case "portal.change_show" | "portal.change_move" | "portal.change_stage" | "portal.change_password":
            return rule.rule.replace("<change_id>", recovery_id)
        case "provider.authorize":
            return "/authorize?response_type=code&client_id=nobody&redirect_uri=https://idp.example.org/&scope=openid"
        case "provider.token" | "provider.userinfo" | "provider.jwks" | "provider.discovery":
            return rule.rule
        case "portal.callback":
            return f"/callback/twilio/{'a' * 300}"
        case "portal.wasnt_me" | "portal.stop":
            return f"/wasnt-me/{'A' * 300}"
    raise LookupError(f"nobody said what a stranger may send to {rule.endpoint}")


def _own(endpoint: str, verb: str, known: Known) -> Iterator[Wish]:
    """What can only be tried here."""

    def wish(kind: str, path: str, counted: bool = False, **form: str) -> Wish:
        return Wish(endpoint, verb, kind, lambda: (path, {}, urlencode(form)), counted)

    match endpoint:
        case "portal.start":
            yield wish("no name", "/recover", identifier="")
            yield wish("no check", "/recover", identifier="jo")
            yield wish("asks for a picture", "/recover", identifier="jo", check="picture")
            yield wish("nonsense check", "/recover", identifier="jo", proof_of_work="e30" * 1300)
            for kind, challenge in _challenges(known).items():
                yield wish(kind, "/recover", identifier="jo", proof_of_work=_unsolved(challenge))
            forged = known.task[:-64] + "0" * 64
            yield wish("forged picture", "/recover", identifier="jo", picture_text="AAAAAA", picture_task=forged)
            yield wish(
                "wrong picture", "/recover", True, identifier="jo", picture_text="AAAAAA", picture_task=known.task
            )
        case "portal.phone_say":
            yield wish("a phone of nobody", "/phone/say", **_phone_of_nobody())
        case "portal.human_part":
            yield wish("forged task", f"/human/{known.task[:-64] + '0' * 64}.wav")
            yield wish("the same picture", f"/human/{known.task}.png")
        case "portal.arrive":
            yield wish("no such door", "/go/nowhere")
        case "portal.arrive_to_unlock":
            yield wish("no such door", "/go/nowhere/unlock")
        case "portal.static":
            yield wish("no such file", "/static/keyback.000000000000.css")
        case "portal.welcome":
            yield wish("no such page", "/wp-login.php")
            yield wish("a language", "/?language=de")


def _phone_of_nobody() -> dict[str, str]:
    """The dearest that a phone can say: a key and a signature that look right until they are checked."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    written = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    said = {"what": "joins", "joins_by": "A" * 26, "key": base64.urlsafe_b64encode(written).decode(), "at": "1"}
    signature = base64.urlsafe_b64encode(secrets.token_bytes(64)).decode()
    return {"device": "a" * 22, "words": json.dumps(said), "signature": signature}


def _largest(endpoint: str) -> str:
    """The dearest form of its page: every sign written in three."""
    name, password = "proof_of_work=&identifier=", f"token={'0' * 64}&new_password="
    form = {
        **dict.fromkeys(("portal.start", "portal.start_unlock", "portal.change_start"), name),
        **dict.fromkeys(("portal.password", "portal.change_password"), password),
    }
    begun = form.get(endpoint, f"token={'0' * 64}&move=continue&new_password=")
    return begun + "%41" * ((LARGEST - len(begun)) // 3)


def _cookie(recovery_id: str) -> Mapping[str, str]:
    return {"Cookie": f"__Host-kb_j={recovery_id}.{secrets.token_hex(32)}"}


def _challenges(known: Known) -> Mapping[str, Mapping[str, object]]:
    parameters = known.challenge["parameters"]
    assert isinstance(parameters, dict)
    dear = {**known.challenge, "parameters": {**parameters, "cost": 10_000_000}}
    return {"wrong solution": known.challenge, "forged challenge": dear}


def _unsolved(challenge: Mapping[str, object]) -> str:
    answer = {"challenge": challenge, "solution": {"counter": 7, "derivedKey": "0" * 64, "time": 1}}
    return base64.b64encode(json.dumps(answer).encode()).decode()
