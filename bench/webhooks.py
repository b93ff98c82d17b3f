"""Facebook webhooks made beforehand: what customers of a shop write, signed, as whole HTTP requests."""

import hashlib
import hmac
import itertools
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ACCOUNT_ID = "fb-bench"
PAGE_ID = "104200000000777"
APP_ID = "512000000000777"
APP_SECRET = "bench-app-secret-of-the-page"
PATH = f"/webhooks/facebook/{ACCOUNT_ID}"

# One in LINES_WITH_PHONE lines carries the writer's telephone number, as people write it.
LINES_WITH_PHONE = 50
LINES = (
    "Shop ơi cho mình hỏi cái áo này còn size M không ạ?",
    "Đơn hàng của em đặt từ hôm thứ hai mà giờ vẫn chưa thấy giao",
    "ok shop",
    "Giá bao nhiêu vậy ạ",
    "Mình muốn đổi màu xanh, đơn 2411A0087, bạn tư vấn hứa đổi trong 7 ngày mà gọi hotline mãi không ai nghe máy",
    "Cửa hàng ở Cầu Giấy mấy giờ đóng cửa?",
    "Tks shop nhiều 😍",
    "is the blue one still available?",
    "Cho mình xin địa chỉ shop với",
    "Ship về Đà Nẵng mất mấy ngày ạ",
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One message of one customer. `number` is its place in its run; its text ends in both: " #2.17"."""

    run: int
    number: int
    psid: str
    mid: str
    text: str
    body: bytes

    def request(self, port: int) -> bytes:
        """The whole HTTP request."""
        return http_post(port, PATH, self.body, {"X-Hub-Signature-256": signature(self.body)})


def messages(count: int, *, people: int, run: int = 1) -> list[Webhook]:
    """`count` messages of `people` customers, who take turns at random but for the first round: everybody writes.

    Another `run` is other messages of the same customers.
    """
    return list(itertools.islice(_endless(random.Random(run), people, run), count))


def _endless(rng: random.Random, people: int, run: int) -> Iterator[Webhook]:
    for number in itertools.count():
        person = number if number < people else rng.randrange(people)
        line = rng.choice(LINES)
        if number % LINES_WITH_PHONE == LINES_WITH_PHONE - 1:
            line = f"sđt của mình {phone_of(person)} nhé shop"
        yield message(number, psid_of(person), f"{line} #{run}.{number}", run)


def psid_of(person: int) -> str:
    return f"{7_000_000_000 + person}"


def message(number: int, psid: str, text: str, run: int) -> Webhook:
    now_ms = time.time_ns() // 1_000_000
    mid = f"m_bench_{run}_{number}"
    item: dict[str, Any] = {
        "sender": {"id": psid},
        "recipient": {"id": PAGE_ID},
        "timestamp": now_ms,
        "message": {"mid": mid, "text": text},
    }
    payload = {"object": "page", "entry": [{"id": PAGE_ID, "time": now_ms, "messaging": [item]}]}
    return Webhook(run, number, psid, mid, text, json.dumps(payload, separators=(",", ":")).encode())


def number_in(text: str, run: int) -> int | None:
    """Which message of this run a text is; None: none of it."""
    head, mark, number = text.rpartition(f" #{run}.")
    return int(number) if mark and head and number.isdecimal() else None


def phone_of(person: int) -> str:
    """A mobile number of a range that operators have assigned, each person their own."""
    digits = f"{person % 10_000_000:07d}"
    return f"098{digits[0]}.{digits[1:4]}.{digits[4:]}"


def signature(body: bytes) -> str:
    """X-Hub-Signature-256, as Meta's "Validating Payloads" has it."""
    return "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()


def http_post(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{head}\r\n"
    ).encode() + body


def account_settings(graph_url: str) -> dict[str, str]:
    """Of the channel account that these webhooks belong to. `graph_url`: where it would send replies."""
    return {
        "page_id": PAGE_ID,
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "page_access_token": "EAAbenchPageToken",
        "verify_token": "bench-verify-token",
        "graph_url": graph_url,
    }
