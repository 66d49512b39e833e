"""The demo's second directory: the same as the embedded one, so that somebody can have two accounts."""

from __future__ import annotations

from pydantic import Field

from ...core import PluginError, Store, Text, hookimpl, only_in_file
from .embedded import Embedded, EmbeddedSettings


class PretendCloudSettings(EmbeddedSettings):
    """Where its accounts are kept."""

    demo: bool = Field(
        False, title="This is a demo", description="It refuses to work anywhere else.", json_schema_extra=only_in_file()
    )


class PretendCloud(Embedded):
    """A directory that plays the cloud's part. Whoever needs a real second one has a real one."""

    key = "pretend_cloud"
    label = Text("Pretend cloud")
    Settings = PretendCloudSettings
    settings: PretendCloudSettings

    def __init__(self, settings: PretendCloudSettings) -> None:
        if not settings.demo:
            raise PluginError("the pretend cloud works in the demo only")
        super().__init__(settings)


@hookimpl
def keyback_stores() -> list[type[Store]]:
    """The pretend cloud."""
    return [PretendCloud]
