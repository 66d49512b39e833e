"""Which tests stay together where several processes run them, and what becomes of those whose process died."""

from __future__ import annotations

import re

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class Together(LoadFileScheduling):
    """In several processes a file's tests stay together, and so do all that share a Keyback: it takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        shared = re.search(r"\[(?:.*-)?((?:sqlite|postgresql)-\d)\b", nodeid)
        return shared[1] if shared else str(super()._split_scope(nodeid))

    def remove_node(self, node: WorkerController) -> str | None:
        """What a process left undone goes to others, but the test it died of: pytest names that as failed.

        pytest-xdist 3.8 hands on what was finished, too; whoever gets that waits for its end until the run is killed
        (its issues 1323 and 1378).
        """
        units = {scope: unit for scope, unit in self.assigned_work.pop(node).items() if not all(unit.values())}
        if not units:
            return None
        first = next(iter(units.values()))
        fatal = next(test for test, done in first.items() if not done)
        first[fatal] = True
        self.workqueue.update({scope: unit for scope, unit in units.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return fatal
