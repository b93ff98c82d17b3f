"""Checks the import contracts of pyproject.toml: `python -m tools.imports`.

import-linter refuses to run when a package it was told of is not there; this leaves such packages out.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.servers import REPOSITORY


def main() -> int:
    settings = (REPOSITORY / "pyproject.toml").read_text()
    packages = tomllib.loads(settings)["tool"]["importlinter"]["root_packages"]
    present = [package for package in packages if (REPOSITORY / package / "__init__.py").exists()]
    if absent := sorted(set(packages) - set(present)):
        print(f"imports: not there yet: {', '.join(absent)}")
    settings = re.sub(
        r"^(root_packages|source_modules) = (\[.*\])$",
        lambda line: f"{line[1]} = {json.dumps([name for name in json.loads(line[2]) if name in present])}",
        settings,
        flags=re.MULTILINE,
    )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "pyproject.toml")
        config.write_text(settings)
        command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--config", str(config)]
        done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    said = (done.stdout + done.stderr).strip()
    print(said if done.returncode else f"imports: {said.splitlines()[-1]}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
