"""Files from visitors and to them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bench.simulators.serving import PNG
from bench.simulators.webchat import Refused, ScriptedVisitor
from hub.events import Attachment, AttachmentKind
from tests.connectors.webchat.house import House


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[ScriptedVisitor]:
    visitor = house.visitor()
    await visitor.arrive()
    yield visitor
    await visitor.leave()


async def test_a_picture_is_stored_shown_and_loads_from_its_link(house: House, visitor: ScriptedVisitor) -> None:
    ticket = await visitor.upload(PNG, "máy lạnh.png")
    await visitor.say("", attachments=[ticket])
    await visitor.until(lambda v: len(v.messages) == 1)
    (entry,) = await house.entries()
    (kept,) = entry.attachments
    assert (kept.kind, kept.name, kept.mime, kept.size_bytes) == (
        AttachmentKind.IMAGE,
        "máy lạnh.png",
        "image/png",
        len(PNG),
    )
    (shown,) = visitor.messages[1]["attachments"]
    async with aiohttp.ClientSession() as session, session.get(house.url + shown["url"]) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_agents_picture_reaches_the_visitor(house: House, visitor: ScriptedVisitor) -> None:
    ticket = await visitor.upload(PNG, "a.png")
    await visitor.say("gửi shop", attachments=[ticket])
    await visitor.until(lambda v: len(v.messages) == 1)
    (entry,) = await house.entries()
    await house.reply(visitor, None, attachments=entry.attachments)
    await visitor.until(lambda v: len(v.messages) == 2)
    assert visitor.messages[2]["attachments"][0]["url"].startswith("/media/")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ" + b"\0" * 100, "a.png.exe"),
        (b"MZ" + b"\0" * 100, "a.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg"),
        (b"<html><script>alert(1)</script></html>", "a.jpg"),
        (b"plain words", "a.pdf"),
        (b"", "a.png"),
        (b"PK\x03\x04" + b"\0" * 100, "a.docx"),
    ],
)
async def test_a_file_is_what_its_bytes_are_and_few_kinds_are_taken(
    visitor: ScriptedVisitor, content: bytes, name: str
) -> None:
    with pytest.raises(Refused) as refused:
        await visitor.upload(content, name)
    assert refused.value.code == "file_kind"


async def test_a_name_from_outside_is_made_harmless(house: House, visitor: ScriptedVisitor) -> None:
    ticket = await visitor.upload(PNG, "../../etc/\u202egnp.exe\r\nX: y\0.png")
    await visitor.say("", attachments=[ticket])
    await visitor.until(lambda v: len(v.messages) == 1)
    name = visitor.messages[1]["attachments"][0]["name"]
    assert not set(name) & set('/\\\r\n\0\u202e"')


async def test_a_picture_larger_than_ten_megabytes_is_refused(visitor: ScriptedVisitor) -> None:
    with pytest.raises(Refused) as refused:
        await visitor.upload(PNG + b"\0" * (10 * 1024 * 1024), "a.png")
    assert refused.value.code == "file_too_large"


async def test_a_ticket_is_good_for_the_visitor_who_made_it(house: House, visitor: ScriptedVisitor) -> None:
    ticket = await visitor.upload(PNG, "a.png")
    other = house.visitor()
    await other.arrive()
    for stolen in (ticket, "x", other.access, Attachment(kind=AttachmentKind.FILE, blob="ab").model_dump_json()):
        with pytest.raises(Refused) as refused:
            await other.say("của tôi", attachments=[stolen])
        assert refused.value.code in ("upload_unknown", "token_refused")
        await other.leave()
        await other.arrive()
    assert await house.texts() == []
    await other.leave()


async def test_uploads_have_an_hourly_limit_and_can_be_switched_off(house: House, visitor: ScriptedVisitor) -> None:
    await house.change(uploads_per_hour=1)
    await visitor.upload(PNG, "a.png")
    with pytest.raises(Refused) as refused:
        await visitor.upload(PNG, "a.png")
    assert refused.value.code == "too_fast"
    await house.change(uploads=False)
    with pytest.raises(Refused) as refused:
        await visitor.upload(PNG, "a.png")
    assert refused.value.code == "uploads_off"
