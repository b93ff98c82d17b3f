"""The OpenAPI 3.1 document, made from the table of routes. Also holds the live messages, for one generated client."""

from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from agent_console.api.routes import PREFIX, ROUTES, Route
from agent_console.live.messages import MESSAGES, TAKEN
from agent_console.permissions import Access
from agent_console.views import Problem

PATH = "docs/generated/openapi.json"
USUAL = {
    400: "The request does not fit",
    429: "Too fast",
    500: "Our fault; `reference` ties it to the log",
    503: "Try again after Retry-After seconds",
}
TITLES = {
    401: "Not signed in",
    403: "Not allowed",
    404: "Not there, or not to be seen",
    409: "The state has moved on",
    413: "Too large",
    415: "Not this content type",
}


class Schemas(GenerateJsonSchema):
    """What we answer always has all its fields, so they are required; generated titles only repeat names."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def document() -> dict[str, Any]:
    """The whole document. Treat it as frozen."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OneThread console",
            "version": "1",
            "description": "Everything the console does. Signed in by cookie; requests that change something carry "
            "X-CSRF-Token from Me. Other systems send a key instead, see the tag crm. Problems are RFC 9457.",
        },
        "paths": paths,
        "components": {
            "schemas": _components(),
            "responses": {f"Problem{status}": _problem(text) for status, text in sorted((USUAL | TITLES).items())},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-onethread"},
                "key": {"type": "http", "scheme": "bearer"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


@cache
def document_bytes() -> bytes:
    """As it is served."""
    return orjson.dumps(document())


def files() -> dict[str, bytes]:
    """For tools/generate.py."""
    return {PATH: orjson.dumps(document(), option=orjson.OPT_INDENT_2) + b"\n"}


def _components() -> dict[str, Any]:
    pairs: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for route in ROUTES:
        if isinstance(route.takes, type):
            pairs[route.takes, "validation"] = None
        if isinstance(route.answers, type):
            pairs[route.answers, "serialization"] = None
    pairs |= {(model, "serialization"): None for model in MESSAGES}
    pairs |= {(model, "validation"): None for model in TAKEN}
    _, schema = models_json_schema(list(pairs), ref_template="#/components/schemas/{model}", schema_generator=Schemas)
    return dict(sorted(schema["$defs"].items()))


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [_path_parameter(name) for name in route.parameters] + _query_parameters(route),
        "responses": _responses(route),
        "x-access": route.access.value,
    }
    if route.scope is not None:
        operation |= {"security": [{"key": []}], "x-scope": route.scope}
    elif route.access is not Access.PUBLIC:
        operation["security"] = [{"cookie": [], "csrf": []} if route.changes else {"cookie": []}]
    if isinstance(route.takes, type):
        operation["requestBody"] = {"required": not route.may_be_empty, "content": _json(route.takes)}
    elif route.takes == "bytes":
        binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": binary}
    return operation


def _responses(route: Route) -> dict[str, Any]:
    answers: dict[str, Any] = {str(route.status if route.answers else 204): _success(route)}
    if route.repeated_status:
        answers[str(route.repeated_status)] = _success(route) | {"description": "Was carried out before"}
    for status in sorted({*USUAL, *_particular(route)}):
        answers[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return answers


def _particular(route: Route) -> set[int]:
    statuses = set(route.may)
    if route.access is not Access.PUBLIC:
        statuses |= {401, 403}
    if route.name == "sign_in":
        statuses |= {401, 403}
    if route.parameters or route.query or route.takes:
        statuses.add(404)
    if route.takes:
        statuses |= {413, 415}
    return statuses


def _success(route: Route) -> dict[str, Any]:
    if isinstance(route.answers, type):
        return {"description": route.summary, "content": _json(route.answers)}
    if route.answers == "document":
        return {"description": route.summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    if route.answers == "file":
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {"description": route.summary, "content": {"application/octet-stream": binary}}
    if route.answers == "url":
        return {"description": route.summary, "headers": {"Location": {"schema": {"type": "string"}}}}
    return {"description": "Done"}


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _path_parameter(name: str) -> dict[str, Any]:
    if name == "index":
        schema: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 99}
    elif name == "account_id":
        schema = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}
    elif name == "attribute_key":
        schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
    elif name == "plan_kind":
        schema = {"enum": ["rules", "hours", "work", "sla", "automation"], "type": "string"}
    elif name == "external_id":
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
    else:
        schema = {"type": "string", "format": "uuid"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(schema_generator=Schemas)
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _never_null(part)}
        for name, part in schema["properties"].items()
    ]


def _never_null(part: dict[str, Any]) -> dict[str, Any]:
    """A query cannot say null: what may be None is left out instead."""
    if "anyOf" not in part:
        return part
    [remaining] = [choice for choice in part["anyOf"] if choice.get("type") != "null"]
    return dict(remaining)
