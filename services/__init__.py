"""The services of an account, and the two libraries they share (`common`, `federation`)."""
