"""What one process writes on the board every other reads, and no total falls when a process dies."""

from __future__ import annotations

import os
import signal

from keyback.config.board import PLACE, Board, Note
from keyback.core.figures import Figure
from keyback.core.meter import Meter

FRUIT, BOWL = Figure("fruit_total", "Fruit", ("kind",)), Figure("bowl", "Bowl", (), "gauge")
SERIES = ("fruit_total", ("apple",), "")


def _meter() -> Meter:
    meter = Meter()
    meter.count(FRUIT, "apple")
    meter.ask(lambda: [(BOWL, (), 7.0)])
    return meter


def test_what_a_child_writes_its_parent_reads_also_after_its_death() -> None:
    board = Board(2)
    child = os.fork()
    if child == 0:
        board.publish(1, _meter())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert board.everything() == [Note(), Note({SERIES: 1.0}, {("bowl", (), ""): 7.0})]


def test_totals_outlive_a_process_and_what_it_measured_does_not() -> None:
    board = Board(1)
    board.publish(0, _meter())
    board.retire(0)
    assert board.everything() == [Note({SERIES: 1.0}, {})]


def test_a_place_that_is_being_written_is_never_half_read() -> None:
    board = Board(1)
    board.publish(0, _meter())
    board._memory[20] ^= 1
    assert board.read(0) == Note()


def test_what_does_not_fit_leaves_the_last_that_did() -> None:
    board, meter = Board(2), _meter()
    board.publish(0, meter)
    meter.count(FRUIT, "x" * PLACE)
    board.publish(0, meter)
    assert board.everything() == [Note({SERIES: 1.0}, {("bowl", (), ""): 7.0}), Note()]
