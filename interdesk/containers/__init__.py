"""Accounts in containers: what Compose and Kubernetes are given (docs/deployment.md).

preparing        what an account needs on broker and database before its services start
account_secrets  the secrets of an account as files
compose_secrets  … those of docker-compose.yml
kubernetes       an account's overlay
"""
