"""PostgreSQL, Redis and Kafka as plain processes on loopback: for `tools/services` and for tests that kill them.

Standard library only. A server is one folder and one port; both outlive kill9(), so start() after it is what a
machine's restart would be. Nothing here is fit for production: PostgreSQL runs without fsync, everything without
passwords.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

HOST = "127.0.0.1"
POLL_S = 0.03
REPOSITORY = Path(__file__).resolve().parent.parent


class ServiceUnavailable(Exception):
    """Says in plain words what is missing or did not work; shown to a person and used as the reason of a skip."""


class Server(ABC):
    """One process of our own. Not thread-safe; start, stop and restart are for one caller at a time.

    `tied=True` ends the server when the process that started it ends, however that happens; `tied=False` leaves it
    running for others, found again by its pid file.
    """

    name: ClassVar[str]
    ready_s: ClassVar[float] = 30.0
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, port: int | None = None, *, tied: bool = True) -> None:
        self.folder = folder
        self.port = port if port is not None else free_port()
        self.tied = tied
        self._user: str | None = None  # whom the process runs as; None: as we do
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """As the hub's settings want it."""

    @abstractmethod
    async def prepare(self) -> Sequence[str | Path]:
        """Make the folder ready (a no-op after the first time) and say which command serves it."""

    @abstractmethod
    async def answers(self) -> bool:
        """Does it do real work for a client now? An open port is not enough."""

    async def start(self) -> None:
        """Returns once clients are served. Raises ServiceUnavailable with the end of the log when that fails."""
        if self.alive:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(part) for part in await self.prepare()]
        if self.tied and (setpriv := shutil.which("setpriv")):
            command = [setpriv, "--pdeathsig", "KILL", "--", *command]
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True, **_as_user(self._user),
            )  # fmt: skip
        self._pid_path.write_text(f"{self._child.pid} {_started(self._child.pid)}")
        await self.wait_ready()

    async def wait_ready(self) -> None:
        deadline = time.monotonic() + self.ready_s
        while not await self._answers_soon():
            if not self.alive:
                raise ServiceUnavailable(f"{self.name} ended while starting:\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise ServiceUnavailable(f"{self.name} gave no answer in {self.ready_s:g} s:\n{self._log_end()}")
            await asyncio.sleep(POLL_S)

    async def stop(self) -> None:
        """An orderly end; a no-op when it is not running."""
        self._signal(self.stop_signal)
        deadline = time.monotonic() + 15.0
        while self.alive and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
        self.kill9()

    def kill9(self) -> None:
        """Power off: SIGKILL to the process and its children, gone when this returns. A no-op when not running."""
        pids = [pid, *_children(pid)] if (pid := self.pid) is not None else []
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._child is not None:
            self._child.wait()
        while any(_running(pid) for pid in pids):
            time.sleep(0.001)
        self._child = None
        self._pid_path.unlink(missing_ok=True)

    async def restart(self) -> None:
        """Start over the same folder and port, whether it was stopped, was killed or still runs."""
        await self.stop()
        await self.start()

    async def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pause(self) -> None:
        """SIGSTOP: alive for the kernel, deaf for clients. Children go on, as they do when a machine swaps."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """None when it is not running. A pid that was given to another process since is not ours."""
        try:
            pid, started = self._pid_path.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if _running(int(pid)) and _started(int(pid)) == started else None

    @property
    def alive(self) -> bool:
        if self._child is not None:
            self._child.poll()  # reaps it, or it would stay a zombie
        return self.pid is not None

    @property
    def log_path(self) -> Path:
        return self.folder / f"{self.name.lower()}.log"

    @property
    def _pid_path(self) -> Path:
        return self.folder / "pid"

    async def _answers_soon(self) -> bool:
        try:
            async with asyncio.timeout(2.0):
                return await self.answers()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    def _signal(self, number: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _log_end(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self.log_path.read_text(errors="replace")[-2000:]
        return "(no log)"


class RedisServer(Server):
    name = "Redis"

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    async def prepare(self) -> Sequence[str | Path]:
        return [
            need_program("redis-server", "redis-server"), "--port", str(self.port), "--bind", HOST, "--save", "",
            "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--dir", self.folder,
            "--databases", "1024",
        ]  # fmt: skip

    async def answers(self) -> bool:
        return (await _ask(self.port, b"PING\r\n", 5)).startswith(b"+PONG")


class PostgresServer(Server):
    """Trusts everyone on loopback. PostgreSQL refuses root, so root runs it as `postgres` or `nobody`; when that user
    cannot reach `folder`, one of its own below /var/tmp stands in for it."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends the sessions, then itself

    def __init__(
        self, folder: Path, port: int | None = None, *, tied: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, port, tied=tied)
        self.settings = {
            "listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": "", "max_connections": "300",
            "shared_buffers": "128MB", "jit": "off", "fsync": "off", "synchronous_commit": "off",
            "full_page_writes": "off", "max_wal_size": "512MB", "timezone": "UTC", **(settings or {}),
        }  # fmt: skip
        if os.geteuid() == 0:
            self._user = _first_user("postgres", "nobody")
            self.folder = _reachable(folder, self._user)

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://postgres@{HOST}:{self.port}/postgres"

    async def prepare(self) -> Sequence[str | Path]:
        programs, data = need_postgres(), self.folder / "data"
        if self._user is not None:
            _hand_over(self.folder, self._user)
        if not (data / "PG_VERSION").exists():
            await self._init(programs / "initdb", data)
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        return [programs / "postgres", "-D", data, *options]

    async def start(self) -> None:
        """After kill9() PostgreSQL may refuse for a moment, until the kernel has let go of the dead one's memory."""
        deadline = time.monotonic() + 5.0
        while True:
            try:
                await super().start()
            except ServiceUnavailable as refused:
                if time.monotonic() > deadline or "is still in use" not in str(refused):
                    raise
                await asyncio.sleep(0.1)
            else:
                return

    async def answers(self) -> bool:
        parameters = b"user\0postgres\0database\0postgres\0\0"
        hello = struct.pack("!ii", 8 + len(parameters), 196608) + parameters  # protocol 3.0
        return (await _ask(self.port, hello, 1)) == b"R"  # "authentication: ok"; an error would begin with E

    async def _init(self, initdb: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)
        await _run(
            [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            cwd=self.folder, user=self._user,
        )  # fmt: skip


class KafkaBroker(Server):
    """A broker and its controller in one JVM (KRaft), fetched by Maven once per user. It makes no topic unasked."""

    name = "Kafka"
    ready_s = 60.0
    version: ClassVar[str] = re.findall(r"<kafka.version>(.+?)<", (REPOSITORY / "tools/kafka/pom.xml").read_text())[0]
    cluster_id: ClassVar[str] = "126SUkqo2kpAQKBMQCY88g"  # any 16 bytes in base64url

    def __init__(
        self, folder: Path, port: int | None = None, *, controller_port: int | None = None, tied: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(folder, port, tied=tied)
        self.controller_port = controller_port if controller_port is not None else free_port()
        self.settings = dict(settings or {})

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"kafka://{self.bootstrap}"

    async def prepare(self) -> Sequence[str | Path]:
        java, libs = need_java(), await fetch_kafka()
        properties = self.folder / "server.properties"
        properties.write_text(self._properties())
        (self.folder / "log4j2.properties").write_text(_LOG4J)
        jvm: list[str | Path] = [
            java, "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=192m", "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=128m", "-Xss512k", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true",
            f"-Dkafka.logs.dir={self.folder}", f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            f"-Djava.io.tmpdir={self.folder}", "-cp", f"{libs}/*",
        ]  # fmt: skip
        if not (self.folder / "data/meta.properties").exists():
            await _run(
                [*jvm, "kafka.tools.StorageTool", "format", "--standalone", "-t", self.cluster_id, "-c", properties],
                cwd=self.folder,
            )
        return [*jvm, "kafka.Kafka", properties]

    async def answers(self) -> bool:
        """The port opens before the broker has registered; only then does Metadata (version 0) list it."""
        request = struct.pack("!hhih", 3, 0, 1, -1) + struct.pack("!i", 1) + struct.pack("!h", 1) + b"?"
        answer = await _ask(self.port, struct.pack("!i", len(request)) + request, 12)
        brokers: int = struct.unpack("!i", answer[8:12])[0]
        return brokers > 0

    def _properties(self) -> str:
        listeners = f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self.controller_port}"
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"{HOST}:{self.controller_port}",
            "listeners": listeners,
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            "num.partitions": "6",
            "group.initial.rebalance.delay.ms": "0",
            # One node and little memory: the defaults ask for three copies of 50 partitions, and 128 MB to clean them.
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "4",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "background.threads": "2",
            "log.cleaner.dedupe.buffer.size": "8388608",
            "log.segment.bytes": "16777216",
            "log.retention.hours": "2",
            # A killed broker may not come back before its old session has expired: 9 s by default, 12 s till it serves.
            "broker.session.timeout.ms": "1500",
            "broker.heartbeat.interval.ms": "300",
            **self.settings,
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


_LOG4J = """\
status=error
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.c.ref=C
"""


def need_program(program: str, package: str) -> Path:
    if found := shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin:/usr/local/bin"):
        return Path(found)
    raise ServiceUnavailable(f"{program} is not installed (Debian: apt-get install {package})")


def need_postgres() -> Path:
    """The folder of PostgreSQL's own programs, newest first: Debian keeps them off PATH."""
    candidates = [
        Path(found).resolve().parent for program in ("postgres", "pg_ctl") if (found := shutil.which(program))
    ]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    for candidate in candidates:
        if (candidate / "postgres").exists() and (candidate / "initdb").exists():
            return candidate
    raise ServiceUnavailable("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")


def need_java() -> Path:
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin/java") if home else need_program("java", "default-jre-headless")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    major = re.search(r'version "(\d+)', said)
    if major is None or int(major[1]) < 17:
        raise ServiceUnavailable(f"Kafka needs Java 17 or newer; {java} says: {said.strip() or 'nothing'}")
    return java


def kafka_libs() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "onethread" / f"kafka-{KafkaBroker.version}"


async def fetch_kafka() -> Path:
    """The folder of Kafka's jars, filled by Maven when it is not there yet; never half of it, even if two fetch."""
    libs = kafka_libs()
    if not libs.exists():
        maven = need_program("mvn", "maven")
        fresh = libs.with_name(f"{libs.name}.{os.getpid()}")
        await _run(
            [
                maven, "-q", "-B", "-f", REPOSITORY / "tools/kafka/pom.xml", "dependency:copy-dependencies",
                "-DincludeScope=runtime", f"-DoutputDirectory={fresh}",
            ],
            cwd=REPOSITORY,
        )  # fmt: skip
        with contextlib.suppress(OSError):  # another was first; its jars are the same
            fresh.rename(libs)
        shutil.rmtree(fresh, ignore_errors=True)
    return libs


def free_port() -> int:
    """Below the range the kernel takes client ports from, so that nobody gets it while its server is down."""
    while True:
        port = random.randint(20000, 31999)
        if can_listen(port):
            return port


def can_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


async def _ask(port: int, request: bytes, answer_bytes: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        return await reader.readexactly(answer_bytes)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _run(command: Sequence[str | Path], *, cwd: Path, user: str | None = None) -> None:
    """A thread waits for it: asyncio's own subprocesses need a main-thread loop on some systems."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, **_as_user(user),
        )  # fmt: skip

    done = await asyncio.to_thread(run)
    if done.returncode != 0:
        raise ServiceUnavailable(f"{command[0]} failed:\n{done.stdout[-2000:]}")


def _reachable(folder: Path, user: str) -> Path:
    """`folder`, when every folder above it lets others pass; else one of its own below /var/tmp."""
    if all(not above.exists() or above.stat().st_mode & 0o001 for above in folder.absolute().parents):
        return folder
    digest = hashlib.sha256(bytes(folder.absolute())).hexdigest()[:12]
    return Path("/var/tmp") / f"onethread-{user}-{digest}"  # noqa: S108


def _hand_over(folder: Path, user: str) -> None:
    """Refuses what another user laid in wait below /var/tmp."""
    if folder.is_symlink() or folder.stat().st_uid not in (0, pwd.getpwnam(user).pw_uid):
        raise ServiceUnavailable(f"{folder} belongs to someone else; remove it")
    folder.chmod(0o700)
    shutil.chown(folder, user)


def _as_user(user: str | None) -> dict[str, Any]:
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _first_user(*names: str) -> str:
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServiceUnavailable(f"PostgreSQL refuses to run as root, and there is no user {' or '.join(names)}")


def _running(pid: int) -> bool:
    process = _process(pid)
    return process is not None and process[0] not in "ZX"


def _started(pid: int) -> str:
    """Tells a process from a later one that was given the same pid."""
    process = _process(pid)
    return process[2] if process is not None else "never"


def _children(pid: int) -> list[int]:
    if _PROC.exists():
        others = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    else:
        others = [int(word) for word in _ps("-e", "-o", "pid=").split()]
    return [other for other in others if (process := _process(other)) is not None and process[1] == pid]


def _process(pid: int) -> tuple[str, int, str] | None:
    """State letter, parent, start time. None when there is no such process."""
    if _PROC.exists():
        try:
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return fields[0], int(fields[1]), fields[19]
    words = _ps("-o", "stat=,ppid=,lstart=", "-p", str(pid)).split()
    return (words[0][:1], int(words[1]), "-".join(words[2:])) if words else None


def _ps(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


_PROC = Path("/proc") if Path("/proc/self/stat").exists() else Path("/nowhere")
