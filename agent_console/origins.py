"""Which page may talk to us: the one we served. Pure.

A browser names the page's origin with every request that changes something and with every WebSocket. It must be our
own: the host that the request was sent to, or the public address that a proxy in front of us has.
"""

from urllib.parse import urlsplit

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})  # browsers hold plain HTTP to them for secure


def is_own(origin: str, host: str | None, public_url: str) -> bool:
    """`origin` as in the Origin header, `host` as in the Host header."""
    own = urlsplit(public_url)
    if origin.lower() == f"{own.scheme}://{own.netloc}".lower():
        return True
    try:
        page = urlsplit(origin)
    except ValueError:
        return False
    return page.scheme in {"http", "https"} and host is not None and page.netloc.lower() == host.lower()


def without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def is_secure(host: str | None, public_url: str) -> bool:
    """May a cookie be marked Secure, hence sent back? Over HTTPS, and to this very machine."""
    return public_url.startswith("https:") or (host is not None and without_port(host.lower()) in LOCAL_HOSTS)
