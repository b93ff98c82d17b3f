"""A process that sends replies until it is killed: `python -m tests.connectors.egress_process DATABASE_URL CLAIM_S`."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from connectors.delivery import DeliveryPace
from connectors.egress import Egress, EgressPace
from hub.clock import SystemClock
from hub.ids import new_id
from storage.blobs import BlobStore, open_folder
from tests import databases
from tests.connectors import edge
from tests.connectors.post_api import SendingPostOffice


async def main(url: str, claim_s: float) -> None:
    clock = SystemClock()
    pace = EgressPace(sweep_s=0.1, delivery=DeliveryPace(send_s=claim_s / 3, settle_s=claim_s / 3, claim_s=claim_s))
    async with (
        databases.opened(url, clock) as units,
        edge.directory_of(units, kind=SendingPostOffice) as directory,
    ):
        blobs = BlobStore(open_folder(Path(tempfile.gettempdir()) / f"blobs-{os.getpid()}"), units)
        is_alone = units.database.is_sqlite
        await Egress(units, directory, blobs, clock, name=f"e-{new_id()}", is_alone=is_alone, pace=pace).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
