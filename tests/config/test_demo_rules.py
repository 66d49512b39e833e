"""In the demo nobody waits to see what a method is worth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from keyback.config.commands.demo import demo_settings, seed
from keyback.config.commands.opened import opened
from keyback.core.recovery.flaws import flaws


def test_every_method_of_the_demo_counts_and_at_once(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path / "demo", 8080)
    with opened(settings) as house:
        seed(house)
    with opened(settings) as house:
        now = house.snapshots.current
        (policy,) = now.policies
        assert policy.proof.named >= now.plugins.methods.keys() >= {"questions", "webauthn", "authenticator"}
        assert policy.cool_down == timedelta(0)
        assert flaws(policy, now.public, {key: type(each) for key, each in now.plugins.methods.items()}) == ()
        assert now.plugins.broken == ()


def test_a_plugin_of_somebody_else_s_is_loaded_beside_its_own(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path / "demo", 8080, ["acme_pager"])
    with opened(settings) as house:
        seed(house)
        assert [broken.name for broken in house.snapshots.current.plugins.broken] == ["acme_pager"]
