"""Addresses of borders: TLS with the authority that the partner named, or plain on loopback only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from services.common.errors import Invalid


def check_address(address: str, ca: str | None) -> None:
    """Whether one may deliver there. Raises Invalid `border_not_safe`: plain beyond loopback, TLS without a
    pin.
    """
    parts = urlsplit(address)
    if parts.scheme == "amqps":
        if not ca:
            raise Invalid("border_not_safe", f"{address} comes without a certificate authority to pin.")
    elif parts.scheme != "amqp" or not _is_loopback(parts.hostname or ""):
        raise Invalid("border_not_safe", f"{address} is not amqps://, and plain AMQP is for loopback only.")


def uri_with_login(address: str, user: str, password: str) -> str:
    """The address as a URI that carries the credentials; never to be logged."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{parts.scheme}://{login}@{host}{port}{parts.path}"


def tls_of(address: str, ca: str | None) -> dict[str, Any] | None:
    """TLS options for kombu: this authority and no other, and the host's own name. None for plain AMQP."""
    parts = urlsplit(address)
    if parts.scheme != "amqps":
        return None
    context = {"cadata": ca} if ca else {}
    return {"context": {**context, "check_hostname": True}, "server_hostname": parts.hostname}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
