"""The command line of a hub, run to its end, as an ops person would."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.servers import REPOSITORY

COMMANDS_S = 60.0

# Each command runs as the script `hub` would run it; one process for all of them, for most of the time is imports.
RUN_ALL = """
import io, json, sys
from hub.cli import main
for arguments, given in json.load(sys.stdin):
    sys.stdin = io.TextIOWrapper(io.BytesIO(given.encode()))
    main(arguments, standalone_mode=False)
"""


class CommandFailed(AssertionError):
    """With what it complained of."""


@dataclass(frozen=True)
class Command:
    """`given` is its standard input."""

    arguments: Sequence[str]
    given: str = ""


def migrate() -> Command:
    return Command(["migrate"])


def add_account(account_id: str, channel: str, name: str, settings: Mapping[str, Any]) -> Command:
    arguments = ["accounts", "add", account_id, "--channel", channel, "--name", name, "--settings", "-"]
    return Command(arguments, json.dumps(settings))


def add_agent(login: str, password: str, *, name: str, role: str, capacity: int) -> Command:
    arguments = ["agents", "add", login, "--name", name, "--role", role, "--capacity", str(capacity)]
    return Command(arguments, f"{password}\n")


async def run(commands: Sequence[Command], environment: Mapping[str, str]) -> str:
    """What `hub …` printed, one after the other. Raises CommandFailed at the first that fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RUN_ALL,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
        env={**_clean_environment(), **environment},
    )
    given = json.dumps([(command.arguments, command.given) for command in commands])
    try:
        async with asyncio.timeout(COMMANDS_S):
            told, complained = await process.communicate(given.encode())
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise CommandFailed(f"ended with {process.returncode}, after saying {told.decode()}:\n{complained.decode()}")
    return told.decode()


def _clean_environment() -> dict[str, str]:
    """Ours, without settings that were meant for another hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
