"""Certificates for the names of AWS, signed by an authority that only this emulator's clients trust.

Some clients ask AWS by its own name, whatever AWS_ENDPOINT_URL says: the SageMaker SDK asks
https://sts.<region>.amazonaws.com who is calling. They come here through HTTPS_PROXY, and believe the answer
because AWS_CA_BUNDLE names the authority's certificate. It may sign for names of AWS alone (RFC 5280,
4.2.1.10), so that its key, whoever finds it, opens nothing else.
"""

from __future__ import annotations

import fcntl
import os
import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

CERTIFICATE, KEY = "ca.pem", "ca-key.pem"
DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws")
_HOST = re.compile(r"(?:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+" + f"(?:{'|'.join(map(re.escape, DOMAINS))})")
_VALID = timedelta(days=3650)
_LEEWAY = timedelta(days=1)
_MOST_HOSTS = 100


def is_of_aws(host: str) -> bool:
    """Return whether *host* is a name below one of AWS's domains."""
    return len(host) <= 253 and _HOST.fullmatch(host.lower()) is not None


def authority_of(state_dir: Path) -> Path:
    """Return the certificate of the authority of a state directory, made where it is missing.

    Raises OSError when it cannot be kept.
    """
    certificate, key = state_dir / CERTIFICATE, state_dir / KEY
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "ca.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `local env` and a server may both find it missing
        if not (certificate.exists() and key.exists()):
            private, public = _authority()
            _keep(key, private)
            _keep(certificate, public)
    return certificate


class Certificates:
    """TLS for each host that clients ask for, made at the first request for it."""

    def __init__(self, state_dir: Path) -> None:
        """Use the authority of this state directory."""
        self._state_dir = state_dir
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext:
        """Return how a server of that name speaks TLS. Raises ValueError for a name that is none of AWS."""
        host = host.lower()
        if not is_of_aws(host):
            raise ValueError(f"{host[:100]!r} is no host of AWS")
        with self._lock:
            if host not in self._contexts:
                if len(self._contexts) >= _MOST_HOSTS:
                    self._contexts.clear()
                self._contexts[host] = self._make(host)
            return self._contexts[host]

    def _make(self, host: str) -> ssl.SSLContext:
        authority = authority_of(self._state_dir)
        partial = self._state_dir / f"host-{os.getpid()}.partial"
        _keep(partial, _for_host(host, authority, self._state_dir / KEY))
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(partial)
        finally:
            partial.unlink(missing_ok=True)
        return context


def _keep(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(partial, path)


def _authority() -> tuple[bytes, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    key = _key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sagemaker-monitor emulator")])
    permitted = x509.NameConstraints([x509.DNSName(domain) for domain in DOMAINS], None)
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(permitted, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, _digest())
    )
    return _private(key), certificate.public_bytes(serialization.Encoding.PEM)


def _for_host(host: str, authority: Path, authority_key: Path) -> bytes:
    """Return a new key and a certificate for *host*, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID

    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    signing: Any = serialization.load_pem_private_key(authority_key.read_bytes(), None)
    key = _key()
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    certificate = (
        _builder(x509.Name([]), issuer.subject, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(signing, _digest())
    )
    public: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return _private(key) + public


def _builder(subject: Any, issuer: Any, key: EllipticCurvePrivateKey) -> Any:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + _VALID)
    )


def _key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _private(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _digest() -> Any:
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256()
