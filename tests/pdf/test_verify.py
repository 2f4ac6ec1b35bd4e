"""A sealed PDF that was altered does not verify: whatever is changed, wherever it stands."""

from __future__ import annotations

import base64
import io
import json
import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

from pdf_templates.permit import render_permit
from services.log.records import make_outcome, record_hash
from services.sealer.bundle import BadBundle, check_bundle, make_bundle
from services.sealer.keys import BadKeys, SealFiles, make_development_seal, seal_files
from services.sealer.seal import load_signer, roots_of, seal
from services.sealer.verify import TEXT, Report, verify, verify_bytes
from services.seven_steps.canonical import canonical
from tests.pdf import samples
from tests.pdf.tools import needs

FLIPS = 240
MINE = (3, 4, 7, 9)  # site sequence numbers of the job's records, of 9


@dataclass(frozen=True)
class Sealed:
    data: bytes
    bundle: bytes
    pdf: bytes
    files: SealFiles

    @property
    def roots(self) -> list:
        return roots_of(self.files.root)

    @property
    def gap(self) -> range:
        """Where the signature container stands, its angle brackets included."""
        start = [m.end() for m in re.finditer(rb"/Contents\s*<", self.data)][-1]
        return range(start - 1, self.data.index(b">", start) + 1)


def chain(count: int = 9) -> list[bytes]:
    head, values = "0" * 64, []
    for number in range(1, count + 1):
        verdict = "refused" if number == 7 else "accepted"
        body = canonical({"body": 1, "verdict": verdict, "n": number})
        now = datetime(2026, 11, 20, tzinfo=UTC)
        values.append(
            make_outcome(
                site_id="site-a", site_seq=number, previous_hash=head, decided_at=now, decided_at_real=now, body=body
            )
        )
        head = record_hash(values[-1])
    return values


def bundle() -> bytes:
    values = chain()
    hashes = [record_hash(value) for value in values]
    return make_bundle("permit", "site-a", "job-1", "permit-1", [values[n - 1] for n in MINE], hashes[MINE[0] - 1 :])


def document(attached: bytes) -> bytes:
    value = json.loads(attached)
    foot = {"packs": ["gb30871-2022@1"], "record": value["records_to"], "head": value["chain_head"]}
    return render_permit(samples.permit(foot=foot), ["en"])


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    files = seal_files(tmp_path_factory.mktemp("keys"), {})
    attached = bundle()
    pdf = document(attached)
    return Sealed(seal(pdf, attached, load_signer(files), "test"), attached, pdf, files)


def failed(report: Report) -> str:
    """The name of the check that failed."""
    assert not report.ok
    return next(check.name for check in report.checks if check.ok is False)


def test_a_sealed_file_verifies_with_its_root_and_says_what_it_is(sealed: Sealed, tmp_path: Path) -> None:
    path = tmp_path / "permit.pdf"
    path.write_bytes(sealed.data)
    report = verify(path, [sealed.files.root])
    assert report.ok
    assert report.facts["records"] == "3 - 9: 4 of this job, 3 of other work by hash alone"
    assert report.facts["outcomes"] == "3 accepted, 1 refused"
    assert report.lines("en")[0].startswith("VALID") and report.lines("zh-CN")[0].startswith("有效")
    assert report.to_json()["ok"] is True and len(report.checks) == len(TEXT)


@pytest.mark.slow
def test_no_flipped_bit_is_accepted(sealed: Sealed) -> None:
    """Half of them anywhere, half in the one place that no signature covers: its own container."""
    dice = random.Random(20261122)
    for number in range(FLIPS):
        place = dice.randrange(len(sealed.data)) if number % 2 else dice.choice(sealed.gap)
        altered = bytearray(sealed.data)
        altered[place] ^= 1 << dice.randrange(8)
        report = verify_bytes(bytes(altered), sealed.roots)
        assert not report.ok, f"byte {place} of {len(sealed.data)}"
        assert all(check.name in TEXT for check in report.checks)


def with_extra_revision(sealed: Sealed) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed.data))
    writer.root[NameObject("/Lang")] = TextStringObject("xx")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def signed_twice(sealed: Sealed) -> bytes:
    """Two signatures of the right key, none of which forbids the other."""
    data = sealed.pdf
    for name in ("First", "Second"):
        out = io.BytesIO()
        meta = PdfSignatureMetadata(field_name=name, md_algorithm="sha256")
        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        sign_pdf(writer, meta, load_signer(sealed.files), new_field_spec=SigFieldSpec(name), output=out)
        data = out.getvalue()
    return data


