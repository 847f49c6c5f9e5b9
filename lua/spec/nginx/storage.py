"""A storage that takes everything, or fails when the test says so."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Storage:
    """Answers every request with `status`, and counts them."""

    def __init__(self) -> None:
        storage = self
        self.status = 200
        self.seen = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                storage.seen += 1
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.send_response(storage.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_PUT

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
