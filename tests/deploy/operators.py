"""What we say to RabbitmqCluster and MongoDBCommunity, written down from the operators' references.

No package brings their schemas, and this is none: it names the fields that are said here, and what may stand
there. A field that is not here is misspelt, or new and to be looked up. Where an operator takes a piece of
Kubernetes' own, that is held against Kubernetes' schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator

from tests.deploy.conftest import KUBERNETES, Document

TEXT, NUMBER = {"type": "string", "minLength": 1}, {"type": "integer"}
QUANTITY = {"type": "string", "pattern": r"^\d+(\.\d+)?(m|[KMGT]i?)?$"}
NAME = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
OF_KUBERNETES: Mapping[str, Any] = {"type": "object"}


def listed(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


def having(**fields: Mapping[str, Any]) -> dict[str, Any]:
    """An object with these fields, each of which we say, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields),
        "additionalProperties": False,
    }


USED = {
    # rabbitmq.com/v1beta1, in the reference of its cluster operator
    "RabbitmqCluster": having(
        replicas={"enum": [1, 3, 5]},  # what it is tested with
        image=TEXT,
        persistence=having(storage=QUANTITY),
        resources=OF_KUBERNETES,
        tls=having(secretName=NAME),
        rabbitmq=having(additionalPlugins=listed(TEXT), additionalConfig=TEXT),
    ),
    # mongodbcommunity.mongodb.com/v1
    "MongoDBCommunity": having(
        type={"const": "ReplicaSet"},
        members=NUMBER,
        version=TEXT,
        security=having(
            authentication=having(modes=listed({"enum": ["SCRAM", "SCRAM-SHA-256", "SCRAM-SHA-1"]}))
        ),
        users=listed(
            having(
                name=TEXT,
                db=TEXT,
                passwordSecretRef=having(name=NAME),
                scramCredentialsSecretName=NAME,
                roles=listed(having(name=TEXT, db=TEXT)),
            )
        ),
        statefulSet=having(spec=OF_KUBERNETES),
    ),
}


def _broker_pod(spec: Document) -> Document:
    """A pod with the resources of the broker's."""
    container = {"name": "rabbitmq", "image": spec["image"], "resources": spec["resources"]}
    pod: Document = {"containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "broker"}, "spec": pod}


def _database_set(spec: Document) -> Document:
    """What the operator's own set is merged with, by what it lays beneath."""
    labels = {"app": "database"}
    said = spec["statefulSet"]["spec"]
    beneath = {"serviceName": "database", "selector": {"matchLabels": labels}}
    template = {"metadata": {"labels": labels}, **said.get("template", {})}
    merged = {**beneath, **said, "template": template}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "database"}, "spec": merged}


PIECES: Mapping[str, Callable[[Document], Document]] = {
    "RabbitmqCluster": _broker_pod,
    "MongoDBCommunity": _database_set,
}


def wrong_in(kind: str, spec: Document) -> Iterator[str]:
    """What of a resource is not as it is written down here, or as Kubernetes has it."""
    found = [error.message for error in Draft202012Validator(USED[kind]).iter_errors(spec)]
    yield from found
    if not found:
        try:
            kubernetes_validate.validate(PIECES[kind](spec), KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield error.message