def container_changed(change: Callable[[Any], None]) -> Callable[[Sealed], bytes]:
    """The file with its signature container decoded, changed and written back in place."""

    def altered(sealed: Sealed) -> bytes:
        start, stop = sealed.gap.start + 1, sealed.gap.stop - 1
        info = cms.ContentInfo.load(bytes.fromhex(sealed.data[start:stop].decode()))
        change(info["content"])
        text = info.dump(force=True).hex().upper()
        assert len(text) <= stop - start
        return sealed.data[:start] + text.ljust(stop - start, "0").encode() + sealed.data[stop:]

    return altered


def add_unsigned_attribute(signed: Any) -> None:
    value = cms.CMSAttribute({"type": "message_digest", "values": [b"\x00" * 32]})
    signed["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([value])


def add_certificate(signed: Any) -> None:
    certificates = [*signed["certificates"], signed["certificates"][0]]
    stranger = certificates[0].chosen.copy()
    stranger["tbs_certificate"]["serial_number"] = 4711
    signed["certificates"] = cms.CertificateSet([certificates[0], cms.CertificateChoices("certificate", stranger)])


def other_digests(signed: Any) -> None:
    signed["digest_algorithms"] = cms.DigestAlgorithms([{"algorithm": "sha512"}])


def mirrored_signature(signed: Any) -> None:
    """(r, n - s) satisfies the same ECDSA equation: other bytes, and no key was needed."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
    r, s = decode_dss_signature(signed["signer_infos"][0]["signature"].native)
    signed["signer_infos"][0]["signature"] = encode_dss_signature(r, order - s)


@pytest.mark.parametrize(
    ("alteration", "check"),
    [
        (lambda s: b"", "pdf"),
        (lambda s: b"not a pdf at all", "pdf"),
        (lambda s: b"%PDF-1.7\n%%EOF\n", "pdf"),
        (lambda s: b"\n" + s.data, "pdf"),
        (lambda s: s.data[: len(s.data) // 2], "pdf"),
        (lambda s: s.pdf, "one_seal"),
        (lambda s: s.data + b" ", "whole"),
        (lambda s: s.data + b"\n%%EOF\n", None),
        (lambda s: s.data + b"%PDF-1.7 another file", "whole"),
        (with_extra_revision, "whole"),
        (signed_twice, "one_seal"),
        (lambda s: s.data[:-9], None),
        (lambda s: s.data[: s.gap.start + 1] + b"0" * (len(s.gap) - 2) + s.data[s.gap.stop - 1 :], None),
        (lambda s: s.data[: s.gap.start] + s.data[s.gap.start :].replace(b"A", b"a", 1), "container"),
        (lambda s: s.data[: s.gap.stop - 2] + b"1" + s.data[s.gap.stop - 1 :], "container"),
        (container_changed(add_unsigned_attribute), "container"),
        (container_changed(add_certificate), "container"),
        (container_changed(other_digests), None),
        (container_changed(mirrored_signature), "container"),
    ],
)  # fmt: skip
def test_altered_files_fail_at_the_check_that_names_it(
    sealed: Sealed, alteration: Callable[[Sealed], bytes], check: str | None
) -> None:
    altered = alteration(sealed)
    assert altered != sealed.data
    name = failed(verify_bytes(altered, sealed.roots))
    assert check in (None, name)


def test_a_seal_of_another_installation_is_intact_and_not_trusted(sealed: Sealed, tmp_path: Path) -> None:
    other = seal_files(tmp_path / "other", {})
    assert failed(verify_bytes(sealed.data, roots_of(other.root))) == "trusted"
    assert failed(verify_bytes(sealed.data, [])) == "trusted"


# ---- what is attached ----------------------------------------------------------------------------------------------


def change_record(value: dict[str, Any]) -> None:
    stored = base64.b64decode(value["records"][1]["stored"]).replace(b'"n":4', b'"n":5')
    value["records"][1]["stored"] = base64.b64encode(stored).decode()


def forge_record(value: dict[str, Any]) -> None:
    """A whole new record with a right envelope in the place of the old one, and its hash listed."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    body = canonical({"body": 1, "verdict": "accepted", "n": 40})
    forged = make_outcome(
        site_id="site-a", site_seq=4, previous_hash=value["hashes"]["list"][0], decided_at=now, decided_at_real=now,
        body=body,
    )  # fmt: skip
    value["records"][1]["stored"] = base64.b64encode(forged).decode()
    value["hashes"]["list"][1] = record_hash(forged)


def drop_record(value: dict[str, Any]) -> None:
    del value["records"][0]


def swap_records(value: dict[str, Any]) -> None:
    value["records"][1], value["records"][2] = value["records"][2], value["records"][1]


def other_site(value: dict[str, Any]) -> None:
    value["site_id"] = "site-b"


def other_hash_between(value: dict[str, Any]) -> None:
    value["hashes"]["list"][3] = "f" * 64  # of record 6, which record 7 names


def other_head(value: dict[str, Any]) -> None:
    value["chain_head"] = "e" * 64


@pytest.mark.parametrize(
    "change", [change_record, drop_record, swap_records, other_site, other_hash_between, other_head]
)
def test_records_that_do_not_hold_together_are_refused(change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(bundle())
    change(value)
    with pytest.raises(BadBundle):
        check_bundle(canonical(value))


def test_a_forged_record_shows_only_where_a_record_of_the_job_follows_it() -> None:
    """What the bundle can't show (its docstring): that foreign records in between link up. Record 5 named the old 4."""
    value = json.loads(bundle())
    forge_record(value)
    assert check_bundle(canonical(value)).records == len(MINE)


@pytest.mark.parametrize("change", [change_record, other_head])
def test_a_seal_over_broken_records_does_not_verify(sealed: Sealed, change: Callable[[dict[str, Any]], None]) -> None:
    value = json.loads(sealed.bundle)
    change(value)
    again = seal(sealed.pdf, canonical(value), load_signer(sealed.files), "test")
    assert failed(verify_bytes(again, sealed.roots)) == "records"


def test_a_seal_over_another_chain_head_than_the_printed_one_does_not_verify(sealed: Sealed) -> None:
    foot = {"packs": [], "record": 9, "head": "a" * 64}
    again = seal(render_permit(samples.permit(foot=foot), ["en"]), sealed.bundle, load_signer(sealed.files), "test")
    assert failed(verify_bytes(again, sealed.roots)) == "head"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"bundle":2}', b"\xff", b'{"bundle":1,"records":[]}'])
def test_nonsense_is_no_bundle(data: bytes) -> None:
    with pytest.raises(BadBundle):
        check_bundle(data)


# ---- keys and strangers' tools -------------------------------------------------------------------------------------


def test_a_second_start_uses_the_seal_of_the_first(tmp_path: Path) -> None:
    first = seal_files(tmp_path, {})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert seal_files(tmp_path, {}) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert Path(first.key).stat().st_mode & 0o777 == 0o600
    assert first.crl.exists()


def test_half_a_seal_is_an_error_and_nothing_is_made_over_it(tmp_path: Path) -> None:
    files = seal_files(tmp_path, {})
    Path(files.key).unlink()
    with pytest.raises(BadKeys, match=r"seal-cert\.pem"):
        make_development_seal(tmp_path)
    with pytest.raises(BadKeys, match="is missing"):
        seal_files(tmp_path / "none", {"SEVENGATES_SEAL_KEY": "/nowhere/key.pem"})


def test_a_company_names_its_own_files(tmp_path: Path) -> None:
    theirs = seal_files(tmp_path / "theirs", {})
    named = {"KEY": theirs.key, "CERT": theirs.certificate, "ROOT": theirs.root}
    environ = {f"SEVENGATES_SEAL_{name}": path for name, path in named.items()}
    assert seal_files(tmp_path / "ours", environ) == theirs
    assert not (tmp_path / "ours").exists()


def test_a_key_that_cannot_seal_is_refused_in_one_line(tmp_path: Path) -> None:
    files = seal_files(tmp_path, {})
    Path(files.key).write_text("no key")
    with pytest.raises(BadKeys, match=r"seal-key\.pem"):
        load_signer(files)
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rsa")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    Path(files.certificate).write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    Path(files.key).write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(BadKeys, match="is not EC"):
        load_signer(files)


@needs("pdfsig")
def test_poppler_calls_the_signature_valid_and_the_whole_document_signed(sealed: Sealed, tmp_path: Path) -> None:
    path = tmp_path / "permit.pdf"
    path.write_bytes(sealed.data)
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said and "Total document signed" in said and "ETSI.CAdES.detached" in said
    path.write_bytes(sealed.data.replace(b"/MediaBox [ 0 0 595", b"/MediaBox [ 0 0 695"))
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert path.read_bytes() == sealed.data or "Signature is Valid" not in said


@needs("pdfdetach")
def test_the_records_can_be_taken_out_with_a_common_tool(sealed: Sealed, tmp_path: Path) -> None:
    path = tmp_path / "permit.pdf"
    path.write_bytes(sealed.data)
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, path], capture_output=True, check=True)
    assert (tmp_path / "sevengates-records.json").read_bytes() == sealed.bundle
