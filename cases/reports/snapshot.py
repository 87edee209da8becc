"""What a file is read from: one moment of the database, on a connection of its own, for so many files at once.

The connection is not the request's, which has other things to write while the file is sent, such as the session.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error

SLOTS = 0x43_53_56  # the first half of the locks' keys, for exports alone


class NoSlot(Exception):
    """As many files are written as may be at once."""


@contextmanager
def snapshot() -> Iterator[BaseDatabaseWrapper]:
    """Give a connection that sees one moment; NoSlot if too many are out. What was taken is given back in any case.

    Inside a transaction it is the connection that there is, and its moment.
    """
    if connection.in_atomic_block:
        take_slot(connection)
        yield connection
        return
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        take_slot(own)
        yield own
    finally:
        with suppress(Error):  # it may be gone; its locks are, then
            own.rollback()
            own.set_autocommit(True)  # as whoever takes it from the pool next expects it
        own.close()


def take_slot(database: BaseDatabaseWrapper) -> None:
    """Take one of the locks that are there for exports, across processes and hosts, until the transaction ends."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT n FROM generate_series(1, %s) AS n WHERE pg_try_advisory_xact_lock(%s, n) LIMIT 1",
            [settings.EXPORTS, SLOTS],
        )
        if not cursor.fetchone():
            raise NoSlot
