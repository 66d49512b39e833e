"""Figures add up, over threads, processes and deaths, and are written as Prometheus reads them."""

from __future__ import annotations

import re

from servers.together import at_once

from keyback.core import figures
from keyback.core.figures import BUCKETS, Figure
from keyback.core.meter import Meter, prometheus, together

FRUIT = Figure("fruit_total", "Fruit", ("kind", "colour"))
BITE = Figure("bite_seconds", "Bites", ("kind",), "histogram")


def test_nothing_is_lost_when_many_threads_count_at_once() -> None:
    meter = Meter()
    at_once(8, lambda _: [meter.count(FRUIT, "apple", "red") for _ in range(500)])
    assert meter.totals == {("fruit_total", ("apple", "red"), ""): 4000.0}


def test_several_processes_are_one_sum_and_a_successor_counts_on() -> None:
    one, other = Meter(), Meter()
    one.count(FRUIT, "apple", "red")
    other.go_on_from(one.totals)
    other.count(FRUIT, "apple", "red")
    assert together([one.totals, other.totals]) == {("fruit_total", ("apple", "red"), ""): 3.0}


def test_a_time_stands_in_every_bucket_that_it_fits() -> None:
    meter = Meter()
    for seconds in (0.005, 0.02, 99.0):
        meter.time(BITE, seconds, "apple")
    lines = prometheus([BITE], meter.totals).splitlines()
    assert 'bite_seconds_bucket{kind="apple",le="0.005"} 1' in lines
    assert 'bite_seconds_bucket{kind="apple",le="0.01"} 1' in lines
    assert 'bite_seconds_bucket{kind="apple",le="8"} 2' in lines
    assert 'bite_seconds_bucket{kind="apple",le="+Inf"} 3' in lines
    assert 'bite_seconds_count{kind="apple"} 3' in lines
    assert 'bite_seconds_sum{kind="apple"} 99.025' in lines
    assert len(lines) == 2 + len(BUCKETS) + 1 + 2


def test_what_is_measured_is_asked_for_each_time() -> None:
    meter, said = Meter(), iter((1.0, 2.0))
    meter.ask(lambda: [(FRUIT, ("apple", "red"), next(said))])
    assert list(meter.measured.values()) == [1.0]
    assert list(meter.measured.values()) == [2.0]
    assert meter.totals == {}


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    meter = Meter()
    meter.count(FRUIT, 'ap"ple\n', "re\\d")
    assert prometheus([FRUIT], meter.totals).splitlines()[-1] == 'fruit_total{kind="ap\\"ple\\n",colour="re\\\\d"} 1'


def test_every_figure_is_named_once_and_explained_even_before_it_was_counted() -> None:
    text = prometheus(figures.ALL, {})
    names = re.findall(r"# HELP (\S+) \S.*\.", text)
    assert len(names) == len(set(names)) == len(figures.ALL)
    assert all(re.fullmatch(r"keyback_[a-z_]+", name) for name in names)
