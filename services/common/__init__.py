"""What every service needs: configuration, errors, events, store, nameko extensions. Imports no service."""
