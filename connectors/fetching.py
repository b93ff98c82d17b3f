"""Downloads from addresses that strangers chose, and calls to them, without becoming their tool (SSRF).

Each hop is judged before it is asked: scheme, port, no credentials, host within the allow-list of its channel; and the
address that its name resolves to must be public. The connection goes to the very addresses that were judged, so a name
that resolves differently a moment later changes nothing. Redirects are followed by hand, a few, each judged anew.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hub.errors import HubError

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Addresses that carry an IPv4 address of somebody's choice: NAT64 (RFC 6052) and 6to4 (RFC 3056).
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"))

HeadersFor = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRules:
    """`loopback_allowed`: for the simulated providers of tests and demo, which serve on this machine."""

    bytes_max: int = 25 * 1024 * 1024
    total_s: float = 60.0
    connect_s: float = 5.0
    silence_s: float = 15.0
    redirects_max: int = 3
    loopback_allowed: bool = False


class FetchFailed(HubError):
    """May work later: the file is not there yet, the server is in trouble, the line is bad."""


class FetchRefused(HubError):
    """Never: the address is none that we go to, or what it serves is too large."""


class Fetcher:
    """One per process; `start` inside the running loop."""

    def __init__(self, rules: FetchRules | None = None) -> None:
        self._rules = rules or FetchRules()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        rules = self._rules
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=PublicResolver(loopback_allowed=rules.loopback_allowed), use_dns_cache=False, limit=16
            ),
            timeout=aiohttp.ClientTimeout(total=rules.total_s, sock_connect=rules.connect_s, sock_read=rules.silence_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "OneThread", "Accept-Encoding": "identity"},
            auto_decompress=False,  # a few kilobytes can unpack to gigabytes
            trust_env=False,
        )

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str, *, hosts: Collection[str] = (), headers_for: HeadersFor = lambda url: {}) -> bytes:
        """The whole file. `hosts`: allowed host names with all below them; none: any public one. `headers_for` is asked
        anew for each hop. Raises FetchFailed, FetchRefused."""
        try:
            async with asyncio.timeout(self._rules.total_s):
                return await self._follow(url, hosts, headers_for)
        except TimeoutError as error:
            raise FetchFailed(f"not complete within {self._rules.total_s:g} s") from error
        except aiohttp.InvalidURL as error:
            raise FetchRefused("no web address") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"the line broke: {type(error).__name__}") from error

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, total_s: float) -> int:
        """The status of the answer, of which no more is read; redirects are answers. https, but for this machine where
        that is allowed. Raises FetchFailed, FetchRefused."""
        if self._session is None:
            raise RuntimeError("Fetcher.start() was not awaited")
        where = checked_url(url, (), loopback_allowed=self._rules.loopback_allowed)
        if where.scheme != "https" and not _is_loopback(where.host or ""):
            raise FetchRefused("not https")
        try:
            async with (
                asyncio.timeout(total_s),
                self._session.post(where, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return response.status
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.__cause__, NotPublic):
                raise FetchRefused(str(error.__cause__)) from error
            raise FetchFailed("no connection") from error
        except TimeoutError as error:
            raise FetchFailed(f"no answer within {total_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"the line broke: {type(error).__name__}") from error

    async def _follow(self, url: str, hosts: Collection[str], headers_for: HeadersFor) -> bytes:
        for _ in range(self._rules.redirects_max + 1):
            where = checked_url(url, hosts, loopback_allowed=self._rules.loopback_allowed)
            async with self._get(where, headers_for(str(where))) as response:
                if response.status not in REDIRECTS:
                    return await self._read(response)
                target = response.headers.get("Location", "")
                url = str(where.join(URL(target, encoded=True)))
        raise FetchRefused(f"more than {self._rules.redirects_max} redirects")

    @asynccontextmanager
    async def _get(self, where: URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("Fetcher.start() was not awaited")
        try:
            async with self._session.get(where, headers=headers, allow_redirects=False) as response:
                yield response
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.__cause__, NotPublic):
                raise FetchRefused(str(error.__cause__)) from error
            raise

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != 200:
            raise FetchFailed(f"HTTP {response.status}")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchRefused("compressed, although asked not to")
        if (response.content_length or 0) > self._rules.bytes_max:
            raise FetchRefused(f"larger than {self._rules.bytes_max} bytes")
        content = bytearray()
        async for piece in response.content.iter_chunked(64 * 1024):
            content += piece
            if len(content) > self._rules.bytes_max:
                raise FetchRefused(f"larger than {self._rules.bytes_max} bytes")
        return bytes(content)


class NotPublic(OSError):
    """The name leads to an address that is not on the public internet."""


class PublicResolver(AbstractResolver):
    """Names to public addresses; raises NotPublic when any address of a name is another."""

    def __init__(self, *, loopback_allowed: bool) -> None:
        self._loopback_allowed = loopback_allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        results = []
        for kind, _, protocol, _, address in found:
            if not is_public(str(address[0]), loopback_allowed=self._loopback_allowed):
                raise NotPublic("the name leads to an address that is not public")
            results.append(
                ResolveResult(
                    hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol,
                    flags=socket.AI_NUMERICHOST,
                )
            )  # fmt: skip
        return results

    async def close(self) -> None:
        """Holds nothing."""


def checked_url(url: str, hosts: Collection[str], *, loopback_allowed: bool = False) -> URL:
    """Raises FetchRefused unless it is http(s) on its usual port, without credentials, at one of `hosts`."""
    try:
        where = URL(url, encoded=True)
        host, port = where.host, where.port
    except ValueError as error:
        raise FetchRefused("no web address") from error
    if where.scheme not in ("http", "https") or not host:
        raise FetchRefused("no web address")
    if where.user is not None or where.password is not None:
        raise FetchRefused("it holds credentials")
    if loopback_allowed and _is_loopback(host):
        return where
    if port not in (80, 443):
        raise FetchRefused("not on the usual port")
    if _address(host) is not None and not is_public(host):
        raise FetchRefused("the address is not public")
    name = host.lower().rstrip(".")
    if hosts and not any(name == allowed or name.endswith(f".{allowed}") for allowed in hosts):
        raise FetchRefused("the host is not one of this channel's")
    return where


def is_public(text: str, *, loopback_allowed: bool = False) -> bool:
    """Whether the address is one that anybody on the internet could reach."""
    address = _address(text)
    if address is None:
        return False
    if loopback_allowed and address.is_loopback:
        return True
    if isinstance(address, IPv6Address) and any(address in network for network in _TRANSLATED):
        return False
    return address.is_global and not address.is_multicast


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
