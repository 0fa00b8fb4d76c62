"""The cards that accounts show each other.

linking        which of them agreements entitle to, here and there
cards          ours are published, told again, withdrawn
card_words     what is said in card threads, applied
card_requests  a card that should be here and is not is asked for
"""
