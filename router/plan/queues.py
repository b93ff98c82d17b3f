"""Settings of one queue; they stand with its row. `offer_s`, how long an offer rings, has its own column."""

from pydantic import Field

from hub.events.common import Frozen
from hub.ids import QueueId
from router.plan.common import Seconds, Slug


class QueueSettings(Frozen):
    """`calendar`: of plan "hours"; None: always open. `out_of_hours_reply`: sent once per conversation and closed
    spell; "{opens_at}" stands for when it opens ("08:00 24/11"). `sticky_s`: so long the agent who served the customer
    last is waited for, if present but full; 0: not. `overflow_queue_id`: where work goes that waited for
    `overflow_after_s`. `offer_out_of_hours`: agents who are present are offered work also while the queue is closed.
    `callback`: callers may ask to be called back."""

    calendar: Slug | None = None
    out_of_hours_reply: str | None = Field(default=None, max_length=2000)
    offer_out_of_hours: bool = True
    sticky_s: Seconds = 60
    overflow_queue_id: QueueId | None = None
    overflow_after_s: Seconds | None = None
    auto_accept: bool = False
    wrap_up_s: Seconds = 0
    sla_policy: Slug | None = None
    callback: bool = False
    call_ring_s: int = Field(default=20, ge=5, le=120)
