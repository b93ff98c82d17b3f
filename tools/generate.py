"""Writes every file of the repository that a program makes: `python -m tools.generate`, with `--check` only compares.

A generator is a function without arguments that returns {path below the repository: content}; name it below. What it
returns must depend on the code alone: no clock, no machine, no order of a set.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from importlib import import_module

from tools.servers import REPOSITORY

GENERATORS: tuple[str, ...] = (
    # "package.module:function"
    "hub.schemas:files",
    "agent_console.api.openapi:files",
    "tools.apigen:files",
)


def generate(name: str) -> dict[str, bytes]:
    module, _, function = name.partition(":")
    files: dict[str, bytes] = getattr(import_module(module), function)()
    return files


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.generate")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    check = parser.parse_args().check
    stale = 0
    for name in GENERATORS:
        for path, content in sorted(generate(name).items()):
            target = REPOSITORY / path
            found = target.read_bytes() if target.exists() else None
            if found == content:
                continue
            stale += 1
            if check:
                print(f"{path} is not what {name} makes; run `make generate`\n{_difference(found or b'', content)}")
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                print(f"{path} written")
    return 1 if check and stale else 0


def _difference(found: bytes, wanted: bytes) -> str:
    before, after = (text.decode(errors="replace").splitlines() for text in (found, wanted))
    lines = list(difflib.unified_diff(before, after, n=1, lineterm=""))
    return "\n".join(lines[2:22])


if __name__ == "__main__":
    sys.exit(main())
