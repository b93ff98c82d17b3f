"""Tells other systems what automation rules have to say: at least once, signed, with growing pauses between attempts.

Headers as in the Standard Webhooks specification, 1.0: `webhook-id` (the same at each attempt), `webhook-timestamp`
(seconds since 1970) and `webhook-signature`: "v1," + base64 of HMAC-SHA256 over "<id>.<timestamp>.<body>", one for
each secret key of the hub that is in force, newest first, so that keys can be changed without a gap.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from connectors.fetching import Fetcher, FetchFailed, FetchRefused
from connectors.limits import Seldom
from hub.errors import Transient
from hub.log import get_logger
from hub.metrics import counter
from hub.tasks import together
from storage import webhook_calls
from storage.unit_of_work import Units
from storage.webhook_calls import WebhookCall

SIGNED_FOR: Final = "automation webhooks"  # what the signing keys are derived for

CALLS = counter("webhook_calls_total", "Calls of webhooks by what came of them.", ["outcome"])
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPace:
    """Seconds. After the last pause of `retry_s` a call is given up: after about a day."""

    workers: int = 3
    answer_s: float = 10.0
    lease_s: float = 60.0
    look_s: float = 2.0
    forget_every_s: float = 3600.0
    retry_s: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)


class WebhookCalls:
    """One per process with role `egress`."""

    def __init__(
        self, units: Units, fetcher: Fetcher, keys: Sequence[bytes], *, pace: WebhookPace | None = None
    ) -> None:
        self._units = units
        self._fetcher = fetcher
        self._keys = keys
        self._pace = pace or WebhookPace()
        self._seldom = Seldom(units.clock)

    async def run(self) -> None:
        """Until cancelled. What is cut off is called again after its lease: the other side knows it by its id."""
        await together(self._forget(), *(self._work() for _ in range(self._pace.workers)))

    async def call_due(self) -> int:
        """One that is due, if any. How many there were."""
        found = await webhook_calls.claim(self._units, limit=1, lease=timedelta(seconds=self._pace.lease_s))
        for call in found:
            await self._call(call)
        return len(found)

    async def _work(self) -> None:
        while True:
            try:
                found = await self.call_due()
            except Transient as error:
                self._seldom.warning("webhooks_wait", "work", error=str(error))
                found = 0
            if not found:
                await asyncio.sleep(self._pace.look_s)

    async def _forget(self) -> None:
        while True:
            try:
                await webhook_calls.forget_old(self._units)
            except Transient as error:
                self._seldom.warning("webhooks_not_forgotten", "forget", error=str(error))
            await asyncio.sleep(self._pace.forget_every_s)

    async def _call(self, call: WebhookCall) -> None:
        headers = signed(call, self._keys, timestamp=int(self._units.clock.now().timestamp()))
        try:
            status = await self._fetcher.post(call.url, call.body, headers, total_s=self._pace.answer_s)
        except FetchRefused as error:
            await self._settle(call, "refused", str(error))
        except FetchFailed as error:
            await self._settle(call, "failed", str(error))
        else:
            await self._settle(call, "taken" if 200 <= status < 300 else "failed", f"HTTP {status}")

    async def _settle(self, call: WebhookCall, outcome: str, problem: str) -> None:
        CALLS.labels(outcome).inc()
        if outcome == "taken":
            await webhook_calls.settle(self._units, call, "taken")
            return
        log.info("webhook_not_taken", call=str(call.id), rule=call.rule_id, reason=problem, attempt=call.attempts)
        pauses = self._pace.retry_s
        if outcome == "refused" or call.attempts > len(pauses):
            await webhook_calls.settle(self._units, call, "failed", problem=problem)
            return
        again_at = self._units.clock.now() + timedelta(seconds=pauses[call.attempts - 1])
        await webhook_calls.settle(self._units, call, "queued", problem=problem, again_at=again_at)


def signed(call: WebhookCall, keys: Sequence[bytes], *, timestamp: int) -> Mapping[str, str]:
    """The headers of one attempt. Pure."""
    content = f"{call.id}.{timestamp}.".encode() + call.body
    marks = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": str(call.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
