"""{{ name }}: says that it lives, and waits for what it is to become."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

PORT = 8080


def answer(path):
    """What a path is answered with: a status and a body."""
    if path == "/healthz":
        return 200, {"service": "{{ name }}", "healthy": True}
    return 404, {"error": "there is nothing here yet"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = answer(self.path)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    if "--self-check" in sys.argv:
        assert answer("/healthz")[0] == 200
        print("{{ name }} answers")
    else:
        HTTPServer(("", PORT), Handler).serve_forever()
