"""Passkeys and security keys: the device signs a challenge, for this site alone and never for one that looks alike."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificates
from pydantic import Field as Setting
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ...core import (
    Alphabet,
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Field,
    Method,
    NewEnrolment,
    NotAllowed,
    Offer,
    Person,
    PluginError,
    PluginSettings,
    Prompt,
    Text,
    Verdict,
    hookimpl,
)

CHALLENGE_BYTES = 32
LIFETIME = timedelta(minutes=5)
MILLISECONDS = round(LIFETIME / timedelta(milliseconds=1))
# What phones and keys (ES256), newer keys (EdDSA) and Windows (RS256) sign with.
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# An id as long as the standard allows, and a key of 4096 bits with its wrapping (H9).
MOST_ID, MOST_KEY = 1023, 600
# Those whose chain ends in no root but the administrator's: the library adds its own to the others.
ATTESTED = (AttestationFormat.PACKED, AttestationFormat.TPM)
LONGEST_NAME = 60
# An offer holds all passkeys of a person: the device chooses.
OFFER = "passkey"
FIELD = Field("passkey", Text("Passkey or security key"), alphabet=Alphabet.SCRIPT)
WRONG = Verdict(False, "wrong")
NOT_TAKEN = Text("This passkey or key can't be added. Try another one.")


class Attestation(StrEnum):
    """Whether a device must prove who made it."""

    NONE = "none"
    REQUIRED = "required"


class WebAuthnSettings(PluginSettings):
    """Which devices may be added."""

    attestation: Attestation = Setting(
        Attestation.NONE,
        title="Proof of the maker",
        description="none: any device. required: only devices whose makers' certificates are in the file below; "
        "passkeys of phones and password managers then can't be added.",
    )
    makers: str = Setting(
        "", title="Makers' certificates", description="A PEM file with the roots of the makers that you trust."
    )


class WebAuthn(Method):
    """A passkey or a security key. There may be several."""

    key = "webauthn"
    label = Text("Passkey or security key")
    factor = Factor.HAS
    rides_on = Carrier.DEVICE
    # A signature.
    guessable = False
    summary = Text("Fingerprint, face, PIN or a key you touch")
    Settings = WebAuthnSettings
    settings: WebAuthnSettings

    def __init__(self, settings: WebAuthnSettings) -> None:
        super().__init__(settings)
        self._roots = list(_roots(settings))
        # Nobody has its private half. What is signed with no passkey of the person's is checked against it, so that
        # an answer costs one signature check whoever it is about (P4). Made once: to make it takes longer.
        self._nobodys = json.dumps({"key": bytes_to_base64url(_nobodys_key())})

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        usable = [enrolment for enrolment in enrolments if enrolment.usable_from <= ctx.now]
        kept = {one.data["id"]: json.dumps({**one.data, "enrolment": one.id}) for one in usable}
        return [Offer(self.key, OFFER, self.summary, kept)] if kept else []

    def nobodys_offer(self, ctx: Context) -> Offer:
        """Without a passkey: judging checks a signature all the same."""
        return Offer(self.key, OFFER, self.summary)

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        """Before the first proof no passkey is named, and the device shows its own (A10)."""
        drawn = ctx.random(CHALLENGE_BYTES)
        kept = [json.loads(passkey) for offer in offers or () for passkey in offer.private.values()]
        options = generate_authentication_options(
            rp_id=_site(ctx),
            challenge=drawn,
            timeout=MILLISECONDS,
            allow_credentials=[_named(passkey) for passkey in kept],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        prompt = Prompt(
            Text("Use your passkey or security key"),
            Text("Your device will ask for your fingerprint, face or PIN, or for you to touch the key."),
            (FIELD,),
            widget="passkey",
            data={"options": options_to_json(options)},
        )
        return Challenge(prompt, LIFETIME, {"challenge": bytes_to_base64url(drawn)})

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        try:
            return self._judged(offer, challenge, answer, ctx)
        except Exception:
            # The library raises a dozen kinds, and what it reads raises more: whatever breaks it proves nothing.
            return WRONG

    def _judged(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        signed = parse_authentication_credential_json(answer["passkey"])
        # Only this person's are looked at, so a passkey of somebody else's proves nothing here (H4).
        known = offer.private.get(signed.id, "")
        passkey: dict[str, str] = json.loads(known or self._nobodys)
        seen = verify_authentication_response(
            credential=signed,
            expected_challenge=base64url_to_bytes(challenge.secret["challenge"]),
            expected_rp_id=_site(ctx),
            expected_origin=ctx.origin,
            credential_public_key=base64url_to_bytes(passkey["key"]),
            # The library looks at the count before the signature: anybody could raise a false alarm. We look below.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        handle = signed.response.user_handle
        if not known or _in_a_frame(signed.response.client_data_json):
            return WRONG
        if handle is not None and bytes_to_base64url(handle) != passkey["user"]:
            return WRONG
        # Whether it may be copied to other devices is fixed when it is made (H7).
        if seen.credential_device_type != passkey["device"]:
            return WRONG
        used, count = int(passkey["count"]), seen.new_sign_count
        if (used or count) and count <= used:
            # The signature is right and the count is behind: there are two of it (H6).
            return Verdict(False, "copied")
        data = {name: value for name, value in passkey.items() if name != "enrolment"}
        return Verdict(True, enrolment=(passkey["enrolment"], {**data, "count": str(count)}))

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """What the device is asked to make, beside those that the person has."""
        account = person.accounts[0] if person.accounts else None
        name = account.name if account else ctx.company
        # The same for a person always, so that a device holds one passkey of theirs; and it leads back to nobody.
        user = sha256(b"keyback passkey " + person.id.encode()).digest()
        drawn = ctx.random(CHALLENGE_BYTES)
        asked = self.settings.attestation is Attestation.REQUIRED
        options = generate_registration_options(
            rp_id=_site(ctx),
            rp_name=ctx.company,
            user_id=user,
            user_name=name,
            user_display_name=(account.display_name if account else "") or name,
            challenge=drawn,
            timeout=MILLISECONDS,
            attestation=AttestationConveyancePreference.DIRECT if asked else AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                # Keys without room for one more can still be used as second proof, when they are listed.
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_named(enrolment.data) for enrolment in enrolments],
            supported_pub_key_algs=ALGORITHMS,
        )
        prompt = Prompt(
            Text("Add a passkey or security key"),
            Text("Your device will ask you to confirm."),
            (FIELD,),
            widget="passkey",
            data={"options": options_to_json(options)},
        )
        secret = {"challenge": bytes_to_base64url(drawn), "user": bytes_to_base64url(user)}
        return Challenge(prompt, LIFETIME, secret)

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """The device has made one, for this site, and asked who is there."""
        try:
            data = self._made(challenge, answer, ctx)
        except Exception as broken:
            # As in `judge`. What is wrong with it nobody could mend.
            raise NotAllowed(NOT_TAKEN) from broken
        called = "".join(sign for sign in answer.get("called", "") if sign.isprintable())
        return NewEnrolment(called.strip()[:LONGEST_NAME], data)

    def _made(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> dict[str, str]:
        made = parse_registration_credential_json(answer["passkey"])
        seen = verify_registration_response(
            credential=made,
            expected_challenge=base64url_to_bytes(challenge.secret["challenge"]),
            expected_rp_id=_site(ctx),
            expected_origin=ctx.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
            pem_root_certs_bytes_by_fmt=dict.fromkeys(ATTESTED, self._roots),
        )
        if _in_a_frame(made.response.client_data_json):
            raise ValueError("made in a frame of another site")
        if len(seen.credential_id) > MOST_ID or len(seen.credential_public_key) > MOST_KEY:
            raise ValueError("too large")
        # A device that vouches for itself proves no maker, and brings no certificates.
        if self._roots and not (
            seen.fmt in ATTESTED and parse_attestation_object(seen.attestation_object).att_stmt.x5c
        ):
            raise ValueError("its maker is not known")
        return {
            "id": bytes_to_base64url(seen.credential_id),
            "key": bytes_to_base64url(seen.credential_public_key),
            "user": challenge.secret["user"],
            "device": seen.credential_device_type.value,
            "count": str(seen.sign_count),
            "reached": " ".join(transport.value for transport in made.response.transports or ()),
        }


def _site(ctx: Context) -> str:
    """The name of the site that passkeys are made for: the portal's own host, and none above it."""
    return urlsplit(ctx.origin).hostname or ""


def _in_a_frame(client_data: bytes) -> bool:
    """Whether another site's page asked the device, with ours inside (H8). The library leaves that open."""
    return bool(parse_client_data_json(client_data).cross_origin)


def _named(data: Mapping[str, str]) -> PublicKeyCredentialDescriptor:
    reached = [AuthenticatorTransport(way) for way in data["reached"].split()]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(data["id"]), transports=reached or None)


def _roots(settings: WebAuthnSettings) -> Iterator[bytes]:
    """The makers' certificates, one by one. Raises PluginError: without them `required` would ask for nothing."""
    if settings.attestation is Attestation.NONE:
        return
    try:
        found = load_pem_x509_certificates(Path(settings.makers).read_bytes())
    except (OSError, ValueError) as error:
        raise PluginError(Text("makers: no file with PEM certificates")) from error
    yield from (certificate.public_bytes(Encoding.PEM) for certificate in found)


def _nobodys_key() -> bytes:
    """A P-256 key in the old form of security keys, which the library reads: the point itself."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [WebAuthn]
