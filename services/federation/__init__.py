"""All that crosses an account's border, told by rooms.

messages/    what is said: the types of messages and their bodies; schemas/ gives them to the world
threads      in which order, each thing once; pure. thread_errors, verdicts, revisions: what may come of it
sealing/     keys, and the envelope that proves who said what
partners/    whom we trust, by which keys and addresses we know them, and how it stands with each
incoming/    from a partner's lane to a verdict
outgoing/    from a save to a partner's receipt
files/       attachments, pulled piece by piece
restoring/   which deployment this is, and what a restore of it, or of a partner's, asks for
ledger/      what was said, as a file that proves it

A service opens its border with `border.Border`; `commands` and `queries` are the operator's, `stored` has the
collections, `metrics` what is counted, `clocks` how far two accounts' may be apart. The protocol is told in
`incoming.inbox` and `outgoing.outbox`, and for those who write the other side in docs/partner-protocol.md.
"""
