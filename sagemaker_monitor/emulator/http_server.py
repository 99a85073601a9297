"""A threaded HTTP/1.1 server for one WSGI application: keep-alive, chunked bodies, nothing held in memory."""

from __future__ import annotations

import io
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from sagemaker_monitor.emulator.connections import Connections
from sagemaker_monitor.emulator.request_body import BrokenBodyError, ChunkedBody, SizedBody

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Tls = Callable[[str], ssl.SSLContext]
TUNNELLED = "sagemaker_monitor.tunnelled"
"""Key of a WSGI environment: the host that a client asked for by CONNECT; missing without one."""
INTERIM = "sagemaker_monitor.interim"
"""Key of a WSGI environment: what tells the client that its answer is still to come."""

_LOOK = 5.0
"""Seconds between two looks for connections that keep a thread waiting."""


class Handler(BaseHTTPRequestHandler):
    """Turns one connection's requests into WSGI calls."""

    protocol_version = "HTTP/1.1"
    server: HttpServer
    timeout = 120
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    _tunnelled = ""

    def __getattr__(self, name: str) -> Any:
        """Serve every method, whatever it is called."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the application does."""

    def handle_expect_100(self) -> bool:
        """Send the go-ahead at once: clients wait a second for it."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def do_CONNECT(self) -> None:
        """Be the host that is asked for, over TLS: nothing leaves this process."""
        host, _, port = self.path.rpartition(":")
        self.close_connection = True
        try:
            if port != "443" or self._tunnelled:
                raise ValueError("only port 443 is answered here")
            context = self.server.tls(host)
        except ValueError as error:
            self.send_error(403, f"This is no way out: {error}", "AWS's hosts are answered here, no others.")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            return  # the client does not trust the certificate, or went away
        self.server.connections.replaced(self.request, self.connection)
        self.request = self.connection
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", self.wbufsize)
        self._tunnelled, self.close_connection = host.lower(), False

    def finish(self) -> None:
        """Let go of the connection, also of one that is another by now than the server knows of."""
        try:
            super().finish()
        finally:
            # Where the client has gone, closing wfile raises, and an open rfile keeps the socket.
            self.rfile.close()
        if self._tunnelled:
            self.server.connections.closed(self.connection)
            self.connection.close()

    def handle_one_request(self) -> None:
        """Wait for a request and answer it."""
        self.server.connections.waits(self.connection)
        super().handle_one_request()

    def parse_request(self) -> bool:
        """Read a request's head; what follows is the answer's time."""
        complete = super().parse_request()
        self.server.connections.answers(self.connection)
        return complete

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.send_error(400, "Bad Content-Length or Transfer-Encoding")
            return
        response = _Response(self)
        try:
            chunks = self.server.application(self._environ(body), response.start)
            try:
                response.send(chunks)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
            self._drain(body)
        except (ConnectionError, TimeoutError, BrokenBodyError):
            self.close_connection = True

    def _body(self) -> SizedBody | ChunkedBody | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return ChunkedBody(self.rfile)
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return None
        return SizedBody(self.rfile, int(length))

    def _interim(self) -> None:
        """Tell the client that its answer is still to come; every one has to take that (RFC 9110, 15.2)."""
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()

    def _drain(self, body: SizedBody | ChunkedBody) -> None:
        # What was not read of a body would be taken for the next request; and a client that is still
        # sending when the connection closes never sees the answer.
        while body.remaining:
            body.read(64 * 1024)

    def _environ(self, body: io.RawIOBase) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_PATH": path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self._tunnelled else "http",
            "wsgi.input": io.BufferedReader(body, 64 * 1024),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if self.request_version == "HTTP/1.1":
            environ[INTERIM] = self._interim
        if self._tunnelled:
            environ[TUNNELLED] = self._tunnelled
        if "Content-Length" in self.headers:
            environ["CONTENT_LENGTH"] = self.headers["Content-Length"]
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ


class _Response:
    """One answer on its way out."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._sent = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], Any]:
        """Keep what the application answers; WSGI's start_response."""
        self._status, self._headers = status, headers
        return self._handler.wfile.write

    def send(self, chunks: Iterable[bytes]) -> None:
        """Send the head and the body."""
        handler = self._handler
        names = {name.lower() for name, _ in self._headers}
        code, _, reason = self._status.partition(" ")
        bodyless = handler.command == "HEAD" or code in ("204", "304")
        handler.send_response(int(code), reason)
        for name, value in self._headers:
            handler.send_header(name, value)
        chunked = not bodyless and "content-length" not in names
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in chunks:
            if chunk and not bodyless:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if chunked:
            handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()


class HttpServer(ThreadingHTTPServer):
    """Listens on one address; every connection has a thread. Raises OSError when the port is taken."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, host: str, port: int, application: WSGIApplication, tls: Tls) -> None:
        """Bind; `serve_forever` answers. *tls* is how to be a host, and raises ValueError for others."""
        self.application = application
        self.tls = tls
        self.connections = Connections()
        self._ended = threading.Event()
        self._woken, self._wake = socket.socketpair()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def serve_forever(self, poll_interval: float = _LOOK) -> None:
        """Accept connections until `shutdown`; every *poll_interval* seconds those that are too slow end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in selector.select(poll_interval):
                    if key.fileobj is self:
                        self._handle_request_noblock()  # type: ignore[attr-defined]
                self.connections.end_slow()
        # Who connects from here on would wait for an answer that never comes: jobs that end meanwhile do.
        self.socket.close()

    def shutdown(self) -> None:
        """Let `serve_forever` return."""
        self._ended.set()
        self.connections.close()
        self._wake.send(b".")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in a thread of its own, once there is room for it."""
        self.connections.admit(request)
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be had
            self.connections.closed(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, known to others as long as it lasts."""
        self.connections.served(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.closed(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; print the traceback of anything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening, let the requests being answered finish, and end every connection."""
        super().server_close()
        self.connections.end_all()
        self._wake.close()
        self._woken.close()
