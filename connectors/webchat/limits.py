"""How much a visitor may do. Above the limit nothing is stored, and the answer says when to come again."""

from ipaddress import IPv6Address, ip_address

from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import Visitor, VisitorTokens
from connectors.webchat.wire import Proof
from hub.clock import Clock
from hub.ephemeral import Ephemeral, Rate
from hub.errors import BadInput
from hub.ids import ChannelAccountId

MESSAGES_AT_ONCE = Rate(burst=5, per_s=5)
BOOTS = Rate(burst=30, per_s=60)
READS = Rate(burst=60, per_s=60)
FORMS = Rate(burst=5, per_s=600)
UNREAD_LOOKS = Rate(burst=120, per_s=60)  # of one address: one per page view
ONCE = Rate(burst=1, per_s=1200)  # longer than a challenge lives


class TooFast(BadInput):
    """Nothing was taken. Come again after `retry_after_s`."""

    status = 429

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too_fast", "Too much in too short a time.")
        self.retry_after_s = retry_after_s


class ChallengeRequired(BadInput):
    """Many new visitors come from this address: prove some work (VisitorTokens.solved) and boot again with it."""

    status = 429

    def __init__(self, challenge: str) -> None:
        super().__init__("challenge_required", "Solve the challenge and try again.")
        self.challenge = challenge


class VisitorLimits:
    """One per process; the counts are shared by all."""

    def __init__(self, ephemeral: Ephemeral, tokens: VisitorTokens) -> None:
        self._ephemeral = ephemeral
        self._tokens = tokens

    async def admit_new_visitor(
        self, account_id: ChannelAccountId, settings: WebchatSettings, address: str, proof: Proof | None
    ) -> None:
        """Raises ChallengeRequired, TooFast."""
        free = Rate(burst=settings.new_visitors_per_hour, per_s=3600)
        if await self._ephemeral.allow(f"webchat:new:{account_id}:{network_of(address)}", free):
            await self._check_proof(account_id, proof)
        await self._take(f"webchat:new:{account_id}", Rate(burst=settings.new_visitors_per_minute, per_s=60))

    async def take_message(self, visitor: Visitor, settings: WebchatSettings) -> None:
        """Raises TooFast."""
        who = _key(visitor)
        await self._take(f"webchat:burst:{who}", MESSAGES_AT_ONCE)
        await self._take(f"webchat:minute:{who}", Rate(burst=settings.messages_per_minute, per_s=60))
        await self._take(f"webchat:hour:{who}", Rate(burst=settings.messages_per_hour, per_s=3600))

    async def take_upload(self, visitor: Visitor, settings: WebchatSettings) -> None:
        await self._take(f"webchat:upload:{_key(visitor)}", Rate(burst=settings.uploads_per_hour, per_s=3600))

    async def take_boot(self, visitor: Visitor) -> None:
        await self._take(f"webchat:boot:{_key(visitor)}", BOOTS)

    async def take_read(self, visitor: Visitor) -> None:
        await self._take(f"webchat:read:{_key(visitor)}", READS)

    async def take_form(self, visitor: Visitor) -> None:
        await self._take(f"webchat:form:{_key(visitor)}", FORMS)

    async def take_unread_look(self, address: str) -> None:
        await self._take(f"webchat:unread:{network_of(address)}", UNREAD_LOOKS)

    async def _check_proof(self, account_id: ChannelAccountId, proof: Proof | None) -> None:
        solved = self._tokens.solved(proof.challenge, proof.nonce, account_id) if proof else None
        if solved is None or await self._ephemeral.allow(f"webchat:proof:{solved}", ONCE):
            raise ChallengeRequired(self._tokens.challenge(account_id))

    async def _take(self, key: str, rate: Rate) -> None:
        wait_s = await self._ephemeral.allow(key, rate)
        if wait_s > 0:
            raise TooFast(wait_s)


class Burst:
    """A bound for one socket, without asking anybody: `size` at once, then `per_s` a second."""

    def __init__(self, clock: Clock, *, size: int, per_s: float) -> None:
        self._clock = clock
        self._step_s = 1 / per_s
        self._slack_s = (size - 1) / per_s
        self._free_at = clock.monotonic()

    def take(self) -> bool:
        """False: too fast; nothing was counted."""
        now = self._clock.monotonic()
        start = max(now, self._free_at)
        if start - now > self._slack_s:
            return False
        self._free_at = start + self._step_s
        return True


def network_of(address: str) -> str:
    """Whom an address stands for: one IPv4 address, or an IPv6 network, which one household has all of."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)


def _key(visitor: Visitor) -> str:
    return f"{visitor.account_id}:{visitor.id}"
