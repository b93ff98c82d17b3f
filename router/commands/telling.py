"""What routers must hear. Each serves a pool, and agents may serve queues of several: all pools are told, and who is
not concerned passes over it, for an event only names what is read anew."""

from hub.events import OfferAnswered, PresenceChanged, WorkArrived, WorkGone
from storage import routing
from storage.unit_of_work import UnitOfWork

RoutingNews = WorkArrived | WorkGone | OfferAnswered | PresenceChanged


async def tell_routers(work: UnitOfWork, *news: RoutingNews) -> None:
    """Published with the commit."""
    if not news:
        return
    for pool in await routing.pools(work.connection):
        for one in news:
            work.publish(one if one.pool == pool else one.model_copy(update={"pool": pool}))
