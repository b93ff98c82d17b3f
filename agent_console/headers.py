"""Headers that every answer of the console carries."""

from aiohttp import web

# Nothing inline and nothing foreign: customers' own words and files are shown on this page.
_PAGE_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
PAGE_CSP = "; ".join(_PAGE_RULES)
API_CSP = "default-src 'none'; frame-ancestors 'none'"
HSTS = "max-age=31536000; includeSubDomains"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def secure_api(response: web.StreamResponse, *, https: bool) -> None:
    """Nothing of the API is kept by anybody, nor can it be shown as a page."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Content-Security-Policy"] = API_CSP
    _always(response, https)


def secure_page(response: web.StreamResponse, *, https: bool) -> None:
    response.headers["Content-Security-Policy"] = PAGE_CSP
    _always(response, https)


def secure_file(response: web.StreamResponse, *, https: bool) -> None:
    """A script, style or picture of the console."""
    _always(response, https)


def _always(response: web.StreamResponse, https: bool) -> None:
    response.headers.update(ALWAYS)
    if https:
        response.headers["Strict-Transport-Security"] = HSTS
