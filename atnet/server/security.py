"""Who may ask: by which name, from which page, with which key; and what browsers may do."""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atnet.server.refusals import Refusal, problem
from atnet.server.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuses requests that must not be answered, and tells browsers what the page may do.

    A page of another site can make a browser send requests here, and, by a name that it makes
    point to this machine, read what is answered (DNS rebinding). Hence the names must be known,
    and requests of other pages are refused.

    Args:
        app: What answers.
        settings: Names, pages and keys.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in settings.host_names)}
        self._origins = settings.origins
        self._keys = [key.encode() for key in settings.keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if not self._origins:
                    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
                else:
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        try:
            self._check(Headers(scope=scope), scope["method"], scope["path"])
        except Refusal as refusal:
            answer = problem(refusal.status, refusal.detail, refusal.headers)
            await answer(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _check(self, headers: Headers, method: str, path: str) -> None:
        host = headers.get("host", "")
        if not self._is_known(host):
            raise Refusal(
                421, f"the service is not reached as {host!r}: name it with --host-name if it is"
            )
        origin = headers.get("origin", f"http://{host}")
        if origin not in self._origins and origin.split("//")[-1].lower() != host.lower():
            raise Refusal(403, f"pages of {origin!r} may not call it: allow it with --allow-origin")
        if self._keys and method != "OPTIONS" and not _is_open(method, path):
            self._check_key(headers.get("authorization", ""))

    def _check_key(self, authorization: str) -> None:
        scheme, _, given = authorization.partition(" ")
        # All are compared, each in a time that tells nothing of it.
        matches = [hmac.compare_digest(given.strip().encode(), key) for key in self._keys]
        if scheme.lower() != "bearer" or not any(matches):
            raise Refusal(
                401, "an API key is needed: Authorization: Bearer KEY", WWW_Authenticate="Bearer"
            )

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            urlsplit(f"//{host}").port  # noqa: B018  (raises if it is none)
        except ValueError:
            return False
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    """An address is what it says; only a name can be made to point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_open(method: str, path: str) -> bool:
    """The page itself, and a draft's pictures, of which the address is the secret."""
    if not path.startswith(("/v1/", "/metrics")):
        return True
    return method == "GET" and path.startswith("/v1/drafts/")
