"""Published events: their schemas, and that no change makes an old log entry unreadable."""

from typing import Any

import orjson
import pytest

from hub.events import registry
from hub.schemas import ASYNCAPI, FOLDER, asyncapi, breaks, files

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "maxLength": 10},
        "kind": {"enum": ["a", "b"]},
        "place": {"$ref": "#/$defs/Place"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Place"}},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "$defs": {"Place": {"type": "object", "properties": {"x": {"type": "integer", "minimum": 0}}}},
}


def test_every_published_event_has_a_schema_of_its_own() -> None:
    made = files()
    for name in registry():
        schema = orjson.loads(made[f"{FOLDER}/{name}.json"])
        assert schema["title"] == name
        assert schema["properties"]["type"] == {"const": name}
        assert "data" in schema["required"]
    assert ASYNCAPI in made


def test_asyncapi_names_every_event_once_in_its_topic() -> None:
    document = asyncapi()
    placed = [(topic, name) for topic, channel in document["channels"].items() for name in channel["messages"]]
    assert sorted(placed) == sorted((cls.TOPIC, name) for name, cls in registry().items())
    assert set(document["components"]["messages"]) == set(registry())


def test_every_reference_of_the_documents_leads_somewhere() -> None:
    for content in files().values():
        document = orjson.loads(content)
        for reference in _references(document):
            found: Any = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
            assert isinstance(found, dict)


def test_what_stays_the_same_breaks_nothing() -> None:
    assert breaks(SCHEMA, SCHEMA) == []


@pytest.mark.parametrize(
    "change",
    [
        {"properties": SCHEMA["properties"] | {"more": {"type": "string"}}},
        {"required": []},
        {"properties": SCHEMA["properties"] | {"kind": {"enum": ["a", "b", "c"]}}},
        {"properties": SCHEMA["properties"] | {"text": {"type": "string", "maxLength": 20}}},
        {"properties": SCHEMA["properties"] | {"text": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
    ],
)
def test_what_takes_more_breaks_nothing(change: dict[str, Any]) -> None:
    assert breaks(SCHEMA, SCHEMA | change) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"required": ["text", "kind"]}, "event.kind: would be required"),
        ({"properties": {"text": {"type": "string", "maxLength": 10}}}, "event.kind: would not be taken any more"),
        ({"properties": SCHEMA["properties"] | {"kind": {"enum": ["a"]}}}, "event.kind: b would not"),
        ({"properties": SCHEMA["properties"] | {"text": {"type": "string", "maxLength": 9}}}, "event.text: maxLength"),
        ({"properties": SCHEMA["properties"] | {"text": {"type": "integer"}}}, "event.text: was string"),
        ({"properties": SCHEMA["properties"] | {"maybe": {"type": "string"}}}, "event.maybe: was null"),
        ({"$defs": {"Place": {"type": "object", "properties": {"x": {"type": "integer", "minimum": 1}}}}}, "event.p"),
    ],
)
def test_what_takes_less_is_found(change: dict[str, Any], fault: str) -> None:
    found = breaks(SCHEMA, SCHEMA | change)
    assert any(one.startswith(fault) for one in found), found


def test_a_schema_that_refers_to_itself_is_compared_to_its_end() -> None:
    nested: dict[str, Any] = {
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}}},
    }
    assert breaks(nested, nested) == []


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []
