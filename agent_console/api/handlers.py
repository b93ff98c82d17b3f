"""Which code answers which route: each handler bears the name of its route."""

from collections.abc import Callable, Mapping
from typing import cast

from agent_console.api import openapi
from agent_console.api.administration import Agents, Channels, Letters
from agent_console.api.automation import Automation
from agent_console.api.calls import Calls
from agent_console.api.crm import Crm
from agent_console.api.customers import Customers
from agent_console.api.editing import Editing
from agent_console.api.endpoint import Answer, Call, Handler
from agent_console.api.handling import Handling
from agent_console.api.imports import Imports
from agent_console.api.keys import KeyRing
from agent_console.api.labels import Labelling
from agent_console.api.plans import PlanBoard
from agent_console.api.policy import Policy
from agent_console.api.replying import Replying
from agent_console.api.routes import ROUTES
from agent_console.api.routing import Routing
from agent_console.api.signing_in import SigningIn
from agent_console.api.suggestions import Suggestions
from agent_console.api.tasks import Tasks
from agent_console.api.teams import Teams
from agent_console.api.work import Work
from agent_console.auth import SignIns
from agent_console.imports.runner import Importer
from agent_console.parts import Parts
from agent_console.passwords import Passwords


class Document:
    async def get_openapi(self, call: Call) -> Answer:
        return Answer(raw=openapi.document_bytes())


def handlers(
    parts: Parts, sign_ins: SignIns, passwords: Passwords, importer: Importer, cursor_now: Callable[[], str]
) -> Mapping[str, Handler]:
    """Route name -> handler. A route without one is a mistake that ends the start."""
    groups = (
        SigningIn(parts, sign_ins),
        Work(parts, cursor_now),
        Handling(parts),
        Routing(parts),
        Replying(parts),
        Labelling(parts),
        Tasks(parts),
        Calls(parts),
        Automation(parts),
        Customers(parts),
        Suggestions(parts),
        Policy(parts),
        PlanBoard(parts),
        Teams(parts),
        Editing(parts),
        Imports(parts, importer),
        Crm(parts),
        KeyRing(parts),
        Channels(parts),
        Agents(parts, passwords),
        Letters(parts),
        Document(),
    )
    found = {}
    for route in ROUTES:
        [handler] = [getattr(group, route.name) for group in groups if hasattr(group, route.name)]
        found[route.name] = cast(Handler, handler)
    return found
