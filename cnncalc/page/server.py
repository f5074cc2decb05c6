"""Serves the live page to browsers on this computer only, and tells it of changes.

The server listens on the loopback interface. It answers GET requests whose path begins with a random token
and whose Host is its own address, so no other site and no other user can read the page. The page waits for
the next version with a request that is answered when there is one.
"""

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import compare_digest, token_urlsafe
from socket import socket
from threading import BoundedSemaphore, Condition, Thread
from urllib.parse import parse_qs, urlsplit

from cnncalc.page.document import document, encoded

ADDRESS = "127.0.0.1"
MOST_CONNECTIONS = 32
LONGEST_WAIT = 20.0
"""Seconds after which a request for the next version is answered although nothing has changed."""
IDLE = 30.0
"""Seconds after which a connection that sends nothing is closed."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageServer(ThreadingHTTPServer):
    """Serves the last version that was published; `start` answers requests in threads of their own.

    Raises:
        OSError: the port cannot be used.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((ADDRESS, port), _Request)
        self.token = token_urlsafe(24)
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))
        self._room = BoundedSemaphore(MOST_CONNECTIONS)
        self._changed = Condition()
        self._version = 0
        self._data: Mapping[str, object] = {}

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    def publish(self, data: Mapping[str, object]) -> None:
        """Shows other data from now on."""
        with self._changed:
            self._version += 1
            self._data = {**data, "version": self._version}
            self._changed.notify_all()

    def data(self, after: int | None = None) -> Mapping[str, object]:
        """The last version; waits a while for one that is not `after`."""
        with self._changed:
            if after is not None:
                self._changed.wait_for(lambda: self._version != after, LONGEST_WAIT)
            return self._data

    def start(self) -> None:
        """Answers requests until the process ends or `shutdown` is called."""
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def process_request(self, request: "socket | tuple[bytes, socket]", client_address: object) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: "socket | tuple[bytes, socket]", client_address: object
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers close connections when they like."""


class _Request(BaseHTTPRequestHandler):
    server: PageServer
    server_version = "cnncalc"
    sys_version = ""
    timeout = IDLE

    def do_GET(self) -> None:
        if self.headers.get("Host", "") not in self.server.hosts:
            self._refuse(403, "not the address of this page")
            return
        url = urlsplit(self.path)
        token, _, name = url.path.removeprefix("/").partition("/")
        if not compare_digest(token.encode(), self.server.token.encode()) or name not in ("", "data"):
            self._refuse(404, "not found")
        elif name == "data":
            self._answer("application/json", encoded(self.server.data(_number(url.query))))
        else:
            data = self.server.data()
            self._answer("text/html", document(str(data["title"]), data, is_live=True))

    def _answer(self, kind: str, text: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, why: str) -> None:
        self._answer("text/plain", f"{why}\n", status)

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


def _number(query: str) -> int | None:
    """The version that the page has."""
    [after] = parse_qs(query, max_num_fields=4).get("after", [""])[:1]
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
