"""Files as they are sent: filled in and compressed once, with a validator, under an address that names the content."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aiohttp import web

_HERE = Path(__file__).parent

#: How long a client keeps a file. One whose address names its content never changes.
FOREVER = "public, max-age=31536000, immutable"
#: Kept, but asked about each time.
REVALIDATE = "no-cache"
#: Pages are not kept: nothing of them stays behind on a shared phone.
NEVER = "no-store"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_BLANK = re.compile(r"{{(\w+)}}")


class File:
    """Something to send, plain and compressed. ``headers`` go with it besides those every file has."""

    def __init__(self, name: str, content: str | bytes, headers: Mapping[str, str] | None = None) -> None:
        self.body = content.encode() if isinstance(content, str) else content
        self.digest = hashlib.sha256(self.body).hexdigest()[:12]
        self._packed = gzip.compress(self.body, 9, mtime=0)
        self._headers = {
            "Content-Type": _TYPES[Path(name).suffix],
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            **(headers or {}),
        }

    def response(self, request: web.Request, cache: str) -> web.Response:
        """The file as this client takes it; 304 when the client has it already."""
        headers = {**self._headers, "Cache-Control": cache}
        if cache != NEVER:
            headers["ETag"] = f'"{self.digest}"'
            if any(known.value == self.digest for known in request.if_none_match or ()):
                return web.Response(status=304, headers=headers)
        if len(self._packed) < len(self.body) and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self._packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=self.body, headers=headers)


@dataclass(frozen=True)
class StaticFiles:
    """The script, styles and pictures of the pages, under a version that changes with any of them."""

    files: Mapping[str, File]
    version: str

    @classmethod
    def load(cls, generated: Mapping[str, str]) -> StaticFiles:
        """Every file of the folder, and those made here (name -> text)."""
        files = {path.name: File(path.name, path.read_bytes()) for path in sorted((_HERE / "static").iterdir())}
        files.update({name: File(name, text) for name, text in generated.items()})
        digests = "".join(name + file.digest for name, file in sorted(files.items()))
        return cls(files, hashlib.sha256(digests.encode()).hexdigest()[:12])

    def address(self, name: str) -> str:
        """Where a file is."""
        assert name in self.files, name
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """A file. Pages of an older version get the present one, which is then not kept."""
        file = self.files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        present = request.match_info["version"] == self.version
        return file.response(request, FOREVER if present else REVALIDATE)


def filled(name: str, texts: Mapping[str, str], markup: Mapping[str, str] | None = None) -> str:
    """A template with its blanks filled in: ``texts`` are escaped, ``markup`` (or script) is not."""
    known = {**{key: escape(text) for key, text in texts.items()}, **(markup or {})}
    return _BLANK.sub(lambda blank: known[blank.group(1)], (_HERE / "templates" / name).read_text("utf-8"))
