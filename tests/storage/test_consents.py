"""Consent is kept for good, on both databases."""

from datetime import timedelta

from hub.clock import ManualClock
from hub.events import Channel, Consent
from storage import consents
from storage.unit_of_work import Units
from tests.builders import build_house


async def test_consent_is_kept_once_and_shown_latest_first(units: Units, clock: ManualClock) -> None:
    house = await build_house(units)
    identity_id = await house.add_identity("visitor", channel=Channel.WEBCHAT)
    first = Consent(text_version="1", given_at=clock.now(), page_url="https://shop.vn/")
    later = Consent(text_version="2", given_at=clock.now() + timedelta(days=1))
    for given in ([(identity_id, first)], [(identity_id, first), (identity_id, later)], []):
        async with units.begin() as work:
            await consents.record(work, given)
            await work.commit()
    async with units.database.reading() as connection:
        assert await consents.of_identities(connection, [identity_id]) == {identity_id: (later, first)}
