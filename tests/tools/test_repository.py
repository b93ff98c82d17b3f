"""What the repository owes whoever clones or ships it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.servers import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
FRONT_ENDS = {"agent_console/web": "agent_console/static", "connectors/webchat/widget": "connectors/webchat/static"}


def test_python_locks_name_no_address() -> None:
    for lock in (REPOSITORY / "requirements").iterdir():
        assert re.findall(r"\S*https?:\S*|^--.*index.*$", lock.read_text(), re.MULTILINE) == [], lock


def test_npm_locks_name_no_address() -> None:
    for lock in _tracked("package-lock.json"):
        assert re.findall(r'"resolved": *"https?:[^"]*"', lock.read_text()) == [], (
            f"{lock}: put omit-lockfile-registry-resolved=true into the .npmrc beside it and make it anew"
        )


def test_the_lock_holds_what_the_project_asks_for() -> None:
    locked = _locked("runtime.txt")
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, f"{requirement}: run `make lock`"


def test_both_locks_agree() -> None:
    assert _locked("runtime.txt").items() <= _locked("dev.txt").items()


def test_nothing_we_ship_with_is_copyleft() -> None:
    licences = {name: _licence(name) for name in _locked("runtime.txt")}
    assert {name: licence for name, licence in licences.items() if re.search(r"GPL|GNU ", licence)} == {}


def test_compose_runs_every_role_and_keeps_no_secret() -> None:
    text = (REPOSITORY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    roles = {service["command"][-1] for service in services.values() if "--roles" in service.get("command", [])}
    assert roles == {"ingress", "identity", "router", "egress", "console"}
    waits_for = [s["depends_on"].get("migrate") for s in services.values() if "--roles" in s.get("command", [])]
    assert waits_for == [{"condition": "service_completed_successfully"}] * 5, "a role must not find an old schema"
    for secret in re.findall(r"^ *\w*(?:SECRET|PASSWORD)\w*: *(.*)$", text, re.MULTILINE):
        assert re.match(r"\$\{\w+:\?", secret), "a secret has no default: ${NAME:?what to set}"


def test_the_wheel_carries_the_built_pages_and_not_their_sources(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert {name.partition("/")[0] for name in names if not name.startswith("onethread-")} <= set(PACKAGES)
    for sources, built in FRONT_ENDS.items():
        assert not any(name.startswith(f"{sources}/") for name in names)
        if (REPOSITORY / sources / "package.json").exists():
            assert any(name.startswith(f"{built}/") for name in names), f"{built} is empty: run `make web`"


@pytest.mark.parametrize("script", ["tools/dev-setup", "tools/services", "tools/web", ".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    assert (REPOSITORY / script).stat().st_mode & 0o111


def _tracked(name: str) -> list[Path]:
    found = (REPOSITORY / folder / name for folder in FRONT_ENDS)
    return [path for path in (*found, *(REPOSITORY / "tools").glob(f"*/{name}")) if path.exists()]


def _locked(lock: str) -> dict[str, str]:
    text = (REPOSITORY / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))


def _licence(distribution: str) -> str:
    about = metadata(distribution)
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    return " ".join([*classifiers, *(about.get_all("License") or []), *(about.get_all("License-Expression") or [])])
