"""`hub numbers`: what it prints, and that no input upsets it."""

import json
import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.assembly.numbers import LINE_MAX_BYTES, answer, lines
from hub.events.common import TEXT_MAX_CHARS

HUB = [sys.executable, "-c", "from hub.cli import main; main()", "numbers"]


def told(source: bytes) -> list[dict[str, Any]]:
    out = BytesIO()
    answer(BytesIO(source), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_is_answered_by_one_object() -> None:
    source = "còn hàng k\nsđt e 0912.345.678, số chồng e O987654312\r\n\nmail Lan@Example.vn"
    assert told(source.encode()) == [
        {"line": 1, "finds": []},
        {
            "line": 2,
            "finds": [
                {"kind": "phone", "value": "+84912345678", "span": [6, 18], "role": "own", "strength": "claimed"},
                {"kind": "phone", "value": "+84987654312", "span": [31, 41], "role": "other", "strength": "masked"},
            ],
        },
        {"line": 3, "finds": []},
        {
            "line": 4,
            "finds": [
                {"kind": "email", "value": "lan@example.vn", "span": [5, 19], "role": "own", "strength": "claimed"}
            ],
        },
    ]


def test_what_is_no_utf_8_is_read_around_and_said() -> None:
    (line,) = told(b"\xff\xfe s\xc4\x91t 0912345678 \x00\n")
    assert line["broken"] is True
    assert [find["span"] for find in line["finds"]] == [[7, 17]]
    assert told("\ufffd 0912345678\n".encode())[0].keys() == {"line", "finds"}


@pytest.mark.parametrize("filler", [b"a", "ạ".encode(), b"\x00", b"\xff"])
def test_a_huge_line_is_cut_and_the_next_one_is_read(filler: bytes) -> None:
    huge = filler * (2 * LINE_MAX_BYTES // len(filler))
    first, second = told(huge + b" 0912345678\n0987654312\n")
    assert first == {"line": 1, "finds": [], "cut": True} | ({"broken": True} if "broken" in first else {})
    assert [find["value"] for find in second["finds"]] == ["+84987654312"]


@given(st.binary(max_size=200))
def test_no_bytes_upset_it(source: bytes) -> None:
    answers = told(source)
    assert [line["line"] for line in answers] == list(range(1, len(answers) + 1))
    texts = [line.text for line in lines(BytesIO(source))]
    for text, line in zip(texts, answers, strict=True):
        assert len(text) <= TEXT_MAX_CHARS
        assert all(0 <= find["span"][0] < find["span"][1] <= len(text) for find in line["finds"])


def test_the_command_reads_a_pipe_and_answers_at_once() -> None:
    with subprocess.Popen(HUB, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as hub:
        assert hub.stdin is not None
        assert hub.stdout is not None
        hub.stdin.write("số em 0912345678\n".encode())
        hub.stdin.flush()
        assert json.loads(hub.stdout.readline())["finds"][0]["value"] == "+84912345678"
        hub.stdin.close()
        assert hub.wait(timeout=30) == 0


def test_nobody_who_reads_on_is_no_error() -> None:
    with subprocess.Popen(HUB, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as hub:
        assert hub.stdin is not None
        assert hub.stdout is not None
        assert hub.stderr is not None
        hub.stdout.close()
        _, said = hub.communicate(b"0912345678\n" * 1000, timeout=30)
        assert (hub.returncode, said) == (0, b"")
