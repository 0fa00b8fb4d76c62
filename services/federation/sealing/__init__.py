"""Who said what, proven.

keys          the life of a key
rings         an account's own keys, and what it knows of a partner's
ciphers       secrets at rest and on the way; `reencrypting` them, when the account's secret is changed
seals         the one form of JWS
envelope      what a message is made of, how it is sealed, and every check before it is believed
"""
