"""What processes have cost the processor: what a busy machine does to every clock, it hardly does to this."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def processor_time(processes: Iterable[int]) -> float:
    """Seconds that these have run, in their own code and in the kernel."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
