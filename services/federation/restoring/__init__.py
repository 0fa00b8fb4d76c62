"""A deployment that was restored from a backup, or copied (docs/restoring.md).

deployment, deployment_note  which deployment a database belongs to, and how often it went back in time
resuming   a restored service finds together with its partners again
reminding  a partner was restored, and hears again what it forgot
restores   what either does to deliveries
"""
