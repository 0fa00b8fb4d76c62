"""Whom we trust, and how it stands with each.

trusts        the book of partners, as the border reads it
invitations   how two accounts that know nothing of each other come to trust each other
capabilities  the types of messages that a partner understands
addresses, connections, backoff  where a partner is reached, how, and when to try again
topology      what a trust needs on our own broker
borders       what a service remembers of a partner's border besides messages
health, measuring  what of it a person should see, and what is measured
"""
