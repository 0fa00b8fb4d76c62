"""Who may see and do what with which request: the one table that tests/security/test_visibility.py holds the
API to.

A row is a person, a column a kind of request; what stands where they meet is what the person is to it, and
`MAY` says what that lets him do. A row or column that is added here is tried without a line elsewhere but for
what makes it (`tests/security/cast.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final = {
    "own": "of an organization, affecting the SLA Gold",
    "elsewhere": "of another organization beside the first, affecting no SLA",
    "other SLA": "of a third organization, two levels below the other, affecting the SLA Silver",
    "across": "of a third organization, affecting Gold",
    "expired": "of a third organization, affecting Bronze, which has expired since",
    "handed over": "of the first organization, affecting Gold, with a provider",
    "handed to us": "of another account, affecting Gold",
    "observed": "a partner's, shown here because it affects the SLA that the partner registered",
    "unobserved": "a partner's, shown here under another SLA of it, which has expired since",
}

# W works on it · R reads all · Q requested it · K is key contact · P represents the customer
# D works for the account, not on requests · - has nothing to do with it
# O opens what a partner shows · S it is shown to him, as representative · X opens it no more
LETTERS: Final = "WRQKPD-OSX"
TABLE: Final = """
                           own elsewhere other-SLA across expired handed-over handed-to-us observed unobserved
account_administrator      R   R         R         R      R       R           R            O        X
auditor                    R   R         R         R      R       R           R            O        X
specialist_of_the_team     W   W         W         W      W       W           W            O        X
specialist_of_another_team W   W         W         W      W       W           W            O        X
service_level_manager      W   W         W         W      W       W           W            O        X
account_designer           D   D         D         D      D       D           D            D        D
requester                  Q   -         -         -      -       Q           -            -        -
colleague                  -   -         -         -      -       -           -            -        -
key_contact                K   -         -         -      -       K           -            -        -
key_contact_of_another     -   K         K         K      K       -           -            -        -
represents_gold            P   -         -         P      -       P           P            -        -
represents_silver          -   -         P         -      -       -           -            -        -
represents_bronze          -   -         -         -      -       -           -            -        -
represents_partners_sla    -   -         -         -      -       P           -            S        -
both                       P   K         K         K      K       P           P            -        -
represented_gold           -   -         -         -      -       -           -            -        -
nobody                     -   -         -         -      -       -           -            -        -
"""

#: By what a person is to a request: the status of each answer. Whether a list holds it: True or False.
MAY: Final[Mapping[str, Mapping[str, int | bool]]] = {
    # W, R, Q, K, P, D, -, O, S, X
    action: dict(zip(LETTERS, answers, strict=True))
    for action, answers in {
        "list": (True, True, True, True, True, False, False, False, False, False),
        "all_requests": (False, False, True, True, True, False, False, False, True, False),
        "search": (True, True, True, True, True, False, False, False, False, False),
        "get": (200, 200, 200, 200, 200, 404, 404, 200, 200, 404),
        "see what is internal": (True, True, False, False, False, False, False, False, False, False),
        "notes": (200, 200, 200, 200, 200, 404, 404, 200, 200, 404),
        "see internal notes": (True, True, False, False, False, False, False, False, False, False),
        "note_attachments": (200, 200, 200, 200, 200, 404, 404, 200, 200, 404),
        "attachment": (200, 200, 200, 200, 200, 404, 404, 404, 404, 404),
        "internal attachment": (200, 200, 404, 404, 404, 404, 404, 404, 404, 404),
        "affected_slas": (200, 200, 200, 200, 200, 404, 404, 200, 200, 404),
        "periods": (200, 200, 200, 200, 200, 404, 404, 200, 200, 404),
        "timeline": (200, 200, 403, 403, 403, 403, 403, 200, 403, 404),
        "audit": (200, 200, 403, 403, 403, 404, 403, 200, 403, 404),
        "handover": (200, 200, 403, 403, 403, 403, 403, 404, 403, 404),
        "watch": (201, 201, 201, 201, 201, 422, 422, 201, 201, 422),
        "add note": (201, 403, 201, 201, 201, 404, 404, 403, 201, 404),
        "add internal note": (201, 403, 403, 403, 403, 404, 404, 403, 422, 404),
        "edit": (200, 403, 403, 403, 403, 404, 404, 403, 422, 404),
        "start work": (200, 403, 403, 403, 403, 404, 404, 403, 422, 404),
        "withdraw without a reason": (422, 403, 200, 422, 422, 404, 404, 403, 422, 404),
        "withdraw": (200, 403, 200, 200, 200, 404, 404, 403, 200, 404),
    }.items()
}

#: Where the kind of request says otherwise: (kind, action, what he is to it).
BUT: Final[Mapping[tuple[str, str, str], int]] = {
    # A customer's account withdraws its own request.
    ("handed to us", "withdraw", "P"): 422,
    # What a provider has cannot be worked on here.
    **{("handed over", "start work", who): 422 for who in "WQKP"},
    # What crossed no border is no hand-over.
    **{(kind, "handover", who): 404 for kind in KINDS if not kind.startswith("handed") for who in "WR"},
}


def relations() -> dict[tuple[str, str], str]:
    """(person, kind) -> what he is to it."""
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    kinds = [name.replace("-", " ") for name in head]
    return {(row[0], kind): what for row in rows for kind, what in zip(kinds, row[1:], strict=True)}


def expected(kind: str, action: str, what: str) -> int | bool:
    return BUT.get((kind, action, what), MAY[action][what])
