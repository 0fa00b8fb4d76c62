"""Work: requests, notes, hand-over to a provider and the return by itself."""
