"""`keyback serve`: gunicorn with threads, and a back office in a process of its own."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import wsgi

from ...core.contracts.errors import SettingsInvalid
from ...core.db.session import Database
from ...core.host import Host
from ...core.portal import TEMPLATES
from ...core.portal.busy_page import BusyPage
from ...core.portal.compiled import compile_templates
from ...core.service.back_office import BackOffice
from ...core.service.hatch import Hatch
from ...core.service.writing.strength import estimate
from ..answer import Answer
from ..app import create_app, look_of
from ..board import Board
from ..heap import share_one_heap
from ..house import House, build
from ..metrics import MetricsDoor
from ..settings import Settings
from ..sign_in import load_library
from ..turnstile import Turnstile
from ..waiting_line import WaitingLine
from ..worker import HouseWorker
from .opened import Subparsers, settings_here

log = logging.getLogger(__name__)


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("serve", help="serve the pages, behind the proxy that ends TLS")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Serve until somebody stops it."""
    share_one_heap()
    Server(settings_here()).run()
    return 0


def _no_pages(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The back office's: it listens to nobody, and what makes pages would only take memory there."""
    start_response("404 Not Found", [])
    return ()


class HouseLogger(Logger):  # type: ignore[misc]
    """gunicorn's own lines go where all lines go, through the same redaction."""

    def setup(self, cfg: object) -> None:
        """Adds no handlers: the root logger has the only one."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """The house is built inside each worker: no connection, thread or key is ever shared by a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.farewell_seconds = settings.serve.farewell_seconds
        self.grace_for_pages = settings.serve.grace_for_pages
        self.line = WaitingLine()
        self._turnstile: Turnstile | None = None
        self._house: House | None = None
        self._hatch = Hatch()
        # Twice as many as there are processes: while they are replaced, the old ones and the new ones say something.
        self._board = Board(2 * (settings.serve.processes + 1))
        # What is older than this is on its way out: its place in the back office is to be taken.
        self._oldest = 0
        # Whether the process that is made at this moment is the back office's.
        self._builds_office = False
        wsgi.Response = Answer
        HouseWorker.secure = settings.secure
        super().__init__()

    def load_config(self) -> None:
        """How gunicorn shall serve."""
        serve = self._settings.serve
        options: dict[str, Any] = {
            "bind": [bind for bind in (serve.bind, self._settings.metrics.bind) if bind],
            # One more than serve pages.
            "workers": serve.processes + 1,
            "worker_class": HouseWorker,
            "threads": serve.threads,
            # For the process that watches the others: so long from the signal to the end by force. A second more than
            # the others may take, in which they give back what hangs.
            "graceful_timeout": serve.farewell_seconds + serve.grace_seconds + 1,
            # Also how long a request may stop in its middle: a packet that was lost twice comes within it.
            "keepalive": 5,
            "preload_app": False,
            "loglevel": "warning" if self._settings.demo else self._settings.log_level,
            "logger_class": HouseLogger,
            "when_ready": self._share,
            "on_reload": self._renew,
            "pre_fork": self._assign,
            "post_worker_init": self._begin,
            "worker_exit": self._close,
            "child_exit": self._outlive,
            # What the kernel sends by itself is waited for without an end.
            "sendfile": False,
            # Only our own configuration says whom to believe about where a request comes from.
            "forwarded_allow_ips": "",
            # A file in a home folder by which others could steer the server.
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Called by gunicorn in each worker."""
        try:
            self._house = build(self._settings)
            return _no_pages if self._builds_office else self._pages(self._house)
        except SettingsInvalid as error:
            for problem in error.problems:
                print(f"keyback: {problem}", file=sys.stderr)
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from None
        except Exception:
            # gunicorn would print the exception's words, and they may hold a password from a database URL.
            log.exception("cannot start")
            raise SystemExit(Arbiter.WORKER_BOOT_ERROR) from None

    def _pages(self, house: House) -> WSGIApplication:
        app = create_app(house)
        self._turnstile = Turnstile(self.line, house.around.meter)
        pages = self._turnstile.before(app, BusyPage(app, look_of(self._settings, house.around, house.snapshots)))
        return MetricsDoor(pages, self._settings.metrics, self._board, house.staff.watch.house)

    def turns_away(self, first_line: bytes) -> bool:
        """Whether whoever speaks there comes new, and there are too many already."""
        return self._turnstile is not None and self._turnstile.is_shut_for(first_line)

    def _share(self, _arbiter: object) -> None:
        """Before the first fork: load what every worker needs, so that they share its memory. Opens nothing."""
        Host(self._settings.plugins.load, self._settings.plugins.approved)
        Database(self._settings.database).close()
        load_library(self._settings)
        # Reads its lists of words at the first password.
        estimate("password")
        compile_templates(TEMPLATES)
        gc.collect()
        # What the collector never touches again stays one page for all.
        gc.freeze()

    def _renew(self, arbiter: Arbiter) -> None:
        self._oldest = arbiter.worker_age

    def _assign(self, arbiter: Arbiter, worker: HouseWorker) -> None:
        others = [other for other in arbiter.WORKERS.values() if other.age > self._oldest]
        worker.in_office = self._builds_office = not any(other.in_office for other in others)
        taken = {other.place for other in arbiter.WORKERS.values()}
        worker.place = next((place for place in range(self._board.places) if place not in taken), None)

    def _outlive(self, _arbiter: Arbiter, worker: HouseWorker) -> None:
        if worker.place is not None:
            self._board.retire(worker.place)

    def _begin(self, worker: HouseWorker) -> None:
        assert self._house is not None
        office = self._house.staff.office
        if worker.in_office:
            threading.Thread(target=self._take_jobs, args=(office,), name="hatch", daemon=True).start()
        else:
            office.elsewhere = self._hatch.give
        if worker.place is not None and self._settings.metrics.bind:
            self._say_figures(self._house, worker.place)
        office.start()
        # The house stays as long as the process: the collector need not look through it again and again.
        gc.freeze()

    def _say_figures(self, house: House, place: int) -> None:
        """Every tick, on from where the process ended that had this place before."""
        meter = house.around.meter
        meter.go_on_from(self._board.read(place).totals)
        meter.ask(house.staff.watch.process)
        house.staff.office.also(lambda _: self._board.publish(place, meter), everywhere=True)

    def _take_jobs(self, office: BackOffice) -> None:
        while True:
            try:
                job = self._hatch.take()
                # Leased by the process that wrote it, however long it was on its way.
                office.hand_over(job, since=job.due_at)
            except Exception:  # without memory, say: the job is found by its lease, and the next one must be taken
                log.exception("a job that was handed over waits for its lease")
                office.leaving.wait(1.0)

    def leave(self) -> None:
        """The worker was told to end, and says so before it does."""
        if self._house is not None:
            self._house.leave()

    def _close(self, _arbiter: object, worker: HouseWorker) -> None:
        if self._house is not None:
            serve = self._settings.serve
            # Where pages are served they had most of the grace; whoever works behind them has all of it.
            self._house.close(serve.grace_seconds if worker.in_office else serve.grace_for_jobs)
