"""Which widget a request is for, and from which pages it may come.

An Origin header binds browsers only (a script sends what it likes): it keeps foreign sites from embedding the widget
and from speaking in a visitor's browser, and it proves nothing about who calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.accounts import AccountUnusable, ConnectorDirectory
from connectors.webchat.connector import WebchatConnector
from connectors.webchat.settings import WebchatSettings
from connectors.webchat.tokens import Access, TokenRefused, VisitorTokens
from hub.errors import Forbidden, NotFound
from hub.events import Channel
from hub.ids import ChannelAccountId


@dataclass(frozen=True, slots=True)
class Widget:
    account_id: ChannelAccountId
    settings: WebchatSettings


class Widgets:
    """One per process. What it tells is at most as old as the directory's picture of the accounts."""

    def __init__(self, directory: ConnectorDirectory) -> None:
        self._directory = directory

    async def by_key(self, key: str) -> Widget:
        """Raises NotFound, also for a widget that was switched off."""
        for account in await self._directory.all():
            if account.channel is not Channel.WEBCHAT or not account.active:
                continue
            widget = await self._usable(account.id)
            if widget is not None and widget.settings.widget_key == key:
                return widget
        raise NotFound("widget_unknown", "There is no such widget.", where="key")

    async def of(self, account_id: str) -> Widget:
        """Raises NotFound, also when it was switched off meanwhile."""
        running = self._directory.known(account_id) or await self._directory.find(account_id)
        if running is not None and running.account.active and isinstance(running.connector, WebchatConnector):
            return Widget(running.account.id, running.connector.settings)
        raise NotFound("widget_unknown", "There is no such widget.")

    async def _usable(self, account_id: str) -> Widget | None:
        try:
            return await self.of(account_id)
        except (AccountUnusable, NotFound):  # one broken account must not end the others; the directory has logged it
            return None


async def admitted(token: str, tokens: VisitorTokens, widgets: Widgets) -> tuple[Access, Widget]:
    """Whoever holds an access token, with its widget as it is now. Raises TokenRefused."""
    access, version = tokens.read_access(token)
    try:
        widget = await widgets.of(access.visitor.account_id)
    except NotFound as error:
        raise TokenRefused from error
    if version != widget.settings.token_version:
        raise TokenRefused
    return access, widget


class OriginGate:
    """`public_url` is where browsers reach the hub, if that is not what their Host header says."""

    def __init__(self, public_url: str | None) -> None:
        parts = urlsplit(public_url) if public_url else None
        self._public = f"{parts.scheme}://{parts.netloc}".lower() if parts else None

    def is_ours(self, origin: str, host: str) -> bool:
        """A page of the hub itself: the frame that the widget's conversation runs in."""
        return origin.lower() == self._public or urlsplit(origin.lower()).netloc == host.lower()

    def check(self, origin: str | None, host: str, allowed: Sequence[str]) -> None:
        """Raises Forbidden unless it is ours or one of `allowed`. Browsers always send an Origin where we ask."""
        if origin is None or not (self.is_ours(origin, host) or origin.lower() in allowed):
            raise Forbidden("origin_not_allowed", "This page may not use the widget.", where="Origin")
