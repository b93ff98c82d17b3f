"""`python -m bench.races.worker URL AGENT SEED`: a process that takes part in races. One line of JSON in, one out.

in:  {"at": <time to begin>, "steps": [...]}      out: {"again": 0, "moot": 0}
"""

import asyncio
import sys
import time
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
import uvloop
from pydantic import TypeAdapter

from bench import town
from bench.races.hands import Hand
from bench.races.plans import Step
from hub.ids import AgentId
from hub.log import configure

STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


async def work(url: str, agent_id: AgentId, seed: int) -> None:
    reader = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with town.opened(url) as units:
        await units.database.ping()
        _answer({"ready": True})
        hand = Hand(units, agent_id, seed)
        while line := await reader.readline():
            given = orjson.loads(line)
            steps = STEPS.validate_python(given["steps"])
            await asyncio.sleep(max(0.0, given["at"] - time.time()))
            _answer(asdict(await hand.does(steps)))


def _answer(value: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    configure("error", "text")
    uvloop.run(work(sys.argv[1], AgentId(UUID(sys.argv[2])), int(sys.argv[3])))
