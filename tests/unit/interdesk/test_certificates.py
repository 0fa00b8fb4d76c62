"""A broker's certificates: the authority stays, the broker's own is renewed in time."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path

from cryptography import x509

from interdesk.local.certificates import ensure_certificates

NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_certificates_are_made_once(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, "widget", NOW)
    made = contents(tmp_path)
    ensure_certificates(tmp_path, "widget", NOW + datetime.timedelta(days=300))
    assert contents(tmp_path) == made


def test_the_brokers_certificate_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, "widget", NOW)
    made = contents(tmp_path)
    later = NOW + datetime.timedelta(days=380)
    ensure_certificates(tmp_path, "widget", later)
    renewed = contents(tmp_path)
    assert renewed["ca.pem"] == made["ca.pem"]
    assert renewed["server.pem"] != made["server.pem"]
    server = x509.load_pem_x509_certificate(renewed["server.pem"])
    server.verify_directly_issued_by(x509.load_pem_x509_certificate(renewed["ca.pem"]))
    assert server.not_valid_after_utc > later + datetime.timedelta(days=300)


def test_the_certificate_is_for_loopback(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, "widget", NOW)
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_keys_are_their_owners_only(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, "widget", NOW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}
