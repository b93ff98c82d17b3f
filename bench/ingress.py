"""`bench ingress`: signed webhook -> durable -> 200, against a bare handler that checks the signature and parses.

The same generator, the same requests, one process each; they take turns (bare, edge, bare, edge, bare) on a machine
that does nothing else, each over `seconds`. Owed is the edge: the role that a webhook waits for. Embedded it shares its
process with all the others; how it does then, while they work on what it took, is told as well.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import webhooks
from bench.load import Load, Tally
from bench.people import populate
from bench.places import Place, place
from bench.processes import Program
from bench.report import Figure, tell
from bench.rig import hub_at, provider
from bench.statistics import alternating, median, spread
from tools.servers import free_port

ROUNDS = 3
CONNECTIONS = 64
WARM_UP = 500
PEOPLE = 1000
REQUESTS_PER_S_MAX = 20_000  # nothing here is faster; bounds what is made beforehand


@dataclass(slots=True)
class Turns:
    """What each round measured: requests a second, and CPU seconds of the server per thousand requests."""

    per_s: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    def add(self, tally: Tally, cpu_s: float) -> None:
        self.per_s.append(tally.per_s)
        self.cpu.append(cpu_s / tally.accepted * 1000)
        self.p99_ms.append(tally.wait_ms(99))


async def measure(*, seconds: float, cluster: bool = False) -> list[Figure]:
    bodies = webhooks.messages(int(REQUESTS_PER_S_MAX * seconds), people=PEOPLE)
    bare, edge, whole = Turns(), Turns(), Turns()
    async with provider() as graph, place(cluster=cluster) as where:
        await populate(where, agents=0, graph_url=graph.url)
        for number in range(ROUNDS):
            await _turn(_bare(where), bodies, seconds, bare)
            await _turn(_edge(where), bodies, seconds, edge)
            tell(f"round {number + 1}: bare {bare.per_s[-1]:,.0f}/s, edge {edge.per_s[-1]:,.0f}/s")
        await _turn(_bare(where), bodies, seconds, bare)
    if not cluster:
        async with provider() as graph, place() as where:
            await populate(where, agents=0, graph_url=graph.url)
            await _turn(hub_at(where), bodies, seconds, whole)
    return _figures(bare, edge, whole)


def _figures(bare: Turns, edge: Turns, whole: Turns) -> list[Figure]:
    note = f"rounds differ by {spread(edge.per_s):.0%}"
    return [
        Figure(name="edge / bare handler", value=alternating(bare.per_s, edge.per_s), owed=0.5, note=note),
        Figure(name="bare handler", value=median(bare.per_s), unit="requests/s"),
        Figure(name="edge, durable", value=median(edge.per_s), unit="requests/s"),
        Figure(name="edge p99", value=median(edge.p99_ms), unit="ms", note=f"{CONNECTIONS} connections, saturated"),
        Figure(name="CPU a request, bare", value=median(bare.cpu) * 1000, unit="us"),
        Figure(name="CPU a request, edge", value=median(edge.cpu) * 1000, unit="us"),
        *_of_whole(bare, whole),
    ]


def _of_whole(bare: Turns, whole: Turns) -> Sequence[Figure]:
    if not whole.per_s:
        return []
    ratio = whole.per_s[0] / median(bare.per_s)
    return [
        Figure(name="whole hub, durable", value=whole.per_s[0], unit="requests/s", note="all roles in the process"),
        Figure(name="whole hub / bare handler", value=ratio),
    ]


async def _turn(program: Program, bodies: Sequence[webhooks.Webhook], seconds: float, turns: Turns) -> None:
    """One server's turn. Messages that its place knows already are taken and dropped later: the edge cannot know."""
    requests = [body.request(program.port) for body in bodies]
    await program.start()
    try:
        await Load(program.port, requests[:WARM_UP], connections=CONNECTIONS).flood(seconds=seconds)
        cpu_s = program.cpu_s()
        tally = await Load(program.port, requests, connections=CONNECTIONS).flood(seconds=seconds)
        turns.add(tally.unrefused(), program.cpu_s() - cpu_s)
    finally:
        program.kill9()
        await asyncio.sleep(0.1)


def _bare(where: Place) -> Program:
    port = free_port()
    return Program(["python", "-m", "bench.bare", str(port)], port, where.folder / "bare.log")


def _edge(where: Place) -> Program:
    port = free_port()
    if where.is_cluster:
        environment = where.environment | {"HUB_ROLES": "ingress"}
        return Program(["hub", "run", "--port", str(port)], port, where.folder / "edge.log", environment)
    command = ["python", "-m", "bench.edge", str(port)]
    return Program(command, port, where.folder / "edge.log", where.environment)
