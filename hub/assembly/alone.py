"""One embedded hub per folder. Two would both be the router and both send replies; SQLite alone would let them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import Transient
from hub.settings import Settings

LOCK = "hub.lock"


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Holds the folder of an embedded hub; the lock goes with the process, however it ends. Raises Transient, with the
    number of the process that has it. A cluster has leases instead: nothing is held."""
    if settings.is_cluster:
        yield
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            raise Transient(
                f"another hub (process {holder}) runs on {settings.data}: end it, or give this one a folder of its own"
                " with --data"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
