"""Users of the embedded bus: passwords, and what each may do where."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

_SALT_BYTES: Final = 16


@dataclass(frozen=True)
class Permission:
    """Regular expressions over names of exchanges and queues, searched for as RabbitMQ does."""

    configure: str = "^$"
    write: str = "^$"
    read: str = "^$"

    def allows(self, action: str, name: str) -> bool:
        """`action`: configure, write or read. The default exchange is asked for as `amq.default`."""
        return re.search(getattr(self, action), name or "amq.default") is not None


@dataclass
class User:
    """`password`: salt and hash in hex digits. Passwords here are made by machines and long."""

    name: str
    password: str
    administrator: bool = False
    permissions: dict[str, Permission] = field(default_factory=dict)

    @classmethod
    def with_password(cls, name: str, password: str, *, administrator: bool = False) -> User:
        return cls(name, _hashed(secrets.token_bytes(_SALT_BYTES), password), administrator)

    def knows(self, password: str) -> bool:
        salt = bytes.fromhex(self.password)[:_SALT_BYTES]
        return hmac.compare_digest(_hashed(salt, password), self.password)


def _hashed(salt: bytes, password: str) -> str:
    return (salt + hashlib.sha256(salt + password.encode()).digest()).hex()
