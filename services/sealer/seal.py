"""Sealing: the bundle attached, then one PAdES B-B signature over the whole file, and nothing may follow it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from pyhanko.keys import load_certs_from_pemder, load_private_key_from_pemder
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, async_sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.sealer.bundle import FILE_NAME, MEDIA_TYPE
from services.sealer.keys import BadKeys, SealFiles

LEVEL = "B-B"  # no time stamp: the signature's time is the machine's own statement
FIELD = "Seal"
DIGEST = "sha256"
#: Orders of the curves (SEC 2, version 2.0).
ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}


class LowSigner(SimpleSigner):
    """Signs, and gives of the two ECDSA signatures (r, s) and (r, n - s) the one with the smaller s.

    Anybody can make the other one without the key: so `verify` takes only the smaller.
    """

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        raw = await super().async_sign_raw(data, digest_algorithm, dry_run)
        order = curve_order(self.signing_cert)
        if dry_run or order is None:
            return raw
        r, s = decode_dss_signature(raw)
        return encode_dss_signature(r, min(s, order - s))


def curve_order(certificate: Certificate) -> int | None:
    """The order n of the key's curve; None for a key that is not EC, or of a curve we do not seal with."""
    public = certificate.public_key
    return ORDERS.get(public.curve[1]) if public.algorithm == "ec" else None


def load_signer(files: SealFiles) -> SimpleSigner:
    """The signer of the key files. The root is not embedded: a verifier has it or trusts nobody. Raises BadKeys."""
    try:
        chain = list(load_certs_from_pemder([files.certificate]))
        key = load_private_key_from_pemder(files.key, passphrase=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadKeys(f"seal: {files.key} and {files.certificate} can't be used: {error}") from error
    certificate, between = chain[0], chain[1:]
    if curve_order(certificate) is None:
        raise BadKeys(f"seal: the key of {files.certificate} is not EC on one of {', '.join(ORDERS)}")
    return LowSigner(certificate, key, SimpleCertificateStore.from_certs(between), embed_roots=False)


def seal(pdf: bytes, bundle: bytes, signer: SimpleSigner, reason: str) -> bytes:
    """The sealed file. Not for a running event loop: the sealing process has none."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    embedded = EmbeddedFileObject.from_file_data(writer, bundle, mime_type=MEDIA_TYPE)
    description = "The job's records as they stand on the log"
    embed_file(writer, FileSpec(FILE_NAME, FILE_NAME, embedded, description, NameObject("/Data")))
    meta = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    out = io.BytesIO()
    asyncio.run(async_sign_pdf(writer, meta, signer, output=out))
    return out.getvalue()


def roots_of(path: str | Path) -> list:
    """The certificates of a PEM or DER file."""
    return list(load_certs_from_pemder([str(path)]))
