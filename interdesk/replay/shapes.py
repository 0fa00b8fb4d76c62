"""What a plan covers, in words: the traits of its chain. A selection of cases covers every shape of chain
when no other case of the log has a trait that the selection lacks.

Depth counts the accounts from the origin: the origin is 1, its provider 2.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from interdesk.replay.chain import Shown
from interdesk.replay.steps import Move, Plan, Step


def traits(plan: Plan) -> frozenset[str]:
    """The traits of a plan, such as `question passed on, depth 3`."""
    found = set(_of_first(plan.steps[0]))
    for before, step in itertools.pairwise(plan.steps):
        found.update(_of_step(before, step))
    found.update(_of_ends(plan))
    return frozenset(found)


def covering(plans: Sequence[Plan], count: int) -> list[Plan]:
    """So many plans (or all there are), in the order given, that show every trait which occurs.

    For each trait, the rarest first, that nothing chosen shows yet: the shortest plan that has it. What is
    left of `count` is drawn evenly from the others. (Plans that the traits need are chosen also when they are
    more.)
    """
    of_plan = [traits(plan) for plan in plans]
    shortest_first = sorted(range(len(plans)), key=lambda place: len(plans[place].steps))
    often = Counter(itertools.chain.from_iterable(of_plan))
    seen: set[str] = set()
    chosen: set[int] = set()
    for trait in sorted(often, key=lambda trait: (often[trait], trait)):
        if trait not in seen:
            place = next(place for place in shortest_first if trait in of_plan[place])
            chosen.add(place)
            seen |= of_plan[place]
    others = [place for place in range(len(plans)) if place not in chosen]
    wanted = min(max(0, count - len(chosen)), len(others))
    chosen.update(others[number * len(others) // wanted] for number in range(wanted))
    return [plans[place] for place in sorted(chosen)]


def _of_first(step: Step) -> Iterator[str]:
    yield f"registered {step.changes.status}"


def _of_step(before: Step, step: Step) -> Iterator[str]:
    depth = len(step.path)
    was, now = before.shows[step.path], step.shows[step.path]
    if step.move is Move.WORK:
        yield from _of_work(step, was, now, depth)
    elif step.move is Move.HAND_OVER:
        yield from _of_hand_over(before, step, was, depth)
    elif step.move is Move.REJECT:
        yield f"solution rejected{_implied(step)}, depth {depth}"
    elif step.move is Move.ASK:
        if depth == 1:
            yield "the origin waits for its end user"
        else:
            yield f"question {'passed on' if step.implied else 'asked'}, depth {depth}"
    elif step.move is Move.ANSWER:
        yield f"question answered, depth {depth}"
    elif step.move is Move.COMPLETE:
        yield from _of_complete(before, step, was, depth)
    elif step.move is Move.DECLINE:
        if now.status == "completed":
            yield f"declined{_implied(step)}, depth {depth}"
        else:
            yield "declined up the own trail"
    elif step.move is Move.CLOSE:
        yield f"closed alone, {was.link}"


def _of_work(step: Step, was: Shown, now: Shown, depth: int) -> Iterator[str]:
    place = "at the origin" if depth == 1 else "below"
    if step.changes.holding is not None and was.holding != now.holding:
        yield f"moved inside the line, {place}"
    if step.changes.impact is not None:
        yield f"impact changed, {place}"
    if was.status == "completed":
        yield "opened again at the origin" if depth == 1 else "own solution taken up again"
    elif was.status == "waiting_for_customer":
        yield "the end user answered" if depth == 1 else "went on by itself after a question"
    elif step.changes.status is not None:
        yield f"{step.changes.status} {place}"


def _of_hand_over(before: Step, step: Step, was: Shown, depth: int) -> Iterator[str]:
    provider = step.changes.provider
    assert provider is not None
    below = (*step.path, provider)
    if step.again:
        yield f"handed over again after a refusal, depth {depth}"
    elif below in before.shows:
        yield f"handed over again after the round ended{_implied(step)}"
    elif was.link is not None and was.link.is_open:
        yield f"given to another provider, {was.link}"
    else:
        yield f"handed over, depth {depth}"
    if any(path[-1] == provider and path != below for path in before.shows):
        yield "one line, two customers"


def _of_complete(before: Step, step: Step, was: Shown, depth: int) -> Iterator[str]:
    if depth == 1:
        yield "completed by the origin" + (f", {was.link}" if was.link is not None else "")
        return
    customer = step.path[:-1]
    if was.status == "waiting_for_customer":
        yield f"returned while it waited, depth {depth}"
    elif was.link is not None and was.link.is_open:
        yield f"passed up after {was.link}, depth {depth}"
    else:
        yield f"returned, {step.changes.completion_reason}, depth {depth}"
    if before.shows[customer].status == step.shows[customer].status == "waiting_for_customer":
        yield "returned to a customer that waits itself"


def _of_ends(plan: Plan) -> Iterator[str]:
    yield f"chain of {max(map(len, plan.ends))}"
    for path, shown in plan.ends.items():
        if len(path) > 1:
            yield f"a provider ends {shown.completion_reason}"


def _implied(step: Step) -> str:
    return " (implied)" if step.implied else ""
