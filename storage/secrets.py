"""What is kept secret at rest, and the keys for what we sign. All of it comes from the secret keys of the settings.

Sealed = version byte | key mark (4 bytes) | nonce (12 bytes) | AES-256-GCM of the text. The place where it is kept is
authenticated with it, so a sealed value that was moved to another row does not open.

To change the secret key, give the new one first and the old one behind it: everything opens, whatever is written is
sealed with the new one, and once all accounts were written (SecretBox.is_current) the old one can go.
"""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import HubError

VERSION = b"\x01"
MARK_BYTES = 4
NONCE_BYTES = 12  # NIST SP 800-38D: random nonces are safe for 2**32 values per key, far more than settings change
KEY_CHARS_MIN = 32


class SecretUnreadable(HubError):
    """None of the secret keys opens the value, or it was changed or moved. Ops must give the old key back."""


class SecretBox:
    """`keys` as the settings hold them, newest first, each a long random text. Never shown in repr."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(len(key) < KEY_CHARS_MIN for key in keys):
            raise ValueError(f"a secret key has at least {KEY_CHARS_MIN} characters")
        self._keys = tuple(keys)
        self._ciphers = {_mark(key): AESGCM(derive(key, "sealed values")) for key in reversed(keys)}
        self._newest = _mark(keys[0])

    def seal(self, text: bytes, place: str) -> bytes:
        """`place` names where the result will be kept; `open` must be given the same."""
        nonce = os.urandom(NONCE_BYTES)
        head = VERSION + self._newest
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, text, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises SecretUnreadable."""
        head, nonce = sealed[: 1 + MARK_BYTES], sealed[1 + MARK_BYTES : 1 + MARK_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(head[1:])
        if cipher is None or head[:1] != VERSION or len(nonce) != NONCE_BYTES:
            raise SecretUnreadable(f"{place}: sealed with a secret key that the hub was not given")
        try:
            return cipher.decrypt(nonce, sealed[len(head) + len(nonce) :], head + place.encode())
        except InvalidTag as error:
            raise SecretUnreadable(f"{place}: the sealed value was changed, or moved from another place") from error

    def is_current(self, sealed: bytes) -> bool:
        """False: it should be sealed anew with the newest key."""
        return sealed[: 1 + MARK_BYTES] == VERSION + self._newest

    def signing_keys(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes per secret key, newest first: sign with the first, accept all."""
        return tuple(derive(key, purpose) for key in self._keys)


def derive(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose. The secret key is long and random, so a fast derivation is enough."""
    return HKDF(SHA256(), 32, salt=b"onethread", info=purpose.encode()).derive(key.encode())


def _mark(key: str) -> bytes:
    """Tells keys apart without telling anything about them."""
    return hashlib.sha256(derive(key, "key mark")).digest()[:MARK_BYTES]
