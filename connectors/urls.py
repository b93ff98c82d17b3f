"""Addresses of providers as settings hold them."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def provider_url(url: str) -> str:
    """`url` without a closing slash. Raises ValueError unless it is https, or http to this very machine (tests and
    the demo talk to simulated providers there): credentials never travel in clear text."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an https:// address")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("http:// is allowed for this machine only, use https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must hold neither credentials nor a query")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


ProviderUrl = Annotated[str, AfterValidator(provider_url)]
