"""Processes that rigs measure: started, watched, killed, and never left behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.report import CannotMeasure
from tools.servers import REPOSITORY

READY_S = 30.0
POLL_S = 0.005
STOP_S = 15.0
LOG_END_CHARS = 2000


class Program:
    """A command of this environment, behind a port of its own, ready once `/readyz` says 200. It dies with us, however
    we end."""

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        ready_s: float = READY_S,
    ) -> None:
        self.port = port
        self._command = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        self._log = log
        self._ready_s = ready_s
        self._environment = dict(environment or {})
        self._child: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Seconds until it was ready. Raises CannotMeasure with the end of its log."""
        began = time.monotonic()
        self.spawn()
        while not await self.is_ready():
            if self._child is None or self._child.poll() is not None:
                raise CannotMeasure(f"{' '.join(self._command)} ended while starting:\n{self.log_end()}")
            if time.monotonic() - began > self._ready_s:
                self.kill9()
                raise CannotMeasure(
                    f"{' '.join(self._command)} was not ready in {self._ready_s:g} s:\n{self.log_end()}"
                )
            await asyncio.sleep(POLL_S)
        return time.monotonic() - began

    def spawn(self) -> None:
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                [*tied, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
                env={**_clean_environment(), **self._environment},
                start_new_session=True,
            )

    async def is_ready(self) -> bool:
        """One question to /readyz, without an HTTP client: starting is measured in milliseconds."""
        try:
            async with asyncio.timeout(2.0):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return (await reader.readline()).startswith(b"HTTP/1.1 200")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False

    def kill9(self) -> None:
        """Gone when this returns. A no-op when it is not running."""
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()
            self._child = None

    def pause(self) -> None:
        """It does nothing and answers nobody until `go_on`, and knows of no pause."""
        if self._child is not None:
            self._child.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        if self._child is None:
            raise CannotMeasure("the process is not running")
        return self._child.pid

    async def stop(self) -> None:
        """An orderly end, or after STOP_S none. A no-op when it is not running."""
        if self._child is None:
            return
        self._child.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_S
        while self._child.poll() is None and time.monotonic() < until:
            await asyncio.sleep(0.02)
        self.kill9()

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def memory_mib(self) -> float:
        """Resident at this moment."""
        for line in self._proc("status").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise CannotMeasure("the process has no memory: it has ended")

    def cpu_s(self) -> float:
        """User and system time so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_end(self) -> str:
        return self._log.read_text(errors="replace")[-LOG_END_CHARS:] if self._log.exists() else ""

    def _proc(self, name: str) -> str:
        if self._child is None:
            raise CannotMeasure("the process is not running")
        return Path(f"/proc/{self._child.pid}/{name}").read_text()


def _clean_environment() -> dict[str, str]:
    """Ours, without settings that were meant for another hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
