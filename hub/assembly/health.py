"""/healthz: the process lives. /readyz: it can do its work, or why not. /metrics: what it counted."""

import asyncio
from collections.abc import Sequence

import orjson
from aiohttp import web

from hub.assembly.ground import Ground
from hub.assembly.parts import Problems
from hub.errors import Transient
from hub.metrics import CONTENT_TYPE, exposition

READY_S = 3.0


def health_routes(ground: Ground, problems: Sequence[Problems]) -> list[web.AbstractRouteDef]:
    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_: web.Request) -> web.Response:
        reasons = await _reasons(ground)
        for each in problems:
            reasons += each()
        body = orjson.dumps({"ready": not reasons, "reasons": reasons})
        return web.Response(body=body, content_type="application/json", status=503 if reasons else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=exposition(), headers={"Content-Type": CONTENT_TYPE})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


async def _reasons(ground: Ground) -> list[str]:
    reasons = []
    for what, ping in (("database", ground.database.ping), ("log", ground.bus.ping)):
        try:
            async with asyncio.timeout(READY_S):
                await ping()
        except (Transient, TimeoutError) as error:
            reasons.append(f"{what}: {error}" if str(error) else f"{what}: no answer in time")
    return reasons
