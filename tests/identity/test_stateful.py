"""Any sequence of messages, merges, splits and undos against a slow, obvious reference: union-find over what is in
force, computed anew each time from a list of entries.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests import databases, services
from tests.identity.machine import Machine, MachineWithResolving, run_machine


@pytest.mark.timeout(120)
@pytest.mark.parametrize("machine", [Machine, MachineWithResolving])
def test_any_sequence_leaves_the_customers_that_the_entries_in_force_say(
    machine: type[Machine], tmp_path: Path
) -> None:
    template = tmp_path / "template"
    asyncio.run(databases.create_schema(databases.sqlite_url(template)))
    numbers = iter(range(10**6))

    def open_database() -> str:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(template, folder)
        return databases.sqlite_url(folder)

    run_machine(machine, open_database, examples=7)


@pytest.mark.timeout(120)
@pytest.mark.services
def test_it_does_so_on_postgres_too(fresh_postgres_database: services.PostgresDatabases, schema_template: str) -> None:
    run_machine(MachineWithResolving, lambda: fresh_postgres_database(template=schema_template), examples=3)
