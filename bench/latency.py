"""`bench latency`: webhook -> event in a console, at fixed rates, in a shop at work.

From the moment the webhook was due to be sent to the moment the supervisor's client had parsed the event: the
provider's side, everything in the hub, and the client's side, which shares the machine's cores with the hub here.
"""

from collections.abc import Sequence

from bench import webhooks
from bench.path import PEOPLE, working_shop
from bench.report import Figure, tell
from bench.shop import Shop, paced
from bench.statistics import percentile

RATES_PER_S = (100, 500)
OWED_P50_MS, OWED_P99_MS = 20.0, 100.0


async def measure(*, seconds: float, rates: Sequence[int] = RATES_PER_S) -> list[Figure]:
    figures: list[Figure] = []
    async with working_shop() as shop:
        for run, rate in enumerate(rates, start=2):
            waits_ms = await _waits_ms(shop, rate, seconds, run)
            tell(f"{rate}/s: p50 {percentile(waits_ms, 50):.1f} ms, p99 {percentile(waits_ms, 99):.1f} ms")
            figures += _figures(rate, waits_ms)
    return figures


async def _waits_ms(shop: Shop, rate: int, seconds: float, run: int) -> list[float]:
    messages = webhooks.messages(int(rate * seconds), people=PEOPLE, run=run)
    tally = await paced(shop, messages, rate)
    return [(seen - due) * 1000 for seen, due in zip(shop.watcher.seen_at, tally.due_at, strict=True)]


def _figures(rate: int, waits_ms: Sequence[float]) -> list[Figure]:
    note = f"{len(waits_ms):,} messages"
    at = f"at {rate}/s"
    return [
        Figure(name=f"p50 {at}", value=percentile(waits_ms, 50), unit="ms", owed=OWED_P50_MS, at_most=True, note=note),
        Figure(name=f"p99 {at}", value=percentile(waits_ms, 99), unit="ms", owed=OWED_P99_MS, at_most=True),
        Figure(name=f"slowest {at}", value=max(waits_ms), unit="ms"),
    ]
