"""What crashes cost: nothing. All of it on real brokers, databases and processes."""
