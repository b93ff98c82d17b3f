"""A channel account and agents who are signed in, put where a hub will find them. Before it starts, or beside it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from agent_console.auth import csrf_of, digest
from bench import webhooks
from bench.history import store_history
from bench.places import Place
from hub.assembly.accounts import put_account
from hub.assembly.ground import open_database
from hub.events import Channel
from hub.ids import QueueId
from hub.settings import secret_keys
from storage import agents as agent_store
from storage import routing, sign_ins
from storage.agents import NewAgent, Role
from storage.secrets import SecretBox
from storage.unit_of_work import UnitOfWork, Units

SIGNED_IN_FOR = timedelta(hours=2)
CAPACITY = 100


@dataclass(frozen=True, slots=True)
class Person:
    """An agent with a sign-in. Nobody knows a password: there is none that fits."""

    login: str
    role: Role
    token: str

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)


async def populate(place: Place, *, agents: int, supervisors: int = 1, stored: int = 0, graph_url: str) -> list[Person]:
    """Supervisors first; all serve every queue. `stored`: so many older messages."""
    settings = place.load(port=0)
    people = [_person("supervisor", number) for number in range(supervisors)]
    people += [_person("agent", number) for number in range(agents)]
    async with open_database(settings) as units:
        box = SecretBox(secret_keys(settings))
        given = webhooks.account_settings(graph_url)
        await put_account(units, box, webhooks.ACCOUNT_ID, Channel.FACEBOOK, "Bench", given)
        await _sign_in(units, people)
        await store_history(units, stored)
    return people


def _person(role: Role, number: int) -> Person:
    return Person(f"{role}-{number}", role, secrets.token_urlsafe(32))


async def _sign_in(units: Units, people: Sequence[Person]) -> None:
    async with units.begin() as work:
        queue_ids = tuple(await routing.queues_of(work.connection))
        for person in people:
            await _add(work, person, queue_ids)
        await work.commit()


async def _add(work: UnitOfWork, person: Person, queue_ids: tuple[QueueId, ...]) -> None:
    new = NewAgent(
        login=person.login,
        display_name=person.login.replace("-", " ").title(),
        role=person.role,
        password_hash="-",
        capacity=CAPACITY,
        locale="vi",
        queue_ids=queue_ids,
    )
    agent_id = await agent_store.add(work, new)
    await sign_ins.add(
        work,
        token_sha256=digest(person.token),
        agent_id=agent_id,
        expires_at=work.clock.now() + SIGNED_IN_FOR,
        user_agent="bench",
    )
