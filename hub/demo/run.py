"""Runs the hub embedded, seeds the demo shop, and lets its customers play until the process is told to stop."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors import CONNECTORS
from connectors.accounts import checked_settings, plain_settings
from hub.assembly.accounts import put_account, put_agent
from hub.assembly.alone import LOCK, alone
from hub.assembly.ground import Ground
from hub.assembly.process import Running, serve
from hub.demo import house, plans, story
from hub.demo.stage import Stage
from hub.errors import BadInput
from hub.settings import Settings
from hub.supervisor import LongTask
from storage import accounts as account_store
from storage import agents as agent_store
from storage.tables import queues

DATA = Path("data") / "demo"
PORT = 8080
MARK = "demo-shop"  # a file in the data folder: nothing else is ever deleted by --fresh


def demo_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Embedded, on loopback, in a folder of its own; a free port when the usual one is taken."""
    port = options.get("port")
    if port is None:
        port = PORT if _is_free(PORT) else 0
    return options | {"data": options.get("data") or DATA, "port": port, "demo": True}


async def serve_demo(settings: Settings, *, fresh: bool, say: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT."""
    if settings.is_cluster:
        raise BadInput("demo_embedded", "The demo runs embedded: unset HUB_KAFKA_URL.")
    if fresh:
        with alone(settings):
            _empty(settings.data)
    await serve(
        settings,
        announce=lambda running: None,  # not before there is somebody who can sign in: see _play
        company=lambda running: [LongTask("demo customers", lambda: _play(running, say))],
    )


async def _play(running: Running, say: Callable[[str], None]) -> None:
    ground = running.ground
    async with Stage(running.own_url.replace("localhost", "127.0.0.1")) as stage:
        is_new = await _furnish(ground, stage)
        (ground.settings.data / MARK).touch()
        _announce(running, stage, say)
        await story.play(stage, with_past=is_new)


async def _furnish(ground: Ground, stage: Stage) -> bool:
    """Accounts with today's addresses of the simulated providers; people once. True when the shop is new."""
    async with ground.database.reading() as connection:
        known = {account.id for account in await account_store.listed(connection)}
        staff = await agent_store.listed(connection)
    if not staff:
        async with ground.units.begin() as work:
            renamed = sa.update(queues).values(name=house.QUEUE, offer_s=house.OFFER_S).returning(queues.c.id)
            await plans.set_up(work, (await work.connection.execute(renamed)).scalar_one())
            await work.commit()
        for agent in house.AGENTS:
            await put_agent(
                ground.units,
                login=agent.login,
                name=agent.name,
                role=agent.role,
                capacity=agent.capacity,
                locale="vi",
                password=house.PASSWORD,
            )
    for account in house.accounts(stage.hub_url, stage.providers()):
        if account.id not in known:
            await put_account(
                ground.units, ground.box, account.id, account.channel, account.name, dict(account.settings)
            )
            continue
        model = CONNECTORS[account.channel].settings_model
        checked = plain_settings(checked_settings(model, account.settings))
        async with ground.units.begin() as work:
            await account_store.change(work, ground.box, account.id, settings=checked)
            await work.commit()
    ground.directory.forget()
    return not staff


def _announce(process: Running, stage: Stage, say: Callable[[str], None]) -> None:
    say("")
    say(f"  OneThread demo: {process.url}")
    for agent in house.AGENTS:
        say(f"    {agent.role:<11} {agent.login:<7} password {house.PASSWORD}")
    say(f"  The shop's own site, with web chat in its corner: {stage.shop.url}")
    say("  Sign in, set yourself to “Sẵn sàng”, and accept a conversation. Ctrl-C stops.")
    say("")


def _empty(data: Path) -> None:
    """Only a folder that the demo made."""
    if any(path.name != LOCK for path in data.iterdir()) and not (data / MARK).exists():
        raise BadInput("not_a_demo", f"{data} does not hold a demo shop: remove it yourself, or choose another --data.")
    shutil.rmtree(data, ignore_errors=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
