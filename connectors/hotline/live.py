"""Stringee's questions about a caller who is on the line, answered by the hub: whom to ring, how long to wait.

    answer   a call reached the number            -> ring somebody, or wait in line
    fail     who was rung did not pick up         -> the next one
    wait     the time in line is up, or a key     -> as answer; key 1: to be called back
    agents   calls in Stringee's own queue (PCC)  -> one telephone for each that may ring now

What we must know again stands in the URLs that we give: which call was asked about, whom it rang, and, sealed, whose it
is. Each ask has an answer without the hub, too: the account's own operators in turn (connectors.hotline.outbound.scco).
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from connectors.base import CallAsk, WebhookAnswer
from connectors.hotline.inbound import Line
from connectors.hotline.outbound import (
    CALLER_PARAMETER,
    STEP_PARAMETER,
    Scco,
    leaving,
    own_url,
    ringing,
    sealed,
    waiting,
)
from connectors.hotline.settings import StringeePbx
from hub.calls import Away, CallRouting, InLine, LiveCall, Next, Ring

CALL_PARAMETER: Final = "call"
TELEPHONE_PARAMETER: Final = "rang"
CALLBACK_KEY: Final = "1"
AGENTS_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """One call of an account that lets the hub decide. `call_id`: as it was first asked about."""

    pbx: StringeePbx
    line: Line
    call_id: str
    identity: str
    is_first: bool = False

    def ring(self) -> CallAsk:
        async def ask(routing: CallRouting) -> WebhookAnswer:
            return self._answer(await routing.ring(self.call))

        return ask

    def failed(self, telephone: str) -> CallAsk:
        async def ask(routing: CallRouting) -> WebhookAnswer:
            return self._answer(await routing.failed(self.call, telephone))

        return ask

    def call_back(self) -> CallAsk:
        async def ask(routing: CallRouting) -> WebhookAnswer:
            return self._answer(await routing.call_back(self.call))

        return ask

    @property
    def call(self) -> LiveCall:
        live = self.pbx.live
        return LiveCall(
            account_id=self.line.account_id,
            call_id=self.call_id,
            caller=self.identity,
            telephones=self.pbx.telephones,
            wait_max_s=live.wait_max_s,
            asks_again_s=live.asks_again_s,
        )

    def _answer(self, said: Next) -> WebhookAnswer:
        return scco_answer(self._scco(said))

    def _scco(self, said: Next) -> Scco:
        match said:
            case Ring(telephone=telephone):
                fail_url = self._url("fail", {TELEPHONE_PARAMETER: telephone})
                return ringing(self.pbx, said, identity=self.identity, fail_url=fail_url, is_first=self.is_first)
            case InLine():
                return waiting(self.pbx, said, ask_url=self._url("wait", {}))
            case Away():
                return leaving(self.pbx, said, caller=self.identity, identity=self.identity)

    def _url(self, tail: str, query: dict[str, str]) -> str:
        """`step` 0: without the hub's answer, the account's operators are rung from the first on."""
        known = {CALL_PARAMETER: self.call_id, CALLER_PARAMETER: sealed(self.pbx, self.identity), STEP_PARAMETER: "0"}
        return own_url(self.pbx, tail, known | query)


def agents_ask(calls: list[OnTheLine]) -> CallAsk:
    """In the order in which they came: each takes whom it gets."""

    async def ask(routing: CallRouting) -> WebhookAnswer:
        return agents_answer([(one, _rung(await routing.ring(one.call))) for one in calls])

    return ask


def agents_answer(calls: list[tuple[OnTheLine, list[Ring]]]) -> WebhookAnswer:
    """Nobody for a call: it waits in Stringee's queue, which asks again."""
    said = [{"callId": one.call_id, "agents": [_agent(ring) for ring in rings]} for one, rings in calls]
    return WebhookAnswer(body=orjson.dumps({"version": AGENTS_VERSION, "calls": said}), content_type="application/json")


def operators_of(pbx: StringeePbx) -> list[Ring]:
    """Without the hub."""
    return [Ring(operator, pbx.ring_s) for operator in pbx.operators]


def scco_answer(actions: Scco) -> WebhookAnswer:
    return WebhookAnswer(body=orjson.dumps(actions), content_type="application/json")


def _rung(said: Next) -> list[Ring]:
    return [said] if isinstance(said, Ring) else []


def _agent(ring: Ring) -> dict[str, Any]:
    return {"stringee_user_id": ring.telephone, "routing_type": 1, "answer_timeout": ring.ring_s}
