"""All that crosses an account's border: messages, envelope, keys, threads, inbox, outbox, topology."""
