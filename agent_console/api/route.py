"""What a route of the API is. The tables of them: agent_console.api.routes."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from agent_console.permissions import Access

PREFIX = "/api/v1"
Method = Literal["GET", "POST", "PUT", "PATCH"]


@dataclass(frozen=True, slots=True)
class Route:
    """`takes` is the JSON body's model, or "bytes" for a raw one. `answers` None means 204 without a body, "url" a 302,
    "document" the OpenAPI document, "file" a download. `may` lists the statuses of problems that this route adds to the
    usual ones."""

    name: str
    method: Method
    path: str
    access: Access
    summary: str
    takes: type[BaseModel] | Literal["bytes"] | None = None
    may_be_empty: bool = False  # a request without a body is one whose body says nothing
    query: type[BaseModel] | None = None
    answers: type[BaseModel] | Literal["url", "document", "file"] | None = None
    scope: str | None = None  # what a key must be for; of routes for programs only
    status: int = 200
    repeated_status: int | None = None  # the answer to a request that was carried out before
    may: tuple[int, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the path, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def tag(self) -> str:
        return self.path.split("/")[1]

    @property
    def changes(self) -> bool:
        return self.method != "GET"


def get(name: str, path: str, access: Access, answers: Any, summary: str, **more: Any) -> Route:
    return Route(name, "GET", path, access, summary, answers=answers, **more)


def post(name: str, path: str, access: Access, answers: Any, summary: str, **more: Any) -> Route:
    return Route(name, "POST", path, access, summary, answers=answers, **more)
