"""All that crosses an account's border: messages, envelope, keys, threads, inbox, outbox, topology.

    what is said       messages/ (types and bodies)  envelope  seals  keys  ciphers  invitations where it
    stands    threads (pure)  letters (writes the next message of a thread)  verdicts what comes in      lanes
    ─> intake ─> inbox ─> handling ─> the service's correspondent;  quarantine  receipts what goes out
    outbox ─> relay ─> connections;  deliveries  backoff with whom          trusts (book of partners and their
    keys)  borders (heard, paused)  topology (brokers) at the service     border (the nameko extension)
    queries (what operators see)

The protocol is told in `inbox` and `outbox`, and for those who write the other side in
docs/partner-protocol.md.
"""
