"""What is deployed on Kubernetes is what it takes, what its policies ask for, and what the code knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import yaml

from gateway import import_forms, uploads
from interdesk.containers.account_secrets import write_account_secrets
from interdesk.containers.kubernetes import BROKER, first_steps, overlay, write_overlay
from interdesk.local.accounts import account_described
from interdesk.services import SERVICES
from services.common.config import TABLE, load, reading
from services.organizations.queries import MAX_FILE_BYTES
from tests.configs import NAMES, config_of
from tests.deploy.conftest import KUBERNETES, OVERLAYS, ROOT, Document, Rendered, rendered_of
from tests.deploy.test_alerts import unknown_in

# Not of Kubernetes itself, but of operators (test_operators.py).
CUSTOM = {"RabbitmqCluster", "MongoDBCommunity", "PodMonitor", "PrometheusRule", "ScaledObject"}


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    return [each for each in documents if each["kind"] in kinds]


def pods(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    for each in of_kind(documents, "Deployment", "Job"):
        yield each["metadata"]["name"], each["spec"]["template"]


def containers(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    for name, pod in pods(documents):
        for container in pod["spec"]["containers"]:
            yield name, container


def test_the_overlays_are_what_the_command_writes() -> None:
    for id, name in NAMES.items():
        written = (OVERLAYS / id / "kustomization.yaml").read_text()
        assert written == overlay(account_described(id, name, f"{id}.example"))
    assert {each.name for each in OVERLAYS.iterdir()} == set(NAMES)


def test_kubernetes_knows_all_that_is_applied(rendered: Rendered, account: str) -> None:
    for document in rendered[account]:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_an_account_has_a_namespace_of_its_own(rendered: Rendered, account: str) -> None:
    (namespace,) = of_kind(rendered[account], "Namespace")
    assert namespace["metadata"]["name"] == f"interdesk-{account}"
    others = [each for each in rendered[account] if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in others} == {f"interdesk-{account}"}


def test_every_service_is_deployed_and_nothing_else(rendered: Rendered, account: str) -> None:
    deployed = {each["metadata"]["name"] for each in of_kind(rendered[account], "Deployment")}
    assert deployed == set(SERVICES)
    for name, container in containers(rendered[account]):
        image = "interdesk" if name == "prepare" else f"interdesk-{name}"
        assert container["image"].rpartition(":")[0] == image
    kept = {each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
            for each in of_kind(rendered[account], "PodDisruptionBudget")}  # fmt: skip
    assert kept == set(SERVICES)


def test_containers_are_confined_bounded_and_pinned(rendered: Rendered, account: str) -> None:
    for name, pod in pods(rendered[account]):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True, name
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
    for name, container in containers(rendered[account]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["resources"]["limits"]["memory"], name
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
        assert container["image"].rpartition(":")[2] not in ("", "latest"), name


def test_services_are_probed_where_they_answer(rendered: Rendered, account: str) -> None:
    for deployment in of_kind(rendered[account], "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        paths = {
            probe: container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert paths == {
            "startupProbe": "/healthz",
            "livenessProbe": "/healthz",
            "readinessProbe": "/readyz",
        }
        assert container["ports"] == [{"name": "http", "containerPort": 8000}]


def test_what_is_mounted_and_referred_to_is_there(rendered: Rendered, account: str, tmp_path: Path) -> None:
    """A secret that nobody makes keeps a pod from starting; one that nobody mounts is for nothing."""
    write_account_secrets(tmp_path / "secrets", account, BROKER)
    made = {file.name for file in (tmp_path / "secrets").iterdir()}
    # The password is within the URIs.
    assert set(mounted(rendered[account], "interdesk")) == made - {"broker-password"}
    assert set(mounted(rendered[account], "border-certificate")) == {"ca.crt"}
    secrets = {volume["secret"]["secretName"] for volume in volumes(rendered[account]) if "secret" in volume}
    of_operators = {"interdesk-database-admin-admin"}
    assert secrets == {"interdesk", "border-certificate"} | of_operators
    claims = {each["metadata"]["name"] for each in of_kind(rendered[account], "PersistentVolumeClaim")}
    named = {
        volume.get("persistentVolumeClaim", {}).get("claimName") for volume in volumes(rendered[account])
    }
    assert named - {None} == claims
    for name, pod in pods(rendered[account]):
        there = {volume["name"] for volume in pod["spec"]["volumes"]}
        (container,) = pod["spec"]["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} == there, name


def test_a_service_gets_its_own_login_to_the_database_and_no_other(rendered: Rendered, account: str) -> None:
    for deployment in of_kind(rendered[account], "Deployment"):
        keys = set(mounted([deployment], "interdesk"))
        logins = {key for key in keys if key.startswith("mongo-user")}
        assert logins == {f"mongo-user-{deployment['metadata']['name']}.json"}
        assert "founding-token" not in keys or deployment["metadata"]["name"] == "organizations"


def test_the_settings_are_settings(rendered: Rendered, account: str) -> None:
    known = {name for variable in TABLE for name in variable.names}
    (settings,) = of_kind(rendered[account], "ConfigMap")
    assert settings["data"].keys() <= known
    for name, container in containers(rendered[account]):
        set_there = {each["name"] for each in container["env"]}
        assert set_there - {"BROKER_USER", "BROKER_PASSWORD"} <= known, name
    login = {"AMQP_URI": "amqp://widget:pw@interdesk-broker:5672/widget"}
    assert load({**settings["data"], **login}).account == account


def test_pods_run_as_somebody_who_is_there_and_may_no_more_than_he_must(
    rendered: Rendered, account: str
) -> None:
    """Ours ask nothing of Kubernetes; the database's agent does, as its operator says."""
    (database,) = of_kind(rendered[account], "MongoDBCommunity")
    runs_as = {pod["spec"]["serviceAccountName"] for _, pod in pods(rendered[account])}
    agent = database["spec"]["statefulSet"]["spec"]["template"]["spec"]["serviceAccountName"]
    there = {each["metadata"]["name"] for each in of_kind(rendered[account], "ServiceAccount")}
    assert there == runs_as | {agent}
    (binding,) = of_kind(rendered[account], "RoleBinding")
    (role,) = of_kind(rendered[account], "Role")
    assert [subject["name"] for subject in binding["subjects"]] == [agent]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    may = {(name, verb) for rule in role["rules"] for name in rule["resources"] for verb in rule["verbs"]}
    assert may == {("secrets", "get"), ("pods", "get"), ("pods", "patch"), ("pods", "delete")}


