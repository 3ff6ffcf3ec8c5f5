"""A hub on 127.0.0.1 that serves one model: as much of its protocol as a download needs."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(BaseHTTPRequestHandler):
    """`files` and `repository` are set on a subclass."""

    protocol_version = "HTTP/1.1"
    files: dict[str, bytes]
    repository: str
    gated: bool

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        api, resolve = f"/api/models/{self.repository}", f"/{self.repository}/resolve"
        revisions = ("main", COMMIT)
        if self.gated and path.startswith(resolve):
            self._refuse("GatedRepo", "Access is restricted", status=403)
        elif not path.startswith((f"{api}/", f"{resolve}/")):
            self._refuse("RepoNotFound", "Repository not found")
        elif path in [f"{api}/revision/{revision}" for revision in revisions]:
            siblings = [{"rfilename": name} for name in self.files]
            self._json({"id": self.repository, "sha": COMMIT, "siblings": siblings})
        elif path in [f"{api}/tree/{revision}" for revision in revisions]:
            self._json(
                [
                    {"type": "file", "path": name, "size": len(body), "oid": _etag(body)}
                    for name, body in self.files.items()
                ]
            )
        elif path.startswith(f"{resolve}/") and path.split("/")[4] in revisions:
            self._file(path.split("/", 5)[5])
        else:
            self._refuse("RevisionNotFound", "Invalid rev id")

    def _file(self, name: str) -> None:
        if name not in self.files:
            self._refuse("EntryNotFound", "Entry not found")
            return
        body = self.files[name]
        headers = {"ETag": f'"{_etag(body)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        self._send(200, body, headers)

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, code: str, message: str, status: int = 404) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": message})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def small_hub(folder: Path, repository: str, gated: bool = False) -> Iterator[str]:
    """Serve `folder` as `repository`; yields the endpoint. gated: list files and refuse them."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    members = {"files": files, "repository": repository, "gated": gated}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), members))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _etag(body: bytes) -> str:
    return hashlib.sha1(body, usedforsecurity=False).hexdigest()
