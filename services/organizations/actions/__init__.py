"""Use cases: load, decide, save once.

records/        organizations, people, teams and sites: edited, shelved, grouped, with their forms and files
contact_cards/  the cards that accounts show each other
trusting/       trusts and the keys that they stand on
transferring/   imports and exports
account, sessions  the account's own settings, roles and tokens; signing in
founding        what the first start of an account makes
saving          what all of them share
"""
