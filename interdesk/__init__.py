"""The `interdesk` command, and what it does.

commands/      its subcommands, one module per subject
local/         accounts on this machine: brokers, database, processes
containers/    accounts in containers: what Compose and Kubernetes are given
embedded_bus/  a small broker in Python, for trying out
demo/          three accounts, and stories told with them
replay/        an incident log, played on a federation of its own
conformance/   the rules of the partner protocol, tried on a running deployment

`serve` runs services, in whichever process; `services` says which there are; `api` is a client of an account.
"""
