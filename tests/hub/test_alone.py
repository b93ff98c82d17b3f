"""One embedded hub per folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.assembly.alone import LOCK, alone
from hub.errors import Transient
from hub.settings import load


def test_a_second_hub_on_a_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    settings = load(data=tmp_path)
    with alone(settings):
        with pytest.raises(Transient, match=f"process {os.getpid()}"), alone(settings):
            pass
        with pytest.raises(Transient), alone(settings):
            pass
    with alone(settings):
        pass


def test_what_a_killed_hub_left_behind_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("12345")
    with alone(load(data=tmp_path)):
        assert (tmp_path / LOCK).read_text() == str(os.getpid())


def test_the_command_says_who_has_the_folder(tmp_path: Path) -> None:
    hub = Path(sys.executable).with_name("hub")
    with alone(load(data=tmp_path)):
        second = subprocess.run(
            [hub, "run", "--data", tmp_path, "--port", "0"], capture_output=True, text=True, timeout=50, check=False
        )
    assert second.returncode == 69
    assert f"another hub (process {os.getpid()}) runs on {tmp_path}" in second.stderr
    assert "Traceback" not in second.stderr
