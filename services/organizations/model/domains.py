"""Grouping people by e-mail domain: an organization says which domains are its people's, and no two
organizations in use say the same one.

The domain that fits an address best is the longest that the address ends with, whole labels only:
`grace@eu.widget.example` fits `eu.widget.example` better than `widget.example`, and never `get.example`. Who
is in the fitting organization or below it is where he belongs: somebody put him there more exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def domain_key(domain: str) -> str:
    """What a domain is compared by: in lower case, other letters than ASCII as DNS writes them."""
    plain = domain.strip().rstrip(".").casefold()
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:  # no name that DNS could have: compared as it is written
        return plain


def domain_keys(domains: Iterable[str]) -> list[str]:
    """Each domain once, in the order given."""
    return list(dict.fromkeys(domain_key(domain) for domain in domains))


def fitting(address: str) -> list[str]:
    """The domains that an address fits, the best first."""
    labels = domain_key(address.rpartition("@")[2]).split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def best(address: str, owners: Mapping[str, int]) -> int | None:
    """The organization whose domain fits best; `owners`: by domain. None when no domain fits."""
    return next((owners[domain] for domain in fitting(address) if domain in owners), None)
