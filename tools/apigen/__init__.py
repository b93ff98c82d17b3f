"""The console's TypeScript types, made from the OpenAPI document by openapi-typescript.

That program needs TypeScript 5 while the console is built with a newer one, hence a package.json of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from agent_console.api import openapi

HERE = Path(__file__).parent
SCHEMA = "agent_console/web/src/lib/api/schema.d.ts"
OPTIONS = ("--alphabetize", "--immutable", "--default-non-nullable", "false")
INSTALL_LIMIT_S = 300
RUN_LIMIT_S = 60
HEADER = b"// Made from docs/generated/openapi.json by tools/apigen: run `make generate`, do not edit.\n"


def files() -> dict[str, bytes]:
    """For tools/generate.py. Installs the package first where its lock file is new."""
    _install()
    with tempfile.TemporaryDirectory() as folder:
        document, types = Path(folder, "openapi.json"), Path(folder, "schema.d.ts")
        document.write_text(json.dumps(openapi.document()))
        program = HERE / "node_modules/.bin/openapi-typescript"
        _run([str(program), str(document), "--output", str(types), *OPTIONS], RUN_LIMIT_S)
        return {SCHEMA: HEADER + types.read_bytes()}


def _install() -> None:
    lock = sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules/.stamp-lock"
    if not stamp.exists() or stamp.read_text() != lock:
        _run(["npm", "ci", "--silent", "--no-progress"], INSTALL_LIMIT_S)
        stamp.write_text(lock)


def _run(command: list[str], limit_s: float) -> None:
    ran = subprocess.run(
        command,
        cwd=HERE,
        timeout=limit_s,
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1", "npm_config_update_notifier": "false"},
    )
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{ran.stdout}{ran.stderr}")
