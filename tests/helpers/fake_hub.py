"""A Hugging Face hub on 127.0.0.1 with the few endpoints that a download uses."""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "5" * 40
XET_TOKEN = {"X-Xet-Access-Token": "xet", "X-Xet-Token-Expiration": "4102444800"}


class FakeHub:
    """Serve ``repositories`` ("models/owner/name" or "datasets/owner/name" -> path -> contents) inside a `with` block.

    gated: repositories whose files are refused. broken: paths whose first download ends half-way. failing: paths that
    give a server error. statuses: the HTTP statuses, per repository, of its next requests; the last of them stays.
    in_xet: per path, the address of the Xet store that the file is said to be in. commits: revisions besides main, each
    a commit. asked: every request, as "METHOD /path". ranges: the parts of files that were requested. headers: those of
    the last request.
    """

    def __init__(self, repositories: dict[str, dict[str, bytes]]):
        self.repositories = repositories
        self.gated: set[str] = set()
        self.broken: set[str] = set()
        self.failing: set[str] = set()
        self.statuses: dict[str, list[int]] = {}
        self.in_xet: dict[str, str] = {}
        self.commits = {COMMIT}
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.headers: dict[str, str] = {}

    def __enter__(self) -> "FakeHub":
        handler = type("BoundHandler", (Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def downloads(self, path: str) -> int:
        """Return how often the contents of a file were requested."""
        return sum(request.startswith("GET") and request.endswith(f"/{path}") for request in self.asked)


class Handler(BaseHTTPRequestHandler):
    """Answer one request. Models are at /owner/name/resolve/..., data sets at /datasets/owner/name/resolve/..."""

    hub: FakeHub

    def do_GET(self) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        if start := self.headers.get("Range"):
            self.hub.ranges.append(start)
        self.hub.headers = dict(self.headers)
        if match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/(revision|tree)/(.+?)(\?.*)?", self.path):
            kind, name, what, revision = match.groups()[:4]
            self._describe(f"{kind}/{name}", what, revision)
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
            kind, name, revision, path = match.groups()
            self._send(f"{kind or 'models/'}{name}", revision, path)
        elif match := re.fullmatch(r"/xet/(.+)", self.path):
            self._reply(200, b"", XET_TOKEN | {"X-Xet-Cas-Url": self.hub.in_xet[match[1]]})
        else:
            self._refuse(404, "RepoNotFound")

    do_HEAD = do_GET

    def log_message(self, *_) -> None:
        """Print nothing."""

    def _describe(self, repository: str, what: str, revision: str) -> None:
        if not self._has(repository, revision):
            return
        files = self.hub.repositories[repository]
        if what == "revision":
            description = {
                "id": repository.split("/", 1)[1],
                "sha": _commit(revision),
                "siblings": [{"rfilename": f} for f in files],
            }
        else:
            description = [{"type": "file", "path": p, "size": len(c), "oid": _etag(c)} for p, c in files.items()]
        self._reply(200, json.dumps(description).encode(), {"Content-Type": "application/json"})

    def _send(self, repository: str, revision: str, path: str) -> None:
        if not self._has(repository, revision):
            return
        if repository in self.hub.gated:
            return self._refuse(403, "GatedRepo")
        if path not in self.hub.repositories[repository]:
            return self._refuse(404, "EntryNotFound")
        if path in self.hub.failing and self.command == "GET":
            return self._refuse(500, "")
        contents = self.hub.repositories[repository][path]
        start = int(re.sub(r"\D", "", self.headers.get("Range", "0")))
        headers = {"ETag": f'"{_etag(contents)}"', "X-Repo-Commit": _commit(revision)}
        if path in self.hub.in_xet:
            headers |= {
                "X-Xet-Hash": _etag(contents).ljust(64, "0"),
                "X-Xet-Refresh-Route": f"{self.hub.url}/xet/{path}",
            }
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(contents) - 1}/{len(contents)}"
        cut = self.command == "GET" and path in self.hub.broken
        self.hub.broken -= {path} if cut else set()
        self._reply(206 if start else 200, contents[start:], headers, half=cut)

    def _has(self, repository: str, revision: str) -> bool:
        if repository not in self.hub.repositories:
            self._refuse(401, "RepoNotFound")
        elif (status := self._status(repository)) != 200:
            self._refuse(status, "")
        elif revision not in {"main", *self.hub.commits}:
            self._refuse(404, "RevisionNotFound")
        else:
            return True
        return False

    def _status(self, repository: str) -> int:
        statuses = self.hub.statuses.get(repository, [200])
        return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    def _refuse(self, status: int, code: str) -> None:
        self._reply(status, b"", {"X-Error-Code": code, "X-Repo-Commit": COMMIT})

    def _reply(self, status: int, body: bytes, headers: dict[str, str], half: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if half else body)


def _commit(revision: str) -> str:
    return COMMIT if revision == "main" else revision


def _etag(contents: bytes) -> str:
    return hashlib.sha1(contents).hexdigest()
