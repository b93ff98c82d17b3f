"""What each role is made of. Reads like a list of parts: constructors, routes, long tasks."""

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

import socketio
from aiohttp import web

from agent_console.app import Console
from agent_console.parts import Parts
from connectors.egress import GROUP as EGRESS
from connectors.egress import TOPICS as EGRESS_TOPICS
from connectors.egress import Egress
from connectors.ingress import Ingress
from connectors.limits import client_address
from connectors.media import GROUP as MEDIA
from connectors.media import TOPICS as MEDIA_TOPICS
from connectors.media import MediaFetch
from connectors.media import concerns as concerns_media
from connectors.profiles import GROUP as PROFILES
from connectors.profiles import ProfileLookups
from connectors.upkeep import Upkeep
from connectors.webchat.app import Webchat
from connectors.webhook_calls import SIGNED_FOR, WebhookCalls
from hub.assembly.catalog import Channels
from hub.assembly.ground import Ground
from hub.assembly.parts import Part
from hub.batch import Concerns
from hub.events import CONVERSATIONS, TOUCHPOINTS, Attachment
from hub.service import Consumer, Handler
from hub.settings import Role
from hub.sockets import socket_server
from identity.policy_runs import PolicyRuns
from identity.service import GROUP as IDENTITY
from identity.service import Resolver
from router.after_hours import GROUP as AFTER_HOURS
from router.after_hours import AfterHours
from router.automation.engine import GROUP as AUTOMATION
from router.automation.engine import Automations
from router.automation.silence import Silence
from router.call_events import GROUP as CALLS
from router.call_events import TOPICS as CALL_TOPICS
from router.call_events import CallEvents
from router.call_events import concerns as concerns_call
from router.call_sweep import Sweep
from router.calls import CallRouter
from router.liveness import Liveness
from router.promising import Promising
from router.reminding import Reminder
from router.service import Router
from router.sla_keeper import GROUP as SLA
from router.sla_keeper import SlaKeeper
from storage.log_trimming import LogTrimming
from storage.media import MediaLinks, MediaServer
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Site:
    """Where the parts of this process are built. `url`: how others reach the hub."""

    ground: Ground
    url: str
    # A name that no process had before: what another name has claimed is not ours, after a restart either.
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}")

    @cached_property
    def sockets(self) -> socketio.AsyncServer:
        return socket_server()

    @cached_property
    def links(self) -> MediaLinks:
        return MediaLinks(self.ground.box, self.ground.clock, public_url=self.ground.settings.url)

    def link_to(self, attachment: Attachment) -> str | None:
        """An address of our copy; None while there is none."""
        return self.links.link(attachment.blob) if attachment.blob else None

    def caller(self, request: web.BaseRequest) -> str:
        """Who sent a request, behind our own proxies."""
        forwarded = request.headers.getall("X-Forwarded-For", ())
        return client_address(request.remote, forwarded, self.ground.settings.trusted_proxies)

    def consumer(
        self, group: str, topics: Sequence[str], handle: Handler[UnitOfWork], concerns: Concerns = lambda _: True
    ) -> Part:
        consumer = Consumer(self.ground.bus, self.ground.units, group, topics, handle, concerns=concerns)
        return Part(tasks={f"consume {group}": consumer.run}, problems=[consumer.problems])


def parts_of(ground: Ground, url: str) -> Part:
    """Everything that the roles of this process need. The console's pages come last: they answer every path left."""
    site = Site(ground, url)
    whole = Part(attach=[site.sockets.attach])
    whole.add(outbox(site) if ground.settings.is_cluster else embedded_log(site))
    for role, build in ROLES.items():
        if role in ground.settings.roles:
            whole.add(build(site))
    return whole


def outbox(site: Site) -> Part:
    """Cluster only: every process stands by to carry committed events to Kafka, one is active."""
    from hub.bus.kafka import KafkaBus  # aiokafka and asyncpg are slow to import, and embedded nobody needs them
    from storage.relay import Relay

    bus = site.ground.bus
    if not isinstance(bus, KafkaBus):
        raise TypeError(f"a cluster's log is Kafka, not {type(bus).__name__}")
    relay = Relay(site.ground.units, bus, site.name)
    return Part(tasks={"relay": relay.run}, problems=[relay.problems])


def embedded_log(site: Site) -> Part:
    settings = site.ground.settings
    trimming = LogTrimming(
        site.ground.units,
        keep=timedelta(days=settings.log_keep_days),
        keep_dead_letters=timedelta(days=settings.dead_letters_keep_days),
    )
    return Part(tasks={"trim the log": trimming.run})


