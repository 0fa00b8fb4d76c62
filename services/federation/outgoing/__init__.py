"""From a save to a partner's receipt, in this order.

letters     the one place where a message gets its sequence and its seal, for the save that decides it
outbox      what is said arrives, in its order, and we know what became of it: `deliveries`
relay       a green thread per partner sends what is due (`backlog`, `beginning`, `windows`, `departures`)
passage     over one connection, again after a failure (`resending`), marked when it takes long (`marking`)
settlement  what a receipt does to its delivery; `journeys` says how long it took, `attention` tells people
owing       before all messages, what is kept nowhere: `receipts` and other `words`
"""
