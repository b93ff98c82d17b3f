"""PostgreSQL, Redis, Kafka and Chromium for the tests: `tools/services up | down | status | env | throwaway NAME`.

`up` installs what is missing where it may (root with apt-get), reuses what runs, starts the rest, and prints the
HUB_TEST_... lines that the tests read. They keep running until `down`. Every start is on empty folders: nothing in
these servers is worth keeping, and what ran without fsync is not to be trusted after a crash of the machine.

| service    | its address, if it already runs elsewhere | port to use, default  |
| PostgreSQL | HUB_TEST_DATABASE_URL                     | HUB_TEST_DATABASE_PORT, 15432 |
| Redis      | HUB_TEST_REDIS_URL                        | HUB_TEST_REDIS_PORT, 16379    |
| Kafka      | HUB_TEST_KAFKA_URL                        | HUB_TEST_KAFKA_PORT, 19092 (its controller one above) |
| Chromium   | HUB_TEST_CHROMIUM                         | |

A default port that someone else holds (another checkout, say) is replaced by a free one. With CI=true a part that
cannot be had makes `up` fail; else it is only told, and its tests are skipped.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.servers import (
    REPOSITORY,
    KafkaBroker,
    PostgresServer,
    RedisServer,
    Server,
    ServiceUnavailable,
    can_listen,
    free_port,
    kafka_libs,
    need_java,
    need_postgres,
    need_program,
)

STATE = REPOSITORY / ".run" / "services"
ENV_FILE = STATE / "env"
IN_CI = os.environ.get("CI") in ("1", "true")


def addresses() -> dict[str, str]:
    """HUB_TEST_... as `up` wrote them down; what the environment says of them counts more."""
    lines = ENV_FILE.read_text().splitlines() if ENV_FILE.exists() else []
    recorded = dict(line.split("=", 1) for line in lines)
    return recorded | {name: value for name, value in os.environ.items() if name.startswith("HUB_TEST_")}


@dataclass(frozen=True)
class Service:
    kind: type[PostgresServer | RedisServer | KafkaBroker]
    key: str  # HUB_TEST_<key>_URL, HUB_TEST_<key>_PORT
    default_port: int
    check: Callable[[], object]  # raises ServiceUnavailable when its programs are missing
    packages: tuple[str, ...]  # Debian's

    def server(self, port: int | None = None) -> Server:
        """The one shared server of this checkout, running or not."""
        port_path = STATE / f"{self.kind.name.lower()}.port"
        if port is not None:
            port_path.write_text(str(port))
        elif port_path.exists():
            port = int(port_path.read_text())
        port = port or self.default_port
        folder = STATE / self.kind.name.lower()
        if self.kind is KafkaBroker:
            return KafkaBroker(folder, port, controller_port=port + 1, tied=False)
        return self.kind(folder, port, tied=False)

    def free_port(self) -> int:
        wanted = os.environ.get(f"HUB_TEST_{self.key}_PORT")
        span = 2 if self.kind is KafkaBroker else 1
        port = int(wanted or self.default_port)
        while not all(can_listen(port + i) for i in range(span)):
            if wanted:
                raise ServiceUnavailable(f"port {wanted} (HUB_TEST_{self.key}_PORT) is taken")
            port = free_port()
        return port


def find_chromium() -> Path:
    """The system's own; a downloaded one would not fit every machine, and CI could not have it."""
    for name in (os.environ.get("HUB_TEST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return Path(found)
    raise ServiceUnavailable("Chromium is not installed (Debian: apt-get install chromium)")


def _check_kafka() -> None:
    need_java()
    if not kafka_libs().exists():
        need_program("mvn", "maven")


SERVICES = (
    Service(PostgresServer, "DATABASE", 15432, need_postgres, ("postgresql",)),
    Service(RedisServer, "REDIS", 16379, lambda: need_program("redis-server", "redis-server"), ("redis-server",)),
    Service(KafkaBroker, "KAFKA", 19092, _check_kafka, ("default-jre-headless", "maven")),
)
CHROMIUM_PACKAGES = ("chromium", "fonts-dejavu-core")  # a browser without a font draws Vietnamese as boxes


async def up() -> int:
    install_missing()
    parts = await asyncio.gather(*map(_up_one, SERVICES), return_exceptions=True)
    lines, missing = [], []
    for service, part in zip(SERVICES, parts, strict=True):
        if isinstance(part, ServiceUnavailable):
            missing.append(f"{service.kind.name}: {part}")
        elif isinstance(part, BaseException):
            raise part
        else:
            lines.append(f"HUB_TEST_{service.key}_URL={part}")
    try:
        lines.append(f"HUB_TEST_CHROMIUM={find_chromium()}")
    except ServiceUnavailable as reason:
        missing.append(f"Chromium: {reason}")
    ENV_FILE.write_text("".join(f"{line}\n" for line in lines))
    print(*lines, sep="\n")
    for part_and_reason in missing:
        _say(part_and_reason)
    if missing:
        _say("CI=true: nothing may be missing" if IN_CI else "the tests of these parts will be skipped")
    return 1 if missing and IN_CI else 0


async def down() -> int:
    await asyncio.gather(*(service.server().remove() for service in SERVICES))
    ENV_FILE.unlink(missing_ok=True)
    return 0


async def status() -> int:
    running = []
    for service in SERVICES:
        server = service.server()
        running.append(server.alive)
        where = f"{server.url} (pid {server.pid}, {server.folder})" if server.alive else "not running"
        print(f"{server.name:<11} {where}")
    return 0 if all(running) else 1


async def env() -> int:
    if not ENV_FILE.exists():
        _say("nothing is up; see `tools/services up`")
        return 1
    print(ENV_FILE.read_text(), end="")
    return 0


async def throwaway(name: str) -> int:
    """A second server to be killed by hand; gone, with its data, when this ends (Ctrl-C)."""
    kind = next(service.kind for service in SERVICES if service.kind.name.lower() == name)
    server = kind(Path(tempfile.mkdtemp(prefix="onethread-")))
    try:
        await server.start()
        print(f"{server.url}  pid {server.pid}  log {server.log_path}", flush=True)
        while server.alive:
            await asyncio.sleep(0.5)
    finally:
        await server.remove()
    return 0


async def _up_one(service: Service) -> str:
    """Its address. Raises ServiceUnavailable."""
    if given := os.environ.get(f"HUB_TEST_{service.key}_URL"):
        return given
    server = service.server()
    if server.alive:
        await server.wait_ready()
        return server.url
    service.check()
    await server.remove()
    server = service.server(service.free_port())
    began = time.monotonic()
    await server.start()
    _say(f"{server.name} is up on port {server.port} after {time.monotonic() - began:.1f} s")
    return server.url


def install_missing() -> None:
    """Asks apt-get for what is missing, when we may; says nothing otherwise, for `up` will name what stays missing."""
    wanted = [package for service in SERVICES if _is_missing(service.check) for package in service.packages]
    wanted += CHROMIUM_PACKAGES if _is_missing(find_chromium) else ()
    if not wanted or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    _say(f"installing {' '.join(wanted)}")
    # RUNLEVEL=1 keeps Debian from starting its own PostgreSQL and Redis, which nobody here asked for.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *wanted]):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            _say(f"{' '.join(command)} failed:\n{done.stderr[-1500:]}")


def _is_missing(check: Callable[[], object]) -> bool:
    try:
        check()
    except ServiceUnavailable:
        return True
    return False


def _say(words: str) -> None:
    print(f"services: {words}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/services", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "env"):
        commands.add_parser(name)
    names = [service.kind.name.lower() for service in SERVICES]
    commands.add_parser("throwaway").add_argument("name", choices=names)
    arguments = parser.parse_args()
    if arguments.command == "throwaway":
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # being told to end cleans up as Ctrl-C does
        try:
            return asyncio.run(throwaway(arguments.name))
        except KeyboardInterrupt:
            return 0
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds everything up
        return asyncio.run({"up": up, "down": down, "status": status, "env": env}[arguments.command]())


if __name__ == "__main__":
    sys.exit(main())
