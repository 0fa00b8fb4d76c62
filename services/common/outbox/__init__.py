"""The inside relay: sends what saves have put into records' outboxes.

What it promises
    Every row of a successful save is sent at least once, also when the process dies right after the save, and
    also when the broker is away for days. The first sending of a record's events is in the order of their
    saves. A row may be sent again (after a crash between sending and taking it off; by two processes at
    once): events carry their row's id as `message_id`, and handlers take a second one without harm.

How
    A save wakes the relay of its own process with the record's waiting rows, so an event leaves within a
    millisecond or so and nothing is read again. The relay takes what has come together, hands partners'
    messages to the border (`message_sink`), publishes all events in one batch with confirms, and then takes
    the rows off their records: one write per record. Every `sweep_seconds` it looks for records whose
    `unsent` is older than that, which are those that a crash or an outage left; at start it looks at once.
    Where nothing happens and nothing was left it looks half as often each time, down to every sixth. The
    documents of `copy` rows are made by the save itself when nothing comes between; else here, before the row
    goes.

Why there is no lease
    Two relays that sweep the same record only send doubles, which are harmless here. A lease would cost a
    write per save, and would make everybody wait for a dead holder's lease to end.

Also here: history strips that have grown long are moved to their collection (history.py).
"""

from services.common.outbox.events import Publishes, event_exchange
from services.common.outbox.relay import MessageSink, Relay

__all__ = ["MessageSink", "Publishes", "Relay", "event_exchange"]
