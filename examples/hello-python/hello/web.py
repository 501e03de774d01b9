"""web: answers requests on PORT."""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from hello.greeting import greeting


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/":
            name = parse_qs(url.query).get("name", ["world"])[0]
            self.answer(200, greeting(name))
        elif url.path == "/healthz":
            self.answer(200, "ok")
        else:
            self.answer(404, "not found")

    def answer(self, status, text):
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        if self.path != "/healthz":
            super().log_message(format, *args)


class Server(ThreadingHTTPServer):
    # The default of 5 refuses connections when many come at once.
    request_queue_size = 128
    # server_close() then waits for the requests that are open.
    daemon_threads = False


def main():
    port = int(os.environ.get("PORT", "8080"))
    server = Server(("", port), Handler)
    # shutdown() waits for serve_forever(), so it must run beside it.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on {port}", file=sys.stderr)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
