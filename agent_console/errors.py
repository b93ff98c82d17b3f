"""What can go wrong between a request and its handler, besides the families of hub.errors.

BadInput
├── NotSignedIn      401
├── KeyInvalid       401
├── SignInRefused    401
├── TooFast          429, with `retry_after_s`
├── TooLarge         413
├── WrongMethod      405
├── WrongMedia       415
└── Misfit           400: the request does not fit its schema; `faults` has every fault
"""

from collections.abc import Sequence

from pydantic_core import ErrorDetails

from hub.errors import BadInput

FAULTS_MAX = 50


class NotSignedIn(BadInput):
    """No sign-in, or one that is over."""

    status = 401

    def __init__(self) -> None:
        super().__init__("not_signed_in", "Sign in first.")


class KeyInvalid(BadInput):
    """No key, an unknown one, or one that was revoked."""

    status = 401

    def __init__(self) -> None:
        super().__init__("key_invalid", "Send Authorization: Bearer with a key in force.", where="header.Authorization")


class SignInRefused(BadInput):
    """The same for an unknown login, a wrong password and a disabled agent."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_refused", "The login or the password is wrong.")


class TooFast(BadInput):
    status = 429

    def __init__(self, code: str, problem: str, *, retry_after_s: float) -> None:
        super().__init__(code, problem)
        self.retry_after_s = retry_after_s


class TooLarge(BadInput):
    status = 413


class WrongMethod(BadInput):
    """`allowed` goes into the Allow header."""

    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("method_not_allowed", f"Use {' or '.join(allowed)}.")
        self.allowed = allowed


class WrongMedia(BadInput):
    status = 415

    def __init__(self, wanted: str) -> None:
        super().__init__("media_type_wrong", f"Send Content-Type: {wanted}.", where="header.Content-Type")


class Misfit(BadInput):
    """`faults` is never empty, and each names its place in the request: `body.text`, `query.limit`."""

    def __init__(self, faults: Sequence[tuple[str, str]], code: str = "invalid") -> None:
        told = faults[0][1] if len(faults) == 1 else f"{len(faults)} fields do not fit."
        super().__init__(code, told, where=faults[0][0])
        self.faults = tuple(faults)


def misfit(errors: Sequence[ErrorDetails], part: str) -> Misfit:
    """From pydantic's findings about the `part` of a request: body, query. Says no value back."""
    return Misfit([_fault(error, part) for error in errors[:FAULTS_MAX]])


def _fault(error: ErrorDetails, part: str) -> tuple[str, str]:
    return ".".join([part, *map(str, error["loc"])]), f"{error['msg']}.".replace("..", ".")
