"""The yardstick of `ingress`: the least that a receiver of Facebook webhooks can do. `python -m bench.bare PORT`."""

import asyncio
import hashlib
import hmac
import sys

import orjson
import uvloop
from aiohttp import web

from bench.webhooks import APP_SECRET, PATH


async def receive(request: web.Request) -> web.Response:
    """Checks the signature, parses, answers. Nothing is kept."""
    body = await request.read()
    wanted = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Hub-Signature-256", ""), wanted):
        return web.Response(status=401)
    orjson.loads(body)
    return web.Response(body=b"EVENT_RECEIVED")


async def ready(_: web.Request) -> web.Response:
    return web.Response()


async def serve(port: int) -> None:
    app = web.Application()
    app.add_routes([web.post(PATH, receive), web.get("/readyz", ready)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
