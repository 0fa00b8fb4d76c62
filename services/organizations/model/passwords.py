"""Passwords: what one must be like, and what is kept of it.

Kept is an Argon2id hash with the parameters that OWASP's Password Storage Cheat Sheet names as its minimum
(19 MiB, two passes, one lane; RFC 9106 is the algorithm): a try costs some 20 ms of a core, for which the
service does nothing else, so more would let a few people who sign in hold up everybody. A hash says with what
parameters it was made; when these are raised, it is made anew at the next sign-in.

Length counts and kinds of characters do not, and a password is compared in one Unicode form: NIST SP 800-63B.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from services.organizations.model.rules import RuleBroken

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 200
SALT_BYTES: Final = 16

_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=SALT_BYTES, type=Type.ID
)
# What a try is compared with where there is no password, so that it takes as long as any other.
NOBODYS: Final = _HASHER.hash("nobody has this password", salt=bytes(SALT_BYTES))


def checked(password: str, known: Iterable[str] = ()) -> str:
    """The password, when it is good enough. `known`: what everybody knows of its owner. Raises RuleBroken
    `weak_password`.
    """
    text = _one_form(password)
    problem = None
    if len(text) < MIN_CHARACTERS:
        problem = f"must have at least {MIN_CHARACTERS} characters; a few words do better than many signs"
    elif len(set(text)) < MIN_CHARACTERS // 3:
        problem = "repeats itself: take more different characters"
    elif any(text.casefold() == _one_form(each).casefold() for each in known):
        problem = "is what everybody knows of you: take another one"
    if problem is not None:
        raise RuleBroken("weak_password", f"The password {problem}.", [("password", problem)])
    return password


def hashed(password: str, salt: bytes) -> str:
    """What is kept of a password. `salt`: 16 random bytes."""
    return _HASHER.hash(_one_form(password), salt=salt)


def fits(kept: str, password: str) -> bool:
    """Whether it is the password that this is kept of."""
    try:
        return _HASHER.verify(kept, _one_form(password))
    except VerifyMismatchError:
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _one_form(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
