"""What is measured: two accounts, of which one hands requests over to the other."""

from __future__ import annotations

from dataclasses import dataclass

from interdesk.local.environment import read_env_file
from interdesk.local.local_account import LocalAccount
from tests.bench.client import Client


@dataclass(frozen=True)
class Subject:
    """`customer_token` and `provider_token` are specialists'. `instance_id` is the customer's own service
    instance, `lead_id` the provider's, as the customer's account knows it. `amqp_uri` and `mongo_uri` are for
    what is measured barely, on the same servers: a vhost of its own, and a login that may do everything.
    """

    customer: LocalAccount
    provider: LocalAccount
    customer_token: str
    provider_token: str
    instance_id: int
    lead_id: int
    amqp_uri: str
    mongo_uri: str

    @property
    def accounts(self) -> tuple[LocalAccount, LocalAccount]:
        return self.customer, self.provider

    def at_customer(self) -> Client:
        return Client(self.customer.url, self.customer_token)

    def at_provider(self) -> Client:
        return Client(self.provider.url, self.provider_token)


def inside(account: LocalAccount) -> str:
    """The URI of the account's inside vhost."""
    return read_env_file(account.directory / "env")["AMQP_URI"]
