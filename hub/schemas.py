"""The published events as JSON Schemas (docs/generated/events) and as one AsyncAPI 3.0 document, made from the classes.

A published type never changes in a way that makes an old log entry unreadable. `breaks` compares what stands in the
repository with what would be written, and the generator refuses: give the event a new version (`…v2`) instead. Before
its first release an event may change all the same: delete its file, then generate.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from hub.events import TOPICS, Envelope, EventData, registry

FOLDER = "docs/generated/events"
ASYNCAPI = "docs/generated/asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REPOSITORY = Path(__file__).parent.parent
TOPIC_KEYS = {
    "touchpoints": "channel account and channel identity",
    "conversations": "conversation",
    "routing": "routing pool",
    "outbound": "channel account and channel identity",
    "dead-letters": "as the original",
}

Schema = Mapping[str, Any]


class _Untitled(GenerateJsonSchema):
    """Titles made from field names say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def files() -> dict[str, bytes]:
    """For tools/generate.py. Raises SystemExit for a change that would make old entries unreadable."""
    made = {f"{FOLDER}/{name}.json": _schema(name, cls) for name, cls in sorted(registry().items())}
    broken = [fault for path, schema in made.items() for fault in _broken(REPOSITORY / path, schema)]
    if broken:
        raise SystemExit(
            "a published event changed; give it a new version:\n" + "\n".join(f"  {one}" for one in broken)
        )
    return {path: _bytes(schema) for path, schema in made.items()} | {ASYNCAPI: _bytes(asyncapi())}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why some entry that fits `old` would not fit `new`; empty when none is known."""
    return list(_narrowed(old, new, old, new, "event", frozenset()))


def asyncapi() -> dict[str, Any]:
    """Topics as channels, published types as messages; what they share stands once, among the components."""
    types = sorted(registry().items())
    pairs: list[tuple[type[BaseModel], JsonSchemaMode]] = [(_envelope(cls), "validation") for _, cls in types]
    references, shared = models_json_schema(
        pairs, ref_template="#/components/schemas/{model}", schema_generator=_Untitled
    )
    messages = {name: _message(cls, references[pair]) for (name, cls), pair in zip(types, pairs, strict=True)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "OneThread events",
            "version": "1",
            "description": "Facts in the past, CloudEvents 1.0 attribute names around frozen data. Delivered at least "
            "once; events of one key in order.",
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, types) for topic in TOPICS},
        "operations": {
            f"read-{topic}": {"action": "receive", "channel": {"$ref": f"#/channels/{topic}"}} for topic in TOPICS
        },
        "components": {"messages": messages, "schemas": dict(sorted(shared["$defs"].items()))},
    }


def _envelope(cls: type[EventData]) -> type[BaseModel]:
    return cast("type[BaseModel]", cast(Any, Envelope)[cls])


def _schema(name: str, cls: type[EventData]) -> dict[str, Any]:
    schema = _envelope(cls).model_json_schema(mode="validation", schema_generator=_Untitled)
    schema["properties"]["type"] = {"const": name}
    return {"$schema": DIALECT, "title": name} | {k: v for k, v in schema.items() if k != "title"}


def _channel(topic: str, types: list[tuple[str, type[EventData]]]) -> dict[str, Any]:
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name, cls in types if topic == cls.TOPIC}
    return {"address": topic, "description": f"Keyed by {TOPIC_KEYS[topic]}.", "messages": messages}


def _message(cls: type[EventData], schema: Schema) -> dict[str, Any]:
    return {
        "name": cls.TYPE,
        "title": cls.__name__,
        "summary": " ".join((cls.__doc__ or "").split()),
        "payload": {"schemaFormat": f"application/schema+json;version={DIALECT}", "schema": schema},
    }


def _bytes(document: Schema) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def _broken(path: Path, schema: Schema) -> Iterator[str]:
    if path.exists():
        for fault in breaks(orjson.loads(path.read_bytes()), schema):
            yield f"{path.name}: {fault}"


# --- compatibility ---------------------------------------------------------------------------------------------------


def _narrowed(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str, seen: frozenset[str]
) -> Iterator[str]:
    reference = str(old.get("$ref", ""))
    if reference and reference in seen:
        return
    seen |= {reference}
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(old, new, old_root, new_root, where, seen)
        return
    yield from _values(old, new, where)
    yield from _limits(old, new, where)
    yield from _fields(old, new, old_root, new_root, where, seen)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), Mapping) and isinstance(new.get(part), Mapping):
            yield from _narrowed(old[part], new[part], old_root, new_root, f"{where}[]", seen)


def _alternatives(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str, seen: frozenset[str]
) -> Iterator[str]:
    """Each old alternative must still fit one of the new."""
    for one in old.get("anyOf", [old]):
        found = [list(_narrowed(one, other, old_root, new_root, where, seen)) for other in new.get("anyOf", [new])]
        if all(found):
            yield min(found, key=len)[0]


def _values(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if "type" in new and new["type"] != old.get("type") and (old.get("type"), new["type"]) != ("integer", "number"):
        yield f"{where}: was {old.get('type', 'anything')}, would be {new['type']}"
    allowed = _listed(new)
    if allowed is not None:
        gone = [value for value in _listed(old) or ["anything"] if value not in allowed]
        if gone:
            yield f"{where}: {', '.join(map(str, gone))} would not be taken any more"


def _listed(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _limits(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for name in ("maxLength", "maximum", "exclusiveMaximum", "maxItems"):
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{where}: {name} would be {new[name]}"
    for name in ("minLength", "minimum", "exclusiveMinimum", "minItems"):
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{where}: {name} would be {new[name]}"
    for name in ("pattern", "format"):
        if name in new and new[name] != old.get(name):
            yield f"{where}: {name} would be {new[name]}"


def _fields(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str, seen: frozenset[str]
) -> Iterator[str]:
    if "properties" not in old:
        return
    before, after = old["properties"], new.get("properties", {})
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{where}.{name}: would be required"
    for name, part in before.items():
        if name in after:
            yield from _narrowed(part, after[name], old_root, new_root, f"{where}.{name}", seen)
        elif new.get("additionalProperties") is False:
            yield f"{where}.{name}: would not be taken any more"


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Schema = root
    for step in str(reference).removeprefix("#/").split("/"):
        found = found[step]
    return found
