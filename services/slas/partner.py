"""What partners may say to this service, and what is done about it: the agreement thread.

The border (`services.federation`) asks these, one message of a thread at a time and in order. Providers
speak, customers listen: all that a customer says in an agreement thread is who represents it.
"""

from services.slas.actions.hearing import discard, receive
from services.slas.actions.restores import earlier, resume
from services.slas.actions.unheard import refused, unanswered

__all__ = ["discard", "earlier", "receive", "refused", "resume", "unanswered"]
