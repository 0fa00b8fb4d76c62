"""What tells people: the inbox of each person and team. Mail, watches and webhooks come beside it."""
