"""The account's front door: the REST API v1, and later the web and live updates."""
