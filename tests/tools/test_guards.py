"""No guard goes missing: neither an abuse without a test, nor a test that is named and not there."""

import ast

import pytest

from tests.guards import GUARDS
from tools.servers import REPOSITORY

ABUSES = [f"A{number}" for number in range(1, 19)]


def test_every_abuse_has_a_guard() -> None:
    assert list(GUARDS) == ABUSES
    assert [name for name, guard in GUARDS.items() if not guard.tests] == []


@pytest.mark.parametrize("name", ABUSES)
def test_the_tests_of_a_guard_exist(name: str) -> None:
    for test in GUARDS[name].tests:
        file, _, function = test.partition("::")
        assert function in _tests_in(file), f"{name}: {test} is not there"


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((REPOSITORY / file).read_text())
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}
