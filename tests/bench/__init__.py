"""`make bench`: how fast Interdesk is, each figure beside the same thing done barely.

One run starts two accounts on real parts, measures them through the public API, and measures in the same run,
on the same broker and the same database server, what the parts themselves can do. Machines differ, and so do
hours on one machine; the ratio of the two says what is ours.

| figure | beside it |
|---|---|
| complete hand-over cycles per second | kombu and pymongo alone, for each message 4 saves and 2 publishes |
| from the provider's PATCH to the customer's copy being returned | one publish and one save |
| API reads, lists, notes, creates per second, by 1 and by 8 clients | the same server's plainest answer |
| what a cycle saves and publishes, and an idle account asks of its database | counted: the same anywhere |
| what a target a year ahead costs the rules | |
| memory of an account, as one process and as one process per service | |

`python -m tests.bench --help` tells how to make it smaller. docs/performance.md tells what it found.
"""