def test_the_way_in_lets_through_what_the_gateway_takes() -> None:
    written = OVERLAYS.parent / "components" / "ingress" / "ingress.yaml"
    annotations = yaml.safe_load(written.read_text())["metadata"]["annotations"]
    most = int(annotations["nginx.ingress.kubernetes.io/proxy-body-size"].removesuffix("m")) * 1024**2
    assert most >= MAX_FILE_BYTES + import_forms.FORM_BYTES
    assert most >= config_of("widget").attachment_bytes + uploads.FORM_BYTES


def test_lanes_scale_their_services_where_an_overlay_asks_for_it(tmp_path: Path, kubectl: Path) -> None:
    documents = with_lines_of("deployment.md", tmp_path)
    scaled = of_kind(documents, "ScaledObject", "HorizontalPodAutoscaler")
    targets = [each["spec"]["scaleTargetRef"]["name"] for each in scaled]
    assert sorted(targets) == ["gateway", "organizations", "requests", "slas"], "each by one autoscaler"
    assert set(targets) <= {each["metadata"]["name"] for each in of_kind(documents, "Deployment")}
    for each in of_kind(documents, "ScaledObject"):
        query = each["spec"]["triggers"][0]["metadata"]["query"]
        assert unknown_in(query) == []
        assert f'{{account="widget", service="{each["metadata"]["name"]}"}}' in query
    for document in documents:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_images_and_replicas_are_what_an_overlay_says(tmp_path: Path, kubectl: Path) -> None:
    documents = with_lines_of("operations.md", tmp_path)
    for name, container in containers(documents):
        image = "interdesk" if name == "prepare" else f"interdesk-{name}"
        assert container["image"].startswith(f"registry.example/{image}:"), name
    replicas = {
        each["metadata"]["name"]: each["spec"]["replicas"] for each in of_kind(documents, "Deployment")
    }
    assert replicas == dict.fromkeys(SERVICES, 2) | {"slas": 3}


