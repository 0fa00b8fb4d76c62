"""Whenever an account goes back to a backup: the two sides agree again, and nothing is said twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.federation.restoring import World

NAMES = st.sampled_from(["widget", "gigatera"])
ACTIONS = st.one_of(
    st.tuples(st.just("say"), NAMES),
    st.tuples(st.just("deliver"), st.integers(0, 20)),
    st.tuples(st.just("deliver"), st.just(0)),
    st.tuples(st.just("double"), st.integers(0, 20)),
    st.tuples(st.just("lose"), st.integers(0, 20)),
    st.tuples(st.just("send_again"), NAMES),
    st.tuples(st.just("back_up"), NAMES),
    st.tuples(st.just("restore"), NAMES),
)


def play(actions: list[tuple[str, Any]]) -> World:
    world = World()
    world.say("widget")
    world.settle()
    for name in world.accounts:
        world.back_up(name)
    for action, argument in actions:
        if action == "double":
            world.deliver(argument, again=True)
        else:
            getattr(world, action)(argument)
    return world


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_after_any_restores_both_sides_agree_on_what_was_said(actions: list[tuple[str, Any]]) -> None:
    world = play(actions)
    world.settle()
    for account in world.accounts.values():
        other = world.other(account.name)
        assert account.thread.sent == other.thread.applied
        assert len(set(other.heard)) == len(other.heard)
        # What the speaker forgot and the other had forgotten too has not been said.
        assert set(other.heard) <= account.told


@settings(deadline=None)
@given(st.lists(ACTIONS.filter(lambda action: action[0] != "restore"), max_size=30))
def test_without_a_restore_all_is_heard_in_the_order_it_was_said(actions: list[tuple[str, Any]]) -> None:
    world = play(actions)
    world.settle()
    for account in world.accounts.values():
        said = [message.text for _, message in sorted(account.outbox.items())]
        assert world.other(account.name).heard == said


@settings(deadline=None)
@given(st.lists(ACTIONS.filter(lambda action: action[0] not in ("restore", "lose")), max_size=30), NAMES)
def test_what_was_receipted_before_the_backup_is_not_sent_after_it(
    actions: list[tuple[str, Any]], name: str
) -> None:
    world = play(actions)
    world.settle()
    world.back_up(name)
    world.say(name)
    world.settle()
    world.restore(name)
    account = world.accounts[name]
    assert world.way == [account.outbox[account.thread.sent.place]]
