"""The demo's second directory is a store like any other, and works in the demo alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyback.core import Context, PluginError, Secret
from keyback.core.testing import StoreSuite
from keyback.plugins.stores.embedded import Embedded, EmbeddedSettings
from keyback.plugins.stores.pretend_cloud import PretendCloud, PretendCloudSettings


class TestItKeepsTheContract(StoreSuite):
    """The suite that every store must pass."""

    name = "ida.moreau@cloud.example"

    @pytest.fixture(autouse=True)
    def _with(self, tmp_path: Path) -> None:
        store = PretendCloud(PretendCloudSettings(demo=True, database=str(tmp_path / "cloud.sqlite")))
        store.add_person(name=self.name, password=Secret("the old one, long enough"))
        self.plugin = store


def test_it_refuses_to_work_outside_the_demo(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="demo only"):
        PretendCloud(PretendCloudSettings(database=str(tmp_path / "cloud.sqlite")))


def test_its_people_are_not_those_of_the_directory_beside_it(tmp_path: Path, ctx: Context) -> None:
    cloud = PretendCloud(PretendCloudSettings(demo=True, database=str(tmp_path / "cloud.sqlite")))
    beside = Embedded(EmbeddedSettings(database=str(tmp_path / "people.sqlite")))
    key = cloud.add_person(name="ida.moreau@cloud.example")
    assert key.store == "pretend_cloud"
    assert cloud.look(key, ctx) is not None
    assert (beside.look(key, ctx), beside.find("ida.moreau@cloud.example", ctx)) == (None, None)
