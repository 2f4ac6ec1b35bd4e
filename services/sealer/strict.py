"""What a PDF signature leaves unsigned, checked byte by byte.

A signature covers the file except the gap that holds the signature container. In that gap our sealer writes exactly one
container in DER, in upper-case hexadecimal, padded with zeros; inside it, everything is signed, or follows from what
is. Whatever else stands there was put there by somebody else.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from services.sealer.seal import DIGEST, curve_order

EXTRA_ATTRIBUTES = "unsigned_attrs"


class BadContainer(ValueError):
    """Bytes outside the signed ranges are not what our sealer writes."""


def check_ranges(data: bytes, ranges: list[int]) -> None:
    """The two signed ranges start at 0, leave one gap in angle brackets, and end with the file."""
    if len(ranges) != 4 or ranges[0] != 0 or ranges[1] <= 0 or ranges[3] <= 0 or ranges[2] <= ranges[1]:
        raise BadContainer("the signed ranges are not two")
    if ranges[2] + ranges[3] != len(data):
        raise BadContainer(f"{len(data) - ranges[2] - ranges[3]} bytes are not under the seal")
    if data[ranges[1] : ranges[1] + 1] != b"<" or data[ranges[2] - 1 : ranges[2]] != b">":
        raise BadContainer("the gap between the signed ranges is not the signature")


def check_container(data: bytes, ranges: list[int], status: Any) -> None:
    """The gap holds one canonical container: no padding but zeros, no unsigned part. Raises BadContainer."""
    gap = data[ranges[1] + 1 : ranges[2] - 1]
    try:
        raw = bytes.fromhex(gap.decode("ascii"))
        content = cms.ContentInfo.load(raw)
        der = content.dump(force=True)
    except (ValueError, TypeError) as error:
        raise BadContainer("the signature container can't be read") from error
    if gap != (der.hex().upper() + "0" * (len(gap) - 2 * len(der))).encode("ascii"):
        raise BadContainer("the signature container is not in its canonical form")
    signed = content["content"]
    infos = signed["signer_infos"]
    if content["content_type"].native != "signed_data" or len(infos) != 1:
        raise BadContainer("it is not one signature")
    _check_frame(signed, infos[0], status)
    _check_signature(infos[0], status)
    _check_certificates(signed, status)


def _check_frame(signed: Any, info: Any, status: Any) -> None:
    """The fields around the signature say what the signed ones say."""
    digests = [algorithm["algorithm"].native for algorithm in signed["digest_algorithms"]]
    plain = signed["encap_content_info"]
    expected = (
        (signed["version"].native, "v1"),
        (digests, [DIGEST]),
        (plain["content_type"].native, "data"),
        (plain["content"].native, None),
        (signed["crls"].native, None),
        (info["version"].native, "v1"),
        (info["digest_algorithm"]["algorithm"].native, DIGEST),
        (info["sid"].chosen["serial_number"].native, status.signing_cert.serial_number),
        (info["sid"].chosen["issuer"].dump(), status.signing_cert.issuer.dump()),
    )
    if any(found != wanted for found, wanted in expected) or info[EXTRA_ATTRIBUTES].native:
        raise BadContainer("the signature container says more than was signed")


def _check_signature(info: Any, status: Any) -> None:
    """Of the two signatures that the same document and key allow, it is the one that our sealer writes."""
    order = curve_order(status.signing_cert)
    if order is None:
        raise BadContainer("the seal is not of a curve we seal with")
    if decode_dss_signature(info["signature"].native)[1] > order // 2:
        raise BadContainer("the signature is the mirror image of a sealed one")


def _check_certificates(signed: Any, status: Any) -> None:
    """Every embedded certificate is one of the path that was validated, and so is itself signed."""
    path = status.validation_path
    known = {certificate.dump() for certificate in path} if path is not None else {status.signing_cert.dump()}
    if any(choice.chosen.dump() not in known for choice in signed["certificates"]):
        raise BadContainer("the signature container holds a certificate that is not of its path")
