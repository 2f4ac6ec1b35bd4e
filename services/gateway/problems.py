"""Every error the gateway answers with, mapped in one place.

Four kinds answer a command (refused 409, malformed 422, not allowed 403, broken 500); plain HTTP keeps its own
(401, 404, 405, 413, 415, 429, 503). A body is JSON with `error` (the code) and what that kind says. Pages catch
`Problem` and draw it; the API's middleware turns it into JSON.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

#: No 0/O, 1/I/L: a reference is read out over the radio.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
REFERENCE_LENGTH = 6


def new_reference() -> str:
    """A short speakable reference that stands in the server's log beside the traceback, as "K7M-4PX"."""
    drawn = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
    return f"{drawn[:3]}-{drawn[3:]}"


class Problem(Exception):
    """A named answer that is not a success."""

    status = 500
    error = "broken"

    def __init__(self, message: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(message or self.error)
        self.message = message
        self.headers: dict[str, str] = dict(headers or {})
        self.more = more

    def body(self) -> dict[str, Any]:
        said = {"message": self.message} if self.message else {}
        return {"error": self.error, **said, **self.more}


class NotSignedIn(Problem):
    status, error = 401, "not_signed_in"


class SignInRefused(Problem):
    """Wrong user or password: one answer for both."""

    status, error = 401, "sign_in_refused"


class NotAllowed(Problem):
    """The person's roles never may; `may` says whose do."""

    status, error = 403, "not_allowed"

    def __init__(self, may: Iterable[str] = (), message: str = "") -> None:
        super().__init__(message, may=sorted(may))


class Forged(Problem):
    """A state-changing request of a cookie session without the token of its page."""

    status, error = 403, "csrf"


class NotFound(Problem):
    status, error = 404, "not_found"

    def __init__(self, what: str = "") -> None:
        super().__init__(what=what) if what else super().__init__()


class Refused(Problem):
    """Refused by a gate or by one of the closed list of other codes (409)."""

    status, error = 409, "refused"

    def __init__(self, refusals: Iterable[Mapping[str, Any]], site_seq: int | None = None) -> None:
        listed = [dict(refusal) for refusal in refusals]
        codes = list(dict.fromkeys(refusal["code"] for refusal in listed))
        more: dict[str, Any] = {"codes": codes, "refusals": listed}
        super().__init__(**more if site_seq is None else more | {"site_seq": site_seq})


class SlowBody(Problem):
    """The body did not arrive in time."""

    status, error = 408, "slow_body"


class TooLarge(Problem):
    """`limit` names the limit, `max` is its value."""

    status, error = 413, "too_large"

    def __init__(self, limit: str, maximum: int) -> None:
        super().__init__(limit=limit, max=maximum)


class WrongMediaType(Problem):
    status, error = 415, "wrong_media_type"

    def __init__(self, need: Iterable[str]) -> None:
        super().__init__(need=list(need))


class MalformedRequest(Problem):
    """The input cannot be understood; `fields` maps the path of each field to what is wrong with it."""

    status, error = 422, "malformed"

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__(fields=dict(fields))


class TooMany(Problem):
    """A rate limit; `limit` names it."""

    status, error = 429, "too_many"

    def __init__(self, limit: str, retry_after_s: int) -> None:
        super().__init__(limit=limit, headers={"Retry-After": str(max(1, retry_after_s))})


class WrongHost(Problem):
    status, error = 421, "wrong_host"


class NotServing(Problem):
    """Nothing was sent to the log: the same command id is safe to send again."""

    status, error = 503, "not_serving"

    def __init__(self, reason: str, retry_after_s: int = 2) -> None:
        super().__init__(reason=reason, headers={"Retry-After": str(retry_after_s)})


class Broken(Problem):
    """Our fault. The reference stands in the log beside the traceback."""

    status, error = 500, "broken"

    def __init__(self, reference: str) -> None:
        super().__init__(reference=reference)
