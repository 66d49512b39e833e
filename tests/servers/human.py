"""What a browser does for the robot check, in Python."""

from __future__ import annotations

import json

from altcha import Challenge, Payload, solve_challenge

from keyback.plugins.human_checks.picture_and_sound import PictureAndSound


def solve(challenge: str) -> str:
    """The value of the field `proof_of_work` for this `data-challenge`."""
    task = Challenge.from_dict(json.loads(challenge))
    solution = solve_challenge(task)
    assert solution is not None, "no solution in 90 seconds"
    return str(Payload(task, solution).to_base64())


def read(check: PictureAndSound, task: str) -> str:
    """What a person sees in the picture of this `picture_task`; `check` has the server's key."""
    drawn = check._read(task)
    assert drawn is not None, "no task of this server"
    return check._characters(drawn)