def ingress(site: Site) -> Part:
    """Webhooks and web chat in, whom to ring for a PBX that asks, stored files out."""
    ground = site.ground
    webhooks = Ingress(
        ground.directory,
        ground.bus,
        ground.blobs,
        ground.clock,
        calls=CallRouter(ground.units),
        trusted_proxies=ground.settings.trusted_proxies,
    )
    webchat = Webchat(
        directory=ground.directory,
        database=ground.database,
        bus=ground.bus,
        ephemeral=ground.ephemeral,
        clock=ground.clock,
        box=ground.box,
        files=ground.blobs,
        link_to=site.link_to,
        public_url=ground.settings.url,
        trusted_proxies=ground.settings.trusted_proxies,
    )
    webchat.register(site.sockets)
    return Part(
        routes=[*webhooks.routes(), *webchat.routes(), *_media(site)],
        tasks=webchat.tasks(),
        at_stop=[webchat.close_sockets],
    )


def identity(site: Site) -> Part:
    """Who wrote: consumes touchpoints, writes timelines, joins customers; carries out changes of the policy."""
    part = site.consumer(IDENTITY, [TOUCHPOINTS], Resolver().handle)
    part.tasks["policy runs"] = PolicyRuns(site.ground.units, site.name).run
    return part


def router(site: Site) -> Part:
    """To whom: one active router per pool, what became of calls, and the watch over agents who vanish."""
    ground = site.ground
    liveness = Liveness(ground.units, ground.ephemeral, ground.clock, grace_s=ground.settings.agent_grace_s)
    promising = Promising()
    keeper, after_hours = SlaKeeper(ground.units, site.name, promising), AfterHours(promising)
    part = site.consumer(SLA, [CONVERSATIONS], keeper.handle, keeper.concerns)
    part.add(site.consumer(CALLS, CALL_TOPICS, CallEvents(ground.directory.telephones).handle, concerns_call))
    part.add(site.consumer(AFTER_HOURS, [CONVERSATIONS], after_hours.handle, after_hours.concerns))
    automations, told = Automations(ground.units), timedelta(days=ground.settings.automation_keep_days)
    part.add(site.consumer(AUTOMATION, [CONVERSATIONS], automations.handle, automations.concerns))
    part.tasks |= {
        "router": Router(ground.bus, ground.units, site.name).run,
        "liveness": liveness.run,
        "remind of tasks": Reminder(ground.units, site.name).run,
        "watch service levels": keeper.run,
        "sweep calls": Sweep(ground.units).run,
        "follow automation rules": automations.run,
        "notice silence": Silence(ground.units, site.name, keep=told).run,
    }
    return part


def egress(site: Site) -> Part:
    """Replies out; names, files and fresh credentials in: everything that calls providers."""
    ground = site.ground
    sender = Egress(
        ground.units,
        ground.directory,
        ground.blobs,
        ground.clock,
        name=site.name,
        is_alone=not ground.settings.is_cluster,
        public_link=site.links.public_link,
    )
    lookups = ProfileLookups(ground.units, ground.directory, ground.bus, ground.ephemeral)
    media = MediaFetch(ground.units, ground.directory, ground.blobs, ground.fetcher, ground.clock)
    part = site.consumer(EGRESS, EGRESS_TOPICS, sender.handle)
    part.add(site.consumer(PROFILES, [TOUCHPOINTS], lookups.handle, lookups.concerns))
    part.add(site.consumer(MEDIA, MEDIA_TOPICS, media.handle, concerns_media))
    webhooks = WebhookCalls(ground.units, ground.fetcher, ground.box.signing_keys(SIGNED_FOR))
    part.tasks |= {
        "call webhooks": webhooks.run,
        "send replies": sender.run,
        "look up profiles": lookups.run,
        "fetch files": media.run,
        "renew credentials": Upkeep(ground.units, ground.directory, ground.clock).run,
    }
    return part


def console(site: Site) -> Part:
    """The agents' API, live socket and pages."""
    ground = site.ground
    built = Console(
        Parts(
            units=ground.units,
            bus=ground.bus,
            ephemeral=ground.ephemeral,
            clock=ground.clock,
            catalog=Channels(),
            media=site.links,
            blobs=ground.blobs,
            box=ground.box,
            public_url=site.url,
            name=site.name,
            address_of=site.caller,
            upload_bytes_max=ground.settings.upload_bytes_max,
        ),
        site.sockets,
    )
    files = [] if Role.INGRESS in ground.settings.roles else _media(site)
    return Part(
        routes=[*built.routes(), *files, *built.page_routes()],
        tasks={"console": built.run, "import customers": built.importer.run},
        problems=[built.problems],
        at_stop=[built.close_sockets],
    )


def _media(site: Site) -> list[web.RouteDef]:
    return MediaServer(site.ground.blobs, site.links).routes()


ROLES: dict[Role, Callable[[Site], Part]] = {
    Role.INGRESS: ingress,
    Role.IDENTITY: identity,
    Role.ROUTER: router,
    Role.EGRESS: egress,
    Role.CONSOLE: console,
}
