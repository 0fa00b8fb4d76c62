"""Will hold what tells people: inbox, mail, watches, webhooks, reminders. Nothing of it exists yet."""
