"""Secrets in the settings of a channel account go in and never come out. Pure.

Which ones they are, the JSON Schema says: `writeOnly`, as pydantic writes for SecretStr, alone or among alternatives.
"""

from collections.abc import Mapping
from typing import Any


def secret_names(schema: Mapping[str, Any]) -> frozenset[str]:
    """Names of the top-level properties that are secrets or hold some."""
    definitions = schema.get("$defs", {})
    return frozenset(
        name for name, part in schema.get("properties", {}).items() if _is_secret(part, definitions, depth=0)
    )


def without_secrets(settings: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """(what may be shown, names of the secrets that are set)."""
    hidden = secret_names(schema)
    shown = {name: value for name, value in settings.items() if name not in hidden}
    return shown, tuple(sorted(name for name in hidden if settings.get(name)))


def with_secrets_kept(given: Mapping[str, Any], stored: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with the stored secrets that it leaves out."""
    kept = {name: stored[name] for name in secret_names(schema) if name in stored and name not in given}
    return {**kept, **given}


def _is_secret(part: Mapping[str, Any], definitions: Mapping[str, Any], *, depth: int) -> bool:
    """A nested object with a secret in it counts as a whole: half an object cannot be kept."""
    if depth > 8:
        return True  # deeper than any settings of ours: better hidden than shown
    if part.get("writeOnly") or part.get("format") == "password":
        return True
    if "$ref" in part:
        part = definitions.get(str(part["$ref"]).rpartition("/")[2], {})
    inner = [*part.get("properties", {}).values(), *part.get("anyOf", ()), *part.get("oneOf", ())]
    inner += [part[name] for name in ("items", "additionalProperties") if isinstance(part.get(name), Mapping)]
    return any(_is_secret(one, definitions, depth=depth + 1) for one in inner)
