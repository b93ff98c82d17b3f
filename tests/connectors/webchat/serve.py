"""A house as a process of its own, to be killed: `python -m tests.connectors.webchat.serve FOLDER PORT ORIGIN`."""

import asyncio
import sys
from pathlib import Path

from tests.connectors.webchat.house import open_house


async def main(folder: str, port: str, origin: str) -> None:
    async with open_house(
        Path(folder),
        port=int(port),
        origins=[origin],
        new_visitors_per_hour=1000,
        messages_per_minute=600,
        messages_per_hour=10_000,
    ):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
