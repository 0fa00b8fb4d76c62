"""Use cases: load, look up the facts, decide, save once.

ruling    what all share: the rules' context, refusals as errors, deciding again with fresh copies
lookup    the account's records and partners' agreements, as the rules want to know them
desk      what people do: register, change, add and publish notes
arrivals  what partners say, and what becomes of our messages to them
due       what happens by itself
"""
