"""The ledger: what an account and its partners said to each other, in a file that proves it without them.

A file is lines of JSON, each one record:

    ledger        whose it is, the export's id, and the parts: which service, and what of it was asked for
    key …         the public keys that the account and its partners seal with
    heads         sealed by the account: which threads there are, and how far each goes
      sent …      the messages of these threads, in their order, each with the partner's receipt
      received …
    heads …
    end           sealed by the account: how many records there are, and the hash of the last one

What it promises

- Every record names its number and the hash of the line before it, and the account seals the last one: a
  record that is changed, dropped, added or moved is found, and named (lines.py).
- A message is there as its sender sealed it, and names the one before it by its hash; a receipt is there as
  the partner sealed it, and names the message by its hash. Nobody but the two could have made them
  (evidence.py).
- Heads are sealed by the service that keeps the threads, out of its own store. Those of a part follow each
  other without a hole, from the first thread to the last; so a whole thread, or its end, can't be left out,
  not even by the one who exports (heads.py).
- A key counts as its owner announced it in the thread of the trust, which is always there whole; whoever pins
  one key of an account knows them all (keybook.py).

What is not in it: broker credentials. A message that carries them is there by its place and hash alone; the
message after it, the heads and the receipt prove that place.

When things fail

- The account is busy while its ledger is read: messages written after the heads were sealed are left for the
  next export. A receipt that came since is in.
- What can't be known from a file is told beside what is wrong: what was not asked for, keys that nobody
  pinned, when something was received (its receiver's word).

`verification.verify` reads such a file; docs/ledger.md tells people how.
"""

from typing import Final

FORMAT: Final = "interdesk-ledger"
VERSION: Final = 1
