from datetime import datetime, timedelta
from uuid import UUID

import pytest

from connectors.gates import AccountGate, GateRules
from hub.clock import ManualClock
from hub.events import (
    DeliveryState,
)
from hub.ids import ChannelAccountId, IdentityId, TouchpointId
from storage import replies, reply_queue
from tests.connectors.post_house import ACCOUNT

S = DeliveryState


@pytest.mark.parametrize(
    ("current", "incoming", "after"),
    [
        (S.SENDING, S.SENT, S.SENT),
        (S.UNKNOWN, S.SENT, S.SENT),
        (S.UNKNOWN, S.READ, S.READ),
        (S.FAILED, S.DELIVERED, S.DELIVERED),
        (S.QUEUED, S.SENT, S.SENT),
        (S.SENT, S.SENT, None),
        (S.SENT, S.DELIVERED, S.DELIVERED),
        (S.DELIVERED, S.SENT, None),
        (S.READ, S.DELIVERED, None),
        (S.SENT, S.FAILED, S.FAILED),
        (S.UNKNOWN, S.FAILED, S.FAILED),
        (S.READ, S.FAILED, None),
        (S.DELIVERED, S.FAILED, None),
        (S.QUEUED, S.FAILED, None),
        (S.FAILED, S.FAILED, None),
    ],
)
def test_delivery_only_moves_forward(
    current: DeliveryState, incoming: DeliveryState, after: DeliveryState | None
) -> None:
    assert replies.delivery_after(current, incoming) is after


def waiting(number: int, state: str, at: datetime) -> reply_queue.Waiting:
    identity_id, touchpoint_id = IdentityId(UUID(int=1)), TouchpointId(UUID(int=number))
    account = ChannelAccountId(ACCOUNT)
    return reply_queue.Waiting(number, touchpoint_id, identity_id, account, state, 0, None, None, None, at)


def test_only_the_oldest_queued_reply_goes_and_none_while_another_is_being_sent() -> None:
    now = ManualClock().now()
    later = now + timedelta(seconds=1)

    def chosen(*rows: tuple[int, str, datetime]) -> int | None:
        row = reply_queue.next_of([waiting(*row) for row in rows], now)
        return row.touchpoint_number if row else None

    assert chosen() is None
    assert chosen((2, "queued", now), (1, "queued", now)) == 1
    assert chosen((1, "unknown", now), (2, "queued", now)) == 2
    assert chosen((1, "queued", later), (2, "queued", now)) is None
    assert chosen((1, "queued", now), (2, "sending", now)) is None


def test_a_gate_closes_after_failures_in_a_row_and_lets_one_try_first() -> None:
    clock = ManualClock()
    gate = AccountGate(clock, GateRules(at_once=3, failures_max=2, closed_s=5, closed_max_s=8))
    gate.failed()
    assert not gate.is_closed(1)
    gate.failed()
    assert gate.is_closed(1)
    clock.advance(5)
    assert not gate.is_closed(1)
    with gate.passage():
        assert not gate.has_room()
    gate.failed()
    clock.advance(7.9)
    assert gate.is_closed(1)
    clock.advance(0.2)
    gate.succeeded()
    with gate.passage(), gate.passage():
        assert gate.has_room()
        with gate.passage():
            assert not gate.has_room()


def test_a_gate_closed_for_refused_credentials_opens_for_new_settings() -> None:
    clock = ManualClock()
    gate = AccountGate(clock, GateRules(recheck_s=600))
    gate.refused(version=3)
    assert gate.is_closed(3)
    assert not gate.is_closed(4)
    gate.refused(version=4)
    clock.advance(601)
    assert not gate.is_closed(4)
    with gate.passage():
        assert not gate.has_room()
