"""Trusts, and the keys that they stand on.

inviting      how a trust begins; `disclosures`: what it will make visible
trusts        how administrators change, suspend and end it
partners      what the partner says of it
settling      the world is made as the trust's document says
credentials   what a partner delivers with is renewed
keyrings      our ring and the partners'; `rotating` our keys, `announcing` them
reencrypting  keys and logins come under a new secret of the account
parting       a copy of a deployment becomes one of its own
"""
