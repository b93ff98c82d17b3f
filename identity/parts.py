"""Numbers that a sender spread over several messages -> claims, from what this batch brings and the database has.

Only a message that may be a part of one asks the database: a few rows of its sender, whatever the history. Whichever
part arrives last completes the number, so neither a restart nor another order of arrival loses it; the same claim twice
is one claim.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.events import Author, Evidence, MessageReceived
from hub.ids import EventId, IdentityId
from identity.arrivals import Arrival
from identity.numbers.parts import Said, claims_across, may_be_part
from storage import touchpoints as touchpoint_store
from storage.engine import Connection


async def claims_of_parts(
    connection: Connection, arrivals: Sequence[Arrival], within: timedelta
) -> Mapping[EventId, tuple[Evidence, ...]]:
    """By the last arrival of the sender that may be a part. `within` zero: none."""
    last_parts = {a.identity.id: a for a in arrivals if within and (text := _text(a)) is not None and may_be_part(text)}
    claims: dict[EventId, tuple[Evidence, ...]] = {}
    for identity_id, arrival in last_parts.items():
        earlier = [] if arrival.identity.is_new else await touchpoint_store.last_words(connection, identity_id)
        said = _in_order(earlier, _said(arrivals, identity_id))
        claims[arrival.event_id] = claims_across(said, within)
    return claims


def _said(arrivals: Sequence[Arrival], identity_id: IdentityId) -> list[Said]:
    return [
        Said(arrival.data.occurred_at, text)
        for arrival in arrivals
        if arrival.identity.id == identity_id and (text := _text(arrival)) is not None
    ]


def _in_order(earlier: Sequence[tuple[datetime, str]], now: Sequence[Said]) -> list[Said]:
    """By the provider's clock, for they may have come in another order; each once, for they may have come twice."""
    said = dict.fromkeys([*(Said(at, text) for at, text in earlier), *now])
    return sorted(said, key=lambda one: one.at)


def _text(arrival: Arrival) -> str | None:
    data = arrival.data
    return data.text if isinstance(data, MessageReceived) and data.author is Author.CUSTOMER and data.text else None
