"""The organisation's seal: an EC P-256 key and its certificate, from files.

A first start makes a development authority and a signer in the key folder, so that a permit is sealed from the first
minute; a company puts its own files there, or names them:

    seal-key.pem   (SEVENGATES_SEAL_KEY)     private key, PKCS#8 PEM, readable by the owner alone
    seal-cert.pem  (SEVENGATES_SEAL_CERT)    its certificate first, then those between it and the root
    ca-cert.pem    (SEVENGATES_SEAL_ROOT)    the root that strangers are told to trust
    ca-key.pem, ca.crl                       of the development authority only

The development authority proves nothing to a stranger beyond "the same installation": say so when you give it away.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_YEARS, SIGNER_YEARS = 20, 10
YEAR = timedelta(days=365)
CRL_VALID = timedelta(days=400)
CRL_RENEWED_BEFORE = timedelta(days=200)
BACKDATED = timedelta(hours=1)  # a verifier's clock may be behind
ORGANISATION = "Sevengates development 七关开发"


class BadKeys(Exception):
    """The seal's files can't be used; one line for the person who looks after them."""


@dataclass(frozen=True, slots=True)
class SealFiles:
    """Paths of the seal's files, as texts: they go to another process."""

    key: str
    certificate: str
    root: str

    @property
    def crl(self) -> Path:
        return Path(self.root).with_name("ca.crl")


def seal_files(folder: Path, environ: Mapping[str, str] | None = None) -> SealFiles:
    """Where the files are; makes a development seal in the folder if none was named and none is there.

    Raises BadKeys if only some of the files exist.
    """
    environ = os.environ if environ is None else environ
    named = {key: environ.get(f"SEVENGATES_SEAL_{key.upper()}", "") for key in ("key", "cert", "root")}
    files = SealFiles(
        key=named["key"] or str(folder / "seal-key.pem"),
        certificate=named["cert"] or str(folder / "seal-cert.pem"),
        root=named["root"] or str(folder / "ca-cert.pem"),
    )
    if not any(named.values()):
        make_development_seal(folder)
    for path in (files.key, files.certificate, files.root):
        if not Path(path).is_file():
            raise BadKeys(f"seal: {path} is missing")
    return files


def make_development_seal(folder: Path) -> None:
    """Authority, signer and revocation list, if they are not there; the list is renewed before it runs out."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(folder):
        key, certificate, root = folder / "seal-key.pem", folder / "seal-cert.pem", folder / "ca-cert.pem"
        there = [path.name for path in (key, certificate, root) if path.exists()]
        if len(there) not in (0, 3):
            raise BadKeys(f"seal: in {folder} there is {', '.join(there)}, but not the rest; nothing was made")
        if not there:
            _make(folder, key, certificate, root)
        if (folder / "ca-key.pem").exists():
            _renew_crl(folder, root)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two services that start together make one seal."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(folder: Path, key: Path, certificate: Path, root: Path) -> None:
    now = datetime.now(UTC)
    ca_key, signer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = _name("Sevengates development CA")
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), now, CA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    signer = (
        _builder(_name("Sevengates permit seal"), ca_name, signer_key.public_key(), now, SIGNER_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        # Non-repudiation: PAdES verifiers want content_commitment for a seal on a document.
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer_key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write(folder / "ca-key.pem", _pem(ca_key), 0o600)
    _write(key, _pem(signer_key), 0o600)
    _write(certificate, signer.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(root, ca.public_bytes(serialization.Encoding.PEM), 0o644)


def _renew_crl(folder: Path, root: Path) -> None:
    """A revocation list that names nobody: offered to verifiers who ask for one."""
    path, now = folder / "ca.crl", datetime.now(UTC)
    if path.exists():
        until = x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
        if until is not None and until - now > CRL_RENEWED_BEFORE:
            return
    ca = x509.load_pem_x509_certificate(root.read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca-key.pem").read_bytes(), None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise BadKeys(f"seal: {folder / 'ca-key.pem'} is not an EC key")
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
    builder = builder.last_update(now - BACKDATED).next_update(now + CRL_VALID)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    _write(path, builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + years * YEAR)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _usage(**said: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: said.get(name, False) for name in names})


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole and durable, or not at all; the mode is set before a byte of a key is in the file."""
    temporary = path.with_suffix(path.suffix + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
