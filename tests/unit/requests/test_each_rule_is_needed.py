"""Each rule taken away, one at a time: some short play then ends in disagreement; with all of them none does.

The search is breadth first over a small set of acts, from each of the customer's turns, so what it finds is a
shortest counterexample; after every act the accounts are drained and checked as in the machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.requests.model import (
    Incoming,
    Outgoing,
    Request,
    RuleError,
    Status,
    Step,
    Turn,
)
from tests.unit.requests.accounts import NETWORK
from tests.unit.requests.agreement import check
from tests.unit.requests.federation import Bend, Disagreement, Federation
from tests.unit.requests.restores import Backup, back_up, can_restore, restore
from tests.unit.requests.stages import at, decline

Act = Callable[[Federation], object]


def ask(federation: Federation) -> None:
    note = f"Question {federation.request('gigatera').note_count}?"
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note=note)


def answer_or_reject(federation: Federation) -> None:
    note = f"Answer {federation.request('widget').note_count}."
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note=note)


def complete(federation: Federation, name: str) -> None:
    federation.complete(name, note=f"Done by {name} {federation.request(name).note_count}.")


ACTS: dict[str, Act] = {
    "widget hands over": lambda federation: federation.give("widget", "gigatera"),
    "widget takes back": lambda federation: federation.edit("widget", team=NETWORK),
    "widget answers or rejects": answer_or_reject,
    "widget completes": lambda federation: complete(federation, "widget"),
    "widget changes the core": lambda federation: federation.edit("widget", subject="Printer glows"),
    "gigatera goes on": lambda federation: federation.edit("gigatera", status=Status.IN_PROGRESS),
    "gigatera asks": ask,
    "gigatera completes": lambda federation: complete(federation, "gigatera"),
    "gigatera declines": lambda federation: decline(federation, "gigatera"),
    "gigatera hands down": lambda federation: federation.give("gigatera", "globalnet"),
    "a person discards the next letter": lambda federation: discard(federation),
    "all letters arrive": lambda federation: federation.settle(),
}


def discard(federation: Federation) -> None:
    for letter in federation.next_letters()[:1]:
        federation.discarded.append(letter)
        federation.refuse(letter)


def keep_a_backup(federation: Federation) -> None:
    federation.kept_backup = back_up(federation, "widget")


def restore_it(federation: Federation) -> None:
    backup = federation.kept_backup
    if isinstance(backup, Backup) and can_restore(federation, backup):
        restore(federation, backup)


RESTORING: dict[str, Act] = {
    "widget is backed up": keep_a_backup,
    "widget is restored": restore_it,
    **{name: ACTS[name] for name in ("widget takes back", "gigatera completes", "all letters arrive")},
}


def counterexample(
    prepare: Callable[[Federation], None], acts: dict[str, Act], depth: int, starts: Sequence[Turn]
) -> list[str] | None:
    """The shortest play that ends in disagreement, as the names of its acts; None when there is none."""
    plays: list[tuple[list[str], Federation]] = []
    for start in starts:
        federation = at(start)
        prepare(federation)
        plays.append(([f"at {start}"], federation))
    for _ in range(depth):
        longer = []
        for names, federation in plays:
            for name, act in acts.items():
                twin = federation.copy()
                try:
                    act(twin)
                    check(twin)
                except RuleError:
                    continue
                except Disagreement:
                    return [*names, name]
                longer.append(([*names, name], twin))
        plays = longer
    return None


def test_with_all_rules_no_short_play_ends_in_disagreement():
    assert counterexample(lambda _: None, ACTS, depth=2, starts=list(Turn)[:4]) is None
    assert counterexample(lambda _: None, RESTORING, depth=4, starts=[Turn.WITH]) is None


#: What a bend gives back: the request and the message as the rule's absence makes them; None drops it.
Bent = tuple[Request | None, Incoming] | None


def every_message_is_of_this_episode(request: Request | None, incoming: Incoming) -> Bent:
    """Without rules 1 and 2: the number of the episode is not looked at."""
    link = request and request.link_of(incoming.thread)
    episode = link.episode if link else request.above.episode if request and request.above else None
    if episode is None or incoming.type in ("request.handed_over", "request.reopened"):
        return request, incoming
    return request, said(incoming, episode=[episode.incarnation, episode.n])


def statements_are_changes_of_status(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 3: a statement counts only as a move from "with", as if the customer had to know each."""
    link = request and request.link_of(incoming.thread)
    stated = incoming.type in ("request.completed", "request.declined", "request.progressed")
    return None if link and stated and link.turn is not Turn.WITH else (request, incoming)


def an_end_overwrites_the_result(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 4: what is taken back or closed is withdrawn, whatever the provider had made of it."""
    if request and incoming.type in ("request.recalled", "request.closed") and not request.live:
        return replace(request, status=Status.ASSIGNED), incoming
    return request, incoming


def any_answer_counts(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 5: an answer is taken for the question that stands."""
    if incoming.type == "request.answered" and request and request.above and request.above.question:
        return request, said(incoming, question=request.above.question)
    return request, incoming


def the_one_below_is_left_alone(step: Step) -> tuple[Outgoing, ...]:
    """Without rule 7: a middle account that is done does not end the episode below."""
    ends = ("request.recalled", "request.closed")
    return tuple(
        message
        for message in step.outgoing
        if not (message.type in ends and step.request.above is not None and not step.request.live)
    )


def every_give_counts_as_reopened(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 8: a hand-over of what was completed counts as a rejected solution."""
    if incoming.type == "request.handed_over" and request is not None:
        return replace(request, reopen_count=request.reopen_count + 1), incoming
    return request, incoming


def a_give_brings_no_core(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 11: a later hand-over leaves the core as it was."""
    if incoming.type == "request.handed_over" and request is not None:
        core = request.core
        old = {"subject": core.subject}
        return request, said(incoming, core={**incoming.body["core"], **old}, core_version=core.version)
    return request, incoming


def nothing_is_stated_again(request: Request | None, incoming: Incoming) -> Bent:
    """Without rule 10."""
    return None if incoming.type == "request.restated" else (request, incoming)


def said(incoming: Incoming, **says: Any) -> Incoming:
    return replace(incoming, body={**incoming.body, **says})


def without(bend: Bend) -> Callable[[Federation], None]:
    def prepare(federation: Federation) -> None:
        federation.bend = bend

    return prepare


def without_rule_7(federation: Federation) -> None:
    federation.bend_outgoing = the_one_below_is_left_alone


def without_rule_9(federation: Federation) -> None:
    federation.undo_refused = False


@pytest.mark.parametrize(
    ("rule", "prepare", "start"),
    [
        ("1 and 2", without(every_message_is_of_this_episode), Turn.WITH),
        ("3", without(statements_are_changes_of_status), Turn.WITH),
        ("4", without(an_end_overwrites_the_result), Turn.RETURNED),
        ("5", without(any_answer_counts), Turn.ASKED),
        ("7", without_rule_7, Turn.WITH),
        ("8", without(every_give_counts_as_reopened), Turn.REFUSED),
        ("9", without_rule_9, Turn.REFUSED),
        ("11", without(a_give_brings_no_core), Turn.WITH),
    ],
)
def test_without_this_rule_a_short_play_ends_in_disagreement(rule, prepare, start):
    found = counterexample(prepare, ACTS, depth=3, starts=[start])
    assert found is not None, f"nothing goes wrong without rule {rule}"


def test_without_rule_10_a_restore_ends_in_disagreement():
    found = counterexample(without(nothing_is_stated_again), RESTORING, depth=4, starts=[Turn.WITH])
    assert found is not None
