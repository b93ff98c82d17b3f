"""What tests look for on a console's screen and in the API's answers."""

from tests.flow.console import Console, Json
from tests.flow.town import Person


def open_of(console: Console, person: Person) -> Json | None:
    """The row of the open conversation of the person, known by telephone."""
    for row in console.screen.rows.values():
        if row["customer_phone"] == person.e164 and row["status"] != "closed":
            return row
    return None


def row_saying(console: Console, text: str) -> Json | None:
    """The row whose last line holds the text."""
    for row in console.screen.rows.values():
        if row["preview"] and text in row["preview"]["text"]:
            return row
    return None


def row(console: Console, conversation_id: str) -> Json:
    found: Json = console.screen.rows[conversation_id]
    return found


def timeline(detail: Json) -> list[Json]:
    """From top to bottom; the hub must have sorted it."""
    entries: list[Json] = detail["timeline"]["touchpoints"]
    assert entries == sorted(entries, key=lambda entry: int(entry["number"]))
    return entries


async def whole_timeline(console: Console, conversation_id: str) -> list[Json]:
    """Page by page, from top to bottom."""
    page = (await console.get(f"/conversations/{conversation_id}"))["timeline"]
    entries: list[Json] = page["touchpoints"]
    while page["before"] is not None:
        page = await console.get(f"/conversations/{conversation_id}/timeline", before=page["before"], limit=100)
        entries = page["touchpoints"] + entries
    numbers = [int(entry["number"]) for entry in entries]
    assert numbers == sorted(set(numbers))
    return entries


def texts(detail: Json) -> list[str | None]:
    return [entry["text"] for entry in timeline(detail)]


def identity(detail: Json, channel: str) -> Json:
    """The customer's only identity on the channel."""
    (found,) = (each for each in detail["customer"]["identities"] if each["channel"] == channel)
    return dict(found)


def why_of(detail: Json) -> dict[str, str]:
    """Channel -> why its identity was joined; the first one has no why."""
    identities = detail["customer"]["identities"]
    return {each["channel"]: each["why"]["code"] for each in identities if each["why"]}


def entry(console: Console, touchpoint_id: str) -> Json | None:
    """A timeline entry, wherever it stands."""
    for entries in console.screen.entries.values():
        if touchpoint_id in entries:
            return entries[touchpoint_id]
    return None


def delivery(console: Console, touchpoint_id: str) -> str:
    """Where a reply stands, as the console knows it."""
    found = entry(console, touchpoint_id)
    return found["delivery"]["state"] if found else "not shown"


def deliveries_heard(console: Console, touchpoint_id: str) -> list[str]:
    """The states of a reply in the order the live events told them."""
    states = []
    for kind, message in console.heard:
        touchpoint = message.get("event", {}).get("touchpoint") if kind == "event" else None
        if touchpoint and touchpoint["id"] == touchpoint_id:
            states.append(touchpoint["delivery"]["state"])
    return [state for place, state in enumerate(states) if place == 0 or states[place - 1] != state]
