"""An account on Kubernetes: its overlay on deploy/k8s/base, which says in what accounts differ, and the files
that its Secrets are made of.

<account>/              the services' (`account_secrets.py`): the Secret `interdesk`
<account>/servers/      the border's certificate with its authority, and the database administrator's password
"""

from __future__ import annotations

import datetime
import json
import secrets
from pathlib import Path

from interdesk.containers.account_secrets import kept, write_account_secrets
from interdesk.files import private_directory
from interdesk.local.accounts import AccountSpec
from interdesk.local.certificates import ensure_certificates
from interdesk.vhosts import Vhosts

BROKER = "interdesk-broker"
DATABASE_ADMIN = "database-admin"


def write_overlay(into: Path, account: AccountSpec) -> Path:
    """`into` is where the overlays are, beside `base` and `components`. Gives the overlay's directory; what a
    person wrote there stays. Raises OSError.
    """
    directory = into / account.id
    if not directory.exists():
        directory.mkdir(parents=True)
        (directory / "kustomization.yaml").write_text(overlay(account))
    return directory


def desk_host(account: AccountSpec) -> str:
    """Where its gateway is reached."""
    return f"desk.{account.domain}"


def border_host(account: AccountSpec) -> str:
    """Where partners reach its border."""
    return f"border.{account.domain}"


def overlay(account: AccountSpec) -> str:
    """The text of its kustomization."""
    name = json.dumps(f"INTERDESK_NAME={account.name}", ensure_ascii=False)  # YAML quotes as JSON does
    return f"""\
# {account.id}: written by `interdesk account scaffold`; yours to change.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: interdesk-{account.id}
resources: [../../base]
components:
  - ../../components/broker
  - ../../components/database
  - ../../components/ingress
  - ../../components/monitoring
configMapGenerator:
  - name: interdesk
    behavior: merge
    literals:
      - INTERDESK_ACCOUNT={account.id}
      - {name}
      - INTERDESK_DOMAIN={account.domain}
      - INTERDESK_PUBLIC_URL=https://{desk_host(account)}
      - INTERDESK_BORDER_ADDRESS=amqps://{border_host(account)}:5671/{Vhosts.of(account.id).border}
patches:
  - target: {{kind: Ingress, name: gateway}}
    patch: |
      - {{op: replace, path: /spec/rules/0/host, value: {desk_host(account)}}}
      - {{op: replace, path: /spec/tls/0/hosts/0, value: {desk_host(account)}}}
"""


def write_kubernetes_secrets(directory: Path, account: AccountSpec, now: datetime.datetime) -> None:
    """What is there stays. Raises OSError, FileBroken."""
    write_account_secrets(directory, account.id, BROKER)
    servers = private_directory(directory / "servers")
    ensure_certificates(servers, account.id, now, [border_host(account)])
    kept(servers / DATABASE_ADMIN, lambda: secrets.token_urlsafe(24))


def first_steps(account: AccountSpec, overlay: Path, files: Path) -> list[str]:
    """The commands that bring the account up."""
    namespace = f"interdesk-{account.id}"
    secret = f"kubectl -n {namespace} create secret generic"
    servers = files / "servers"
    certificate = {"tls.crt": "server.pem", "tls.key": "server.key", "ca.crt": "ca.pem"}
    from_files = " ".join(f"--from-file={key}={servers / file}" for key, file in certificate.items())
    return [
        f"kubectl create namespace {namespace}",
        f"{secret} interdesk --from-file={files}",
        f"{secret} border-certificate {from_files}",
        f"{secret} interdesk-database-admin --from-file=password={servers / DATABASE_ADMIN}",
        f"kubectl apply -k {overlay}",
    ]
