"""What partners may say to this service, and what is done about it: the trust thread.

The border (`services.federation`) asks these, one message of a thread at a time and in order.
"""

from services.organizations.actions.partners import acceptance_refused as refused
from services.organizations.actions.partners import discarded as discard
from services.organizations.actions.partners import earlier, receive, resume, unanswered

__all__ = ["discard", "earlier", "receive", "refused", "resume", "unanswered"]
