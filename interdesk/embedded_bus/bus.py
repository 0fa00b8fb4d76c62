"""The bus itself: its vhosts, its users, its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interdesk.embedded_bus.users import User
from interdesk.embedded_bus.vhosts import Vhost

if TYPE_CHECKING:
    from interdesk.embedded_bus.sessions import Session


class Bus:
    """`is_changed`: something that is kept was made or went since it was kept."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.vhosts: dict[str, Vhost] = {}
        self.sessions: set[Session] = set()
        self.is_changed = False

    def changed(self) -> None:
        self.is_changed = True

    def add_vhost(self, name: str) -> Vhost:
        """The vhost, made where it isn't."""
        if name not in self.vhosts:
            self.vhosts[name] = Vhost(name, self.changed)
            self.changed()
        return self.vhosts[name]

    def sessions_of(self, user: str) -> list[Session]:
        return [session for session in self.sessions if session.user.name == user]

    def pass_time(self) -> None:
        for vhost in self.vhosts.values():
            vhost.pass_time()
