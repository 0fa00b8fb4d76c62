"""The `interdesk` command: local broker, database and processes; demo, replay and administration."""
