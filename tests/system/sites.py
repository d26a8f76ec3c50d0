"""Other people's sites: one that may embed the widget, one that may not, and the neutral page of "Leave quickly"."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_TITLE = "<title>Gemeente</title>"
#: Enough to scroll on any screen.
_FILLING = "<p>Welkom op de website van de gemeente. Lorem ipsum dolor sit amet.</p>\n" * 30


@dataclass
class Sites:
    """A server that is ``allowed`` by one of its names and ``stranger`` by the other."""

    port: int
    #: Address of the chat, known once it runs.
    chat: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def allowed(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def stranger(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def neutral(self) -> str:
        return f"{self.allowed}/neutral"

    def policy(self) -> str:
        """What docs/widget.md asks a site with a strict policy to allow, and nothing else."""
        return f"default-src 'none'; script-src {self.chat}; frame-src {self.chat}"

    def page(self, path: str) -> str | None:
        """The markup of a page, or None."""
        loader = f'<script src="{self.chat}/widget.js" async></script>'
        polish = loader.replace("async", 'data-language="pl" async')
        pages = {
            # The script stands before the body and may run before there is one.
            "/": f'<html lang="nl"><head>{_TITLE}{loader}</head><body><h1>Gemeente</h1>{_FILLING}</body>',
            "/polish": f'<html lang="nl">{_TITLE}<body><h1>Gemeente</h1>{polish}</body>',
            "/no-language": f"<html>{_TITLE}<body><h1>Gemeente</h1>{loader}</body>",
            "/early": f'<html lang="nl">{loader.replace(" async", "")}{_TITLE}<body><h1>Gemeente</h1></body>',
            "/twice": f'<html lang="nl">{_TITLE}<body><h1>Gemeente</h1>{loader}{loader}</body>',
            "/before": "<title>Zoeken</title><h1>Zoeken</h1>",
            "/neutral": "<title>Het weer</title><h1>Het weer</h1>",
            "/frames-the-page": f'<title>x</title><iframe src="{self.chat}/"></iframe>',
            # No loader: the widget by itself, and a stranger's frame beside it.
            "/by-hand": (
                f'<title>x</title><iframe src="{self.chat}/widget" width="400" height="600"></iframe>'
                f'<iframe src="{self.stranger}/before"></iframe>'
            ),
        }
        return pages.get(path)


@contextlib.contextmanager
def serving_sites(port: int) -> Iterator[Sites]:
    """Serve them until the end of the block."""
    sites = Sites(port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            sites.asked.append(path)
            markup = sites.page(path)
            self.send_response(404 if markup is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if path not in ("/by-hand", "/frames-the-page"):
                self.send_header("Content-Security-Policy", sites.policy())
            self.end_headers()
            self.wfile.write(
                b'<!doctype html><meta name="viewport" content="width=device-width">' + (markup or "").encode()
            )

        def log_message(self, *details: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield sites
        finally:
            server.shutdown()
            thread.join()
