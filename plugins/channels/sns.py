"""Text messages through Amazon SNS. It needs boto3: install Keyback with its extra `sns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field as Setting
from pydantic import SecretStr, field_validator, model_validator

from ...core import (
    Channel,
    Context,
    DeliveryFailed,
    Message,
    PluginError,
    PluginSettings,
    Receipt,
    Text,
    e164,
    hookimpl,
    only_in_file,
    trusted_certificates,
    why_not,
)
from ...core.networks import must_be_secret, parts_of

try:
    import boto3
    from botocore import exceptions
    from botocore.config import Config
except ImportError:  # an extra: whoever does not use it need not have it
    if not TYPE_CHECKING:
        boto3 = None

# In seconds. A step that takes longer is given up; what is left for the answer is the caller's to say.
CONNECT, READ = 3.0, 5.0
# So that the client gives up before its caller does, and says itself what happened.
MARGIN = 0.5
_KINDS = {
    "InvalidParameter": "address",
    "InvalidParameterValue": "address",
    "OptedOut": "opted-out",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "Throttled": "throttled",
    "TooManyRequestsException": "throttled",
    "AuthorizationError": "credentials",
    "AuthorizationErrorException": "credentials",
    "AccessDenied": "credentials",
    "AccessDeniedException": "credentials",
    "InvalidClientTokenId": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "ExpiredToken": "credentials",
    "OptInRequired": "credentials",
    "MonthlySpendLimitExceeded": "spend-limit",
}


class SnsSettings(PluginSettings):
    """Which region of Amazon's, with which key, under which name."""

    aws_region: str = Setting(
        title="Region of Amazon's",
        description="For example eu-west-1; it must offer texts.",
        pattern=r"^[a-z0-9-]{4,32}$",
    )
    access_key: SecretStr = Setting(SecretStr(""), title="Access key", description="Empty: the role of this machine.")
    secret_key: SecretStr = Setting(SecretStr(""), title="Secret key", description="The access key's secret.")
    sender: str = Setting(
        "",
        title="Sender",
        description="A name of up to 11 letters, or a number of your own with +. Empty: Amazon's choice.",
        pattern=r"^(\+[0-9]{5,15}|[A-Za-z0-9]{1,11})?$",
    )
    address: str = Setting(
        "",
        title="Address",
        description="Another https://… for a private endpoint. Empty: Amazon's.",
        json_schema_extra=only_in_file(),
    )
    ca_file: str = Setting(
        "",
        title="Certificate authority",
        description="A PEM file, if the authority is your own.",
        json_schema_extra=trusted_certificates(),
    )

    @field_validator("address")
    @classmethod
    def _is_a_safe_address(cls, value: str) -> str:
        parts = parts_of(value)
        if value and (parts.username or parts.query or parts.fragment or not parts.hostname):
            raise ValueError("is not a plain address")
        if value:
            must_be_secret(parts)
        return value

    @model_validator(mode="after")
    def _has_both_halves(self) -> SnsSettings:
        if bool(self.access_key.get_secret_value()) != bool(self.secret_key.get_secret_value()):
            raise ValueError("the access key and its secret go together")
        return self


class Sns(Channel):
    """One signed request for each text. Amazon says that it took it; what becomes of it, it does not tell us."""

    key = "sns"
    label = Text("Amazon SNS")
    media = frozenset({"sms"})
    Settings = SnsSettings
    settings: SnsSettings

    def __init__(self, settings: SnsSettings) -> None:
        super().__init__(settings)
        if boto3 is None:
            raise PluginError(
                Text("needs {package}: install Keyback with the extra `{extra}`", package="boto3", extra="sns")
            )
        key, secret = settings.access_key.get_secret_value(), settings.secret_key.get_secret_value()
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret} if secret else {}
        session = boto3.session.Session(region_name=settings.aws_region, **keys)
        # Never by itself again: what was lost on the way may have been taken, and each one costs money.
        config = Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 1}, proxies={})
        self._client = session.client(
            "sns", endpoint_url=settings.address or None, verify=settings.ca_file or None, config=config
        )

    def send(self, message: Message, ctx: Context) -> Receipt:
        to = e164(message.to) if message.medium in self.media else None
        if to is None:
            raise DeliveryFailed("address", retry=False)
        if (ctx.deadline - ctx.now).total_seconds() < MARGIN:
            raise DeliveryFailed("timeout", retry=True)
        try:
            answer = self._client.publish(PhoneNumber=to, Message=_plain(message), MessageAttributes=self._attributes())
            return Receipt(str(answer.get("MessageId", "")))
        except Exception as error:
            failed = _failure(error)
        # Raised here, not above: an exception's cause would be printed with it, and could hold the request.
        raise failed

    def check(self) -> None:
        """Whether the key is good and may send texts, and whether Amazon lets them out. Nothing is sent."""
        try:
            found = self._client.get_sms_attributes(attributes=["MonthlySpendLimit"])
            spent = found["attributes"].get("MonthlySpendLimit") == "0"
            why: Text | str = Text("its monthly spend limit is 0") if spent else ""
        except Exception as error:
            why = why_not(_failure(error).kind)
        if not why and self._in_sandbox():
            why = Text("the account is in the sandbox, so texts go to verified numbers alone")
        if why:
            raise PluginError(Text("Amazon SNS cannot be used: {why}", why=why))

    def _in_sandbox(self) -> bool:
        """As far as the key may ask: sending needs no right to know it."""
        try:
            return bool(self._client.get_sms_sandbox_account_status().get("IsInSandbox"))
        except Exception:  # no answer to this question is no reason not to send
            return False

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def _attributes(self) -> dict[str, Any]:
        # "Transactional" is dearer and goes first: somebody waits for it.
        said = {"AWS.SNS.SMS.SMSType": "Transactional"}
        if self.settings.sender:
            name = "AWS.MM.SMS.OriginationNumber" if self.settings.sender[0] == "+" else "AWS.SNS.SMS.SenderID"
            said[name] = self.settings.sender
        return {name: {"DataType": "String", "StringValue": value} for name, value in said.items()}


def _plain(message: Message) -> str:
    # Half a letter cannot be sent; the others should arrive.
    return str(message.text).encode("utf-8", "replace").decode()


def _failure(error: Exception) -> DeliveryFailed:
    """What went wrong, and whether it may have been taken all the same."""
    if isinstance(error, exceptions.ClientError):
        answer = error.response
        code, status = (
            answer.get("Error", {}).get("Code", ""),
            answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
        )
        kind = _KINDS.get(code) or (
            "credentials" if status in (401, 403) else "provider-down" if status >= 500 else "refused"
        )
        return DeliveryFailed(kind, retry=kind in ("throttled", "provider-down"), unknown=kind == "provider-down")
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return DeliveryFailed("credentials", retry=False)
    if isinstance(error, exceptions.SSLError):
        return DeliveryFailed("certificate", retry=False)
    if isinstance(
        error, exceptions.ConnectTimeoutError | exceptions.EndpointConnectionError | exceptions.ProxyConnectionError
    ):
        return DeliveryFailed("unreachable", retry=True)
    if isinstance(error, exceptions.ParamValidationError):
        return DeliveryFailed("refused", retry=False)
    late = isinstance(error, exceptions.ReadTimeoutError)
    return DeliveryFailed("timeout" if late else "unreachable", retry=True, unknown=True)


@hookimpl
def keyback_channels() -> list[type[Channel]]:
    return [Sns]