def test_the_first_steps_are_told_as_the_command_prints_them() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()
    acme = account_described("acme", "Acme", "acme.example")
    for step in first_steps(acme, Path("deploy/k8s/overlays/acme"), Path("secrets/acme")):
        assert step in operations


def with_lines_of(page: str, directory: Path) -> list[Document]:
    """An account whose overlay has besides what stands as YAML on a page of the documents."""
    shutil.copytree(OVERLAYS.parent, directory / "k8s")
    written = directory / "k8s" / "overlays" / "widget" / "kustomization.yaml"
    kustomization = yaml.safe_load(written.read_text())
    for lines in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.S):
        for name, more in yaml.safe_load(lines).items():
            kustomization.setdefault(name, []).extend(more)
    written.write_text(yaml.safe_dump(kustomization))
    return rendered_of(written.parent)


def test_the_gateway_knows_that_it_is_reached_over_tls_and_through_the_ingress(
    rendered: Rendered, account: str
) -> None:
    """Its cookies go over TLS only, and tries to sign in are limited by who makes them."""
    (settings,) = of_kind(rendered[account], "ConfigMap")
    (ingress,) = of_kind(rendered[account], "Ingress")
    (hosts,) = (each["hosts"] for each in ingress["spec"]["tls"])
    assert settings["data"]["INTERDESK_PUBLIC_URL"] == f"https://{hosts[0]}"
    assert settings["data"]["INTERDESK_PROXIES"] == "1"


def volumes(documents: list[Document]) -> Iterator[Document]:
    for _, pod in pods(documents):
        yield from pod["spec"]["volumes"]


def mounted(documents: list[Document], secret: str) -> Iterator[str]:
    """Which keys of a secret are mounted."""
    for volume in volumes(documents):
        if volume.get("secret", {}).get("secretName") == secret:
            yield from (item["key"] for item in volume["secret"]["items"])


def test_an_account_is_written_again_without_losing_what_a_person_wrote(tmp_path: Path) -> None:
    spec = account_described("acme", "Acme", "acme.example")
    overlay_file = write_overlay(tmp_path / "overlays", spec) / "kustomization.yaml"
    assert overlay_file.read_text() == overlay(spec)
    overlay_file.write_text("by a person")
    assert write_overlay(tmp_path / "overlays", spec) / "kustomization.yaml" == overlay_file
    assert overlay_file.read_text() == "by a person"


def test_logins_are_made_anew_by_the_files_that_operations_say_to_remove(tmp_path: Path) -> None:
    def written() -> dict[str, str]:
        write_account_secrets(tmp_path / "acme", "acme", BROKER)
        return {file.name: file.read_text() for file in (tmp_path / "acme").iterdir()}

    first = written()
    (removed,) = re.findall(r"rm (secrets/acme/.*)", (ROOT / "docs" / "operations.md").read_text())
    for file in removed.split():
        (tmp_path / Path(file).relative_to("secrets")).unlink()
    second = written()
    assert second.keys() == first.keys()
    kept = {name for name in first if first[name] == second[name]}
    assert kept == {"secret", "founding-token"}


def test_the_secret_is_known_used_and_alone_by_the_lines_that_operations_say(tmp_path: Path) -> None:
    """What of the steps is done to the file; `interdesk account reencrypt` comes before the last."""
    write_account_secrets(tmp_path / "secrets" / "acme", "acme", BROKER)
    file = tmp_path / "secrets" / "acme" / "secret"
    (old,) = reading.secret(str(file))
    told = re.findall(r"(?m)^ +(echo.*|openssl.*)$", (ROOT / "docs" / "operations.md").read_text())
    after = []
    for line in told:
        subprocess.run(["bash", "-euc", line], cwd=tmp_path, check=True, timeout=10)
        after.append(reading.secret(str(file)))
    new = after[-1][0]
    assert new != old
    assert after == [(old,), (old, new), (new, old), (new,)]
