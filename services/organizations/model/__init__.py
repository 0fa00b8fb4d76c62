"""The rules of the account itself: pure functions and frozen values, one module per subject.

rules            what a broken rule looks like
roles            the roles, what each presupposes, who may do what here
records          organizations, people and teams: what may be written in them
patterns         patterns of text fields, matched in linear time
forms            forms of custom fields: what makes one whole
ui_extensions    the versions of a form, and which one stands
custom_fields    the values of a record in a form
domains          which organization's people an e-mail address marks
shelves          archive, trash and restore
overlay          a partner's organization: its card, and what this account keeps on it
shapes           how a new record looks, and what of it other services keep a copy of
tokens           personal access tokens
trusts           the states and options of a trust, as tables
trust_disclosure what a trust makes visible to whom
"""
