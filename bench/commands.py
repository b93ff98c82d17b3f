"""The command line of a hub, run to its end: how rigs and tests add channel accounts and agents."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from bench.report import CannotMeasure
from tools.servers import REPOSITORY

COMMAND_S = 60.0


async def hub(*arguments: str, environment: Mapping[str, str], given: bytes = b"") -> str:
    """What `hub ARGUMENTS` printed; `given` is its standard input. Raises CannotMeasure with what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
        env={**clean_environment(), **environment},
    )
    try:
        async with asyncio.timeout(COMMAND_S):
            told, complained = await process.communicate(given)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise CannotMeasure(f"hub {' '.join(arguments)} ended with {process.returncode}:\n{complained.decode()}")
    return told.decode()


async def add_account(
    account_id: str, channel: str, name: str, settings: Mapping[str, Any], *, environment: Mapping[str, str]
) -> None:
    arguments = ("accounts", "add", account_id, "--channel", channel, "--name", name, "--settings", "-")
    await hub(*arguments, environment=environment, given=json.dumps(settings).encode())


async def add_agent(
    login: str, password: str, *, environment: Mapping[str, str], name: str, role: str = "agent", capacity: int = 5
) -> None:
    arguments = ("agents", "add", login, "--name", name, "--role", role, "--capacity", str(capacity))
    await hub(*arguments, environment=environment, given=f"{password}\n".encode())


def clean_environment() -> dict[str, str]:
    """Ours, without settings that were meant for another hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
