"""Pages on a port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import BaseWSGIServer, make_server


@contextmanager
def on_a_port() -> Iterator[tuple[BaseWSGIServer, str]]:
    """A server and its address. Its pages come later, as `app`: they want to know the address when they are made."""
    server = make_server("127.0.0.1", 0, lambda environ, start: [], threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server, f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
