"""The client of the Bot API, on the fast transport."""

from __future__ import annotations

from typing import TypedDict

from httpx_aiohttp import AiohttpTransport
from telegram.request import HTTPXRequest


class ClientOptions(TypedDict):
    """What every bot object of python-telegram-bot is made with."""

    token: str
    base_url: str
    base_file_url: str
    request: HTTPXRequest
    get_updates_request: HTTPXRequest


def client_options(token: str, api_url: str) -> ClientOptions:
    """How to reach Telegram, for whatever kind of bot object.

    Args:
        token: from BotFather.
        api_url: the root of the Bot API server.
    """
    root = api_url.rstrip("/")
    return ClientOptions(
        token=token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=_request(),
        get_updates_request=_request(),
    )


def _request() -> HTTPXRequest:
    # httpx's own pool is slow with many connections: docs/decisions/0007.
    return HTTPXRequest(
        connect_timeout=10,
        read_timeout=20,
        write_timeout=20,
        pool_timeout=10,
        httpx_kwargs={"transport": AiohttpTransport()},
    )
