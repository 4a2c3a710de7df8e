"""A Hugging Face hub on 127.0.0.1 with the few endpoints that a download uses."""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote

COMMIT = "5" * 40
XET_TOKEN = {"X-Xet-Access-Token": "xet", "X-Xet-Token-Expiration": "4102444800"}


class FakeHub:
    """Serve ``repositories`` ("models/owner/name" or "datasets/owner/name" -> path -> contents) inside a `with` block.

    gated: repositories whose files are refused, or paths. broken: paths whose first download ends half-way. failing:
    paths that give a server error. statuses: the HTTP statuses, per repository, of its next requests; the last of them
    stays. in_xet: per path, the address of the Xet store that the file is said to be in. commits: revisions besides
    main, each a commit, or a name for COMMIT. asked: every request, as "METHOD /path". ranges: the parts of files that
    were requested. headers: those of the last request.
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
        path, _, query = self.path.partition("?")
        if match := re.fullmatch(r"/api/((?:models|datasets)/[^/]+/[^/]+)/revision/(.+)", path):
            self._describe(match[1], unquote(match[2]))
        elif match := re.fullmatch(r"/api/((?:models|datasets)/[^/]+/[^/]+)/tree/([^/]+)(?:/(.+))?", path):
            self._list(match[1], unquote(match[2]), unquote(match[3] or ""), "recursive=true" in query.lower())
        elif match := re.fullmatch(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            kind, name, revision, file = match.groups()
            self._send(f"{kind or 'models/'}{name}", unquote(revision), unquote(file))
        elif match := re.fullmatch(r"/xet/(.+)", self.path):
            self._reply(200, b"", XET_TOKEN | {"X-Xet-Cas-Url": self.hub.in_xet[match[1]]})
        else:
            self._refuse(404, "RepoNotFound")

    do_HEAD = do_GET

    def log_message(self, *_) -> None:
        """Print nothing."""

    def _describe(self, repository: str, revision: str) -> None:
        if self._has(repository, revision):
            siblings = [{"rfilename": file} for file in self.hub.repositories[repository]]
            self._reply_json({"id": repository.split("/", 1)[1], "sha": _commit(revision), "siblings": siblings})

    def _list(self, repository: str, revision: str, folder: str, recursive: bool) -> None:
        """List the files and folders inside a folder; with ``recursive``, those inside these too."""
        if not self._has(repository, revision):
            return
        start = f"{folder}/" if folder else ""
        files = {path: body for path, body in self.hub.repositories[repository].items() if path.startswith(start)}
        if not files:
            return self._refuse(404, "EntryNotFound")
        folders = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {".", folder}
        entries = [{"type": "directory", "path": path, "oid": _etag(path.encode())} for path in sorted(folders)]
        entries += [{"type": "file", "path": path, "size": len(c), "oid": _etag(c)} for path, c in files.items()]
        inside = [entry for entry in entries if entry["path"].startswith(start)]
        self._reply_json([e for e in inside if recursive or "/" not in e["path"].removeprefix(start)])

    def _send(self, repository: str, revision: str, path: str) -> None:
        if not self._has(repository, revision):
            return
        if {repository, path} & self.hub.gated:
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

    def _reply_json(self, description: dict | list) -> None:
        self._reply(200, json.dumps(description).encode(), {"Content-Type": "application/json"})

    def _reply(self, status: int, body: bytes, headers: dict[str, str], half: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if half else body)


def _commit(revision: str) -> str:
    return revision if re.fullmatch("[0-9a-f]{40}", revision) else COMMIT


def _etag(contents: bytes) -> str:
    return hashlib.sha1(contents).hexdigest()
