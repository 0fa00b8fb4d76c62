"""The shared core: owned by the account where the request originates (handover.md rule 11).

Only the owner makes versions. It tells the provider below what changed, each field whole, while an episode is
open; a middle account relays it down under the same version. An account further down proposes: its change
goes up to the owner, who takes proposals in the order they arrive and answers with a version, so all sides
end with the same core.
"""

from dataclasses import replace
from typing import Any

from services.requests.model.errors import InvalidField
from services.requests.model.facts import Incoming
from services.requests.model.step import ARRIVED_LATE, Draft
from services.requests.model.values import Category, Core
from services.requests.model.wire import (
    TARGET,
    core_body,
    core_value,
    customer_restatement,
    episode_body,
    read_core_fields,
    read_episode,
    read_time,
    time_text,
)

#: Not selectable in a request of another account: in 4me they would drop its service instance.
OWN_ONLY = frozenset({Category.COMPLAINT, Category.COMPLIMENT, Category.OTHER})


def differing(core: Core, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if getattr(core, name) != value}


def check_downtime(core: Core | None, fields: dict[str, Any]) -> None:
    """Raises `InvalidField` for fields by which a downtime would end before it starts."""
    names = ("downtime_start_at", "downtime_end_at")
    start, end = (fields[name] if name in fields else getattr(core, name, None) for name in names)
    given = [name for name in names if name in fields]
    if given and start is not None and end is not None and end < start:
        raise InvalidField("A downtime can't end before it starts.", given)


def change(draft: Draft, fields: dict[str, Any]) -> None:
    """A change made here: by the owner a new version, further down a proposal.

    Raises `InvalidField` when the customer's account has ended the episode, or for a category of the owner's
    only.
    """
    request = draft.request
    fields = differing(request.core, fields)
    if not fields:
        return
    above = request.above
    if above is None:
        adopt(draft, fields, request.core.version + 1)
        return
    if not above.open:
        raise InvalidField(f"They belong to {above.partner}, which has ended the hand-over.", fields)
    if fields.get("category") in OWN_ONLY:
        raise InvalidField("A request of another account can't have this category.", ["category"])
    propose(draft, fields)


def propose(draft: Draft, fields: dict[str, Any]) -> None:
    above = draft.request.above
    assert above is not None
    body = {
        "episode": episode_body(above.episode),
        "core_version": draft.request.core.version,
        "core": {name: core_value(value) for name, value in fields.items()},
    }
    draft.send_up("request.core_changed", body)
    draft.record("proposed", f"to {above.partner}", **_changes(draft.request.core, fields))


def adopt(draft: Draft, fields: dict[str, Any], version: int) -> None:
    """The core takes these values under this version; the provider below is told."""
    draft.change(core=replace(draft.request.core, **fields, version=version))
    relay(draft, tuple(fields))


def relay(draft: Draft, names: tuple[str, ...]) -> None:
    link, core = draft.request.link, draft.request.core
    if link is not None and names:
        body = {
            "episode": episode_body(link.episode),
            "core_version": core.version,
            "core": core_body(core, names),
        }
        draft.send_down(link, "request.core_changed", body)


def tell_target(draft: Draft) -> None:
    """The provider below hears until when the requester expects it, whenever that is another than it was told
    and the agreement shares it. With it goes the wish that it comes near to, as it is: who does not know of
    targets hears nothing new.
    """
    link, core = draft.request.link, draft.request.core
    target = draft.request.requester_resolution_target_at
    if link is None or not link.shares_target or link.target_told == target:
        return
    body = {
        "episode": episode_body(link.episode),
        "core_version": core.version,
        "core": core_body(core, ("desired_completion_at",)),
        TARGET: time_text(target),
    }
    draft.send_down(link, "request.core_changed", body)
    draft.change_link(link, target_told=target)


def replace_whole(draft: Draft, core: Core) -> None:
    """The customer's side gives or states the whole core anew: it counts, whatever version ours was (after a
    restore the owner's may be lower). So the provider below is not told a change, but the whole in turn.
    """
    same = core == draft.request.core
    draft.change(core=core)
    link = draft.request.link
    if link is not None and not same:
        body = customer_restatement(link, draft.request.id, core)
        draft.send_down(link, "request.restated", body)


def heard(draft: Draft, incoming: Incoming) -> None:
    """`core_changed`: from above a version (a lower or equal one is recorded only), from below a proposal."""
    above, body = draft.request.above, incoming.body
    fields, version = read_core_fields(body["core"]), body["core_version"]
    changes = _changes(draft.request.core, fields)
    if above is not None and above.thread == incoming.thread:
        current = above.open and above.episode == read_episode(body)
        if current and TARGET in body:
            draft.change_above(target_at=read_time(body[TARGET]))
        if current and version > draft.request.core.version:
            adopt(draft, fields, version)
        elif not (current and TARGET in body):
            draft.record(ARRIVED_LATE, f"{incoming.partner} changed the request", **changes)
        return
    link = draft.request.link_of(incoming.thread)
    assert link is not None
    if not link.open or link.episode != read_episode(body):
        draft.record(ARRIVED_LATE, f"{incoming.partner} proposed a change", **changes)
    elif above is None:
        change(draft, _proposable(fields))
    elif above.open and (proposed := _proposable(fields)):
        propose(draft, proposed)


def _proposable(fields: dict[str, Any]) -> dict[str, Any]:
    """What a provider has a say in: not who asked, and no category that only the owner may choose."""
    return {
        name: value
        for name, value in fields.items()
        if name != "requester" and not (name == "category" and value in OWN_ONLY)
    }


def _changes(core: Core, fields: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [core_value(getattr(core, name)), core_value(value)] for name, value in fields.items()}
