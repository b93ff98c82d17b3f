"""Which database errors may pass. One place turns them into StorageUnavailable; the rest are bugs and stay as they are.

IntegrityError is never turned: who relies on a constraint catches it where the constraint is meant.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc as sx

from hub.errors import StorageUnavailable

# PostgreSQL error classes that are worth a second try: connection (08), resources (53), operator intervention (57),
# system error (58), and 40001 serialization, 40P01 deadlock, 55P03 lock not available, 25P03 idle in transaction.
TRANSIENT_CLASSES = ("08", "53", "57", "58")
TRANSIENT_CODES = frozenset({"40001", "40P01", "55P03", "25P03"})
SQLITE_TRANSIENT = ("database is locked", "database is busy", "disk i/o error", "database or disk is full")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Within it, passing trouble of the database raises StorageUnavailable."""
    try:
        yield
    except (sx.OperationalError, sx.InterfaceError, sx.InternalError, sx.DBAPIError) as error:
        if _is_transient(error):
            raise StorageUnavailable(_summary(error)) from error
        raise
    except (sx.TimeoutError, ConnectionError, OSError) as error:
        raise StorageUnavailable(f"{type(error).__name__}: {error}") from error


def _is_transient(error: sx.DBAPIError) -> bool:
    if isinstance(error, (sx.IntegrityError, sx.DataError, sx.ProgrammingError)):
        return False
    if error.connection_invalidated or isinstance(error, sx.InterfaceError):
        return True
    code = getattr(error.orig, "sqlstate", None) or ""
    if code[:2] in TRANSIENT_CLASSES or code in TRANSIENT_CODES:
        return True
    text = str(error.orig).lower()
    return any(phrase in text for phrase in SQLITE_TRANSIENT)


def _summary(error: sx.DBAPIError) -> str:
    """The driver's words without the statement's values: these may be personal data."""
    return f"{type(error.orig).__name__}: {str(error.orig).splitlines()[0][:200]}"
