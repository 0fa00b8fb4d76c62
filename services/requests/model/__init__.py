"""The rules of requests: pure functions and frozen values; no clock, no ids made inside, no look-ups, no I/O.

    commands   create, edit, publish, legal_moves      what people ask for, as plain edits
    arrivals   apply, refused, unanswered, settled,    what partners say, and what happens without a person
               trust_ended, state_again, relearned,
               due, targets_said, discarded
    by_clocks  escalated, followed_up                  what the account's own clocks do to it
    files      offer_heard, came                       what becomes of the files of partners' notes

Each takes the `Request` (this account's own document), what happened, the facts that the edge looked up and
a `Context`, and gives a `Step`: the new request with its notes, history entries, messages to partners and
events, which the caller saves as one. An edit that the rules do not allow raises a `RuleError`; a partner's
statement never does.

The rules are those of a request that goes to a provider's account and comes back by itself:

    values, request    the words, and one account's document with its threads `above` (to the customer's
                       account) and `below` (to providers' accounts; at most one episode is open)
    workflow           the move table of the account's own people, checked when it is made
    customer, view,    the customer's side: giving, answering, ending; the own view follows the provider's
    statements         last word
    provider,          the provider's side, and what it says of itself whenever that changes
    speaking
    own, core, notes   moves among own teams; the shared core; notes over the border
    offering, files    the files of notes over the border
    restate, refusals  agreeing again after a restore; undoing what a partner refused
    situation          what the account's clocks hear of a request
    periods            who had it when, read off its history
    recorded           what reports count of it
    finish             what follows from every step: statements, notes, clock, history, events
    wire               the bodies of the messages, as a table
"""

from services.requests.model.arrivals import (
    apply,
    discarded,
    due,
    refused,
    relearned,
    settled,
    state_again,
    targets_said,
    trust_ended,
    unanswered,
)
from services.requests.model.by_clocks import Escalation, FollowUp, escalated, followed_up
from services.requests.model.commands import create, edit, legal_moves, publish
from services.requests.model.errors import (
    IllegalMove,
    InvalidField,
    MirroredField,
    MissingFields,
    NotAllowed,
    RuleError,
    UnknownThread,
)
from services.requests.model.facts import Changes, Facts, Incoming, Lead, NewRequest, Sent, Take
from services.requests.model.files import came, check_thread, offer_heard
from services.requests.model.holder import Place, clock, holder, own_team, place, provider_holds
from services.requests.model.periods import Held, Period, periods
from services.requests.model.recorded import recorded, recorded_whole
from services.requests.model.request import Above, Below, Escalated, Flag, Request, Stated
from services.requests.model.step import (
    ARRIVED_LATE,
    SYSTEM,
    Actor,
    Context,
    Event,
    HistoryEntry,
    Ids,
    Outgoing,
    Step,
    Who,
)
from services.requests.model.values import (
    CORE_FIELDS,
    NO_EPISODE,
    WORK,
    Attachment,
    Category,
    Clock,
    CompletionReason,
    Core,
    Ending,
    Episode,
    FileState,
    Impact,
    Medium,
    Note,
    Ref,
    Status,
    TrailEntry,
    Turn,
    Visibility,
)
from services.requests.model.workflow import BUILT_IN, MalformedWorkflow, Move, Row, Workflow

__all__ = [
    "ARRIVED_LATE",
    "BUILT_IN",
    "CORE_FIELDS",
    "NO_EPISODE",
    "SYSTEM",
    "WORK",
    "Above",
    "Actor",
    "Attachment",
    "Below",
    "Category",
    "Changes",
    "Clock",
    "CompletionReason",
    "Context",
    "Core",
    "Ending",
    "Episode",
    "Escalated",
    "Escalation",
    "Event",
    "Facts",
    "FileState",
    "Flag",
    "FollowUp",
    "Held",
    "HistoryEntry",
    "Ids",
    "IllegalMove",
    "Impact",
    "Incoming",
    "InvalidField",
    "Lead",
    "MalformedWorkflow",
    "Medium",
    "MirroredField",
    "MissingFields",
    "Move",
    "NewRequest",
    "NotAllowed",
    "Note",
    "Outgoing",
    "Period",
    "Place",
    "Ref",
    "Request",
    "Row",
    "RuleError",
    "Sent",
    "Stated",
    "Status",
    "Step",
    "Take",
    "TrailEntry",
    "Turn",
    "UnknownThread",
    "Visibility",
    "Who",
    "Workflow",
    "apply",
    "came",
    "check_thread",
    "clock",
    "create",
    "discarded",
    "due",
    "edit",
    "escalated",
    "followed_up",
    "holder",
    "legal_moves",
    "offer_heard",
    "own_team",
    "periods",
    "place",
    "provider_holds",
    "publish",
    "recorded",
    "recorded_whole",
    "refused",
    "relearned",
    "settled",
    "state_again",
    "targets_said",
    "trust_ended",
    "unanswered",
]
