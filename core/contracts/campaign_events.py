"""What is done for many people, one after the other. Who wanted it stands in the sealed details."""

from __future__ import annotations

from dataclasses import dataclass

from .event import Event


@dataclass(frozen=True, slots=True)
class CampaignAsked(Event):
    """An administrator put up a campaign. `kind`: reset or invite; `people`: for so many at most."""

    name = "campaign.asked"
    campaign: str
    kind: str
    people: int


@dataclass(frozen=True, slots=True)
class CampaignStarted(Event):
    """A second administrator approved it, or somebody set it going again."""

    name = "campaign.started"
    loud = True
    campaign: str
    kind: str


@dataclass(frozen=True, slots=True)
class CampaignPaused(Event):
    """Nobody's turn comes any more until somebody sets it going. `cause`: asked, or failures: then by itself."""

    name = "campaign.paused"
    loud = True
    campaign: str
    cause: str


@dataclass(frozen=True, slots=True)
class CampaignEnded(Event):
    """It is over. `cause`: all, number, window, budget or asked."""

    name = "campaign.ended"
    campaign: str
    cause: str
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class ChangeAnnounced(Event):
    """This person was told that a campaign will make them choose another password. `begins`: not before then."""

    name = "campaign.change-announced"
    campaign: str
    begins: str


@dataclass(frozen=True, slots=True)
class ChangeDemanded(Event):
    """By a campaign: this person must choose another password at their next sign-in."""

    name = "campaign.change-demanded"
    campaign: str
    store: str
