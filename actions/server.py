"""The action server: rasa-sdk's executor behind loopback and a token.

rasa-sdk's own server answers anybody, allows every origin, and returns the whole conversation when an action fails;
see docs/decisions/0004-own-action-endpoint.md.
"""

from __future__ import annotations

import hmac
import logging

import click
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException
from sanic import Request, Sanic, response
from sanic.response import HTTPResponse

import actions
from bot.settings import read_settings

_logger = logging.getLogger(__name__)


def create_app(token: str) -> Sanic:
    """The server's app: ``POST /webhook`` as Rasa calls it, ``GET /health``; every request needs the token."""
    app = Sanic("actions", configure_logging=False)
    executor = ActionExecutor()
    executor.register_package(actions)

    @app.middleware("request")
    async def check_token(request: Request) -> HTTPResponse | None:
        given = request.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return response.json({"error": "token"}, status=401)

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        call = request.json
        try:
            return response.json(await executor.run(call))
        except ActionNotFoundException as error:
            return response.json({"error": "unknown action", "action_name": error.action_name}, status=404)
        except Exception as error:
            # The call holds the conversation: neither log it nor send it back.
            _logger.error("Action failed: %s", type(error).__name__)
            return response.json({"error": type(error).__name__}, status=500)

    return app


@click.command()
@click.option("--port", type=int, required=True, help="Port on 127.0.0.1.")
def main(port: int) -> None:
    """Run the action server; its token is the setting ACTION_TOKEN."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    token = read_settings().action_token
    if not token:
        raise click.ClickException("ACTION_TOKEN is not set")
    create_app(token).run("127.0.0.1", port, access_log=False)


if __name__ == "__main__":
    main()
