"""The subcommands of `interdesk`, one module per subject."""
