"""`sevengates verify FILE`: is this the document that was sealed, by whom, and does what it carries hold together?

Stricter than a PDF viewer: a viewer only remarks on bytes appended after the signature, or on bytes in the signature
container that nobody signed; here either fails. The file is a stranger's: nothing in it is believed before its check.

    report = verify("permit.pdf", [Path("data/keys/ca-cert.pem")])
    report.ok; report.lines("en"); report.to_json()
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from services.sealer.bundle import FILE_NAME, BadBundle, Bundle, check_bundle
from services.sealer.seal import roots_of
from services.sealer.strict import BadContainer, check_container, check_ranges

MAX_BYTES = 256 * 1024 * 1024
TEXT = {
    "pdf": ("The file is a PDF", "文件为 PDF"),
    "one_seal": ("It has exactly one seal", "只有一个封签"),
    "whole": ("The seal covers the whole file, and nothing follows it", "封签覆盖整个文件，其后没有任何内容"),
    "intact": ("Nothing under the seal was changed", "封签覆盖的内容未被改动"),
    "container": ("The seal itself holds nothing that is not signed", "封签本身没有未签名的内容"),
    "trusted": ("The seal's certificate comes from a root you trust", "封签证书来自您信任的根证书"),
    "records": ("The attached records are whole and linked", "所附记录完整，链条未断"),
    "head": ("They end at the chain head that is printed", "记录止于文件所印的链头"),
}
PASSED = ("VALID", "有效")
FAILED = ("NOT VALID", "无效")
LANGUAGE = {"en": 0, "zh-CN": 1}


@dataclass(frozen=True, slots=True)
class Check:
    """One question. `ok` None: not asked, because an earlier answer was no."""

    name: str
    ok: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `ok` only if every check passed."""

    path: str
    checks: tuple[Check, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def lines(self, lang: str = "en") -> list[str]:
        """For people: the verdict, then each check, then the facts."""
        index = LANGUAGE[lang]
        signs = {True: "✓", False: "✗", None: "–"}
        lines = [f"{(PASSED if self.ok else FAILED)[index]}: {self.path}"]
        for check in self.checks:
            detail = f" ({check.detail})" if check.detail else ""
            lines.append(f"  {signs[check.ok]} {TEXT[check.name][index]}{detail}")
        lines += [f"    {key}: {value}" for key, value in self.facts.items()]
        return lines

    def to_json(self) -> dict[str, Any]:
        checks = [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in self.checks]
        return {"ok": self.ok, "path": self.path, "checks": checks, "facts": self.facts}


class _Failed(Exception):
    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class _Case:
    """The checks in their order; each may use what the ones before it found."""

    def __init__(self, data: bytes, roots: Sequence[Any]) -> None:
        self.data, self.roots = data, roots
        self.facts: dict[str, Any] = {}
        self.signature: EmbeddedPdfSignature
        self.reader: PdfFileReader
        self.status: PdfSignatureStatus
        self.bundle: Bundle

    def pdf(self) -> None:
        if not self.data.startswith(b"%PDF-"):
            raise _Failed("it does not begin like one")
        self.reader = PdfFileReader(io.BytesIO(self.data), strict=True)
        if self.reader.encrypted:
            raise _Failed("it is encrypted")

    def one_seal(self) -> None:
        found = list(self.reader.embedded_signatures)
        if len(found) != 1:
            raise _Failed(f"it has {len(found)} signatures")
        self.signature = found[0]

    def whole(self) -> None:
        check_ranges(self.data, [int(n) for n in self.signature.byte_range])
        self.signature.compute_integrity_info()
        if self.signature.coverage != SignatureCoverageLevel.ENTIRE_FILE:
            raise _Failed(f"coverage is {self.signature.coverage.name}")

    def intact(self) -> None:
        context = ValidationContext(
            trust_roots=list(self.roots), allow_fetching=False, revocation_mode="soft-fail",
            other_certs=list(self.signature.other_embedded_certs or ()),
        )  # fmt: skip
        work = async_validate_pdf_signature(self.signature, signer_validation_context=context, skip_diff=False)
        with ThreadPoolExecutor(1) as thread:  # a loop of its own, wherever we are called; nothing in it waits
            self.status = thread.submit(asyncio.run, work).result()
        if not (self.status.intact and self.status.valid):
            raise _Failed("the signed digest is not the file's" if not self.status.intact else "the signature is wrong")
        self.facts["sealed_by"] = self.status.signing_cert.subject.human_friendly
        at = self.status.signer_reported_dt
        self.facts["sealed_at"] = f"{at.isoformat()} (the sealing machine's own clock, no time stamp)" if at else ""

    def container(self) -> None:
        check_container(self.data, [int(n) for n in self.signature.byte_range], self.status)

    def trusted(self) -> None:
        if not self.roots:
            raise _Failed("no root was given to trust")
        if not self.status.trusted:
            raise _Failed(self.status.trust_problem_indic.name if self.status.trust_problem_indic else "no path to it")
        if not self.status.bottom_line:
            raise _Failed("the seal's own policy is not met")

    def records(self) -> None:
        try:
            self.bundle = check_bundle(_attached(self.reader))
        except BadBundle as error:
            raise _Failed(str(error)) from error
        bundle = self.bundle
        self.facts |= {
            "kind": bundle.kind, "site": bundle.site_id, "job": bundle.job_id, "permit": bundle.permit_id,
            "records": f"{bundle.records_from} - {bundle.records_to}: {bundle.records} of this job, "
            f"{bundle.foreign} of other work by hash alone",
            "outcomes": f"{bundle.counts['accepted']} accepted, {bundle.counts['refused']} refused",
            "chain_head": bundle.chain_head,
        }  # fmt: skip

    def head(self) -> None:
        info = self.reader.trailer["/Info"]
        self.facts = {"document": str(info["/Title"]), **self.facts}
        printed = str(info["/Keywords"])
        if printed != f"record {self.bundle.records_to}; chain {self.bundle.chain_head}":
            raise _Failed(f"the document says: {printed[:120]}")


def _attached(reader: PdfFileReader) -> bytes:
    """The bundle's bytes: the one file that the document associates with itself."""
    if "/AF" not in reader.root:
        raise _Failed("it has no attached file")
    files = reader.root["/AF"]
    if len(files) != 1:
        raise _Failed(f"it has {len(files)} attached files")
    spec = files[0]
    if str(spec["/F"]) != FILE_NAME:
        raise _Failed("the attached file has another name")
    return bytes(spec["/EF"]["/F"].data)


def verify(path: str | Path, trust_roots: Iterable[str | Path] = ()) -> Report:
    """The report on a file. `trust_roots`: PEM or DER files; without any, the seal is never trusted.

    Never raises for what is in the file; OSError if it can't be read, or a root can't. Blocks for about 0.2 s.
    """
    source = Path(path)
    if source.stat().st_size > MAX_BYTES:
        return _report(str(path), [Check("pdf", False, f"it is larger than {MAX_BYTES} bytes")], {})
    roots = [certificate for root in trust_roots for certificate in roots_of(root)]
    return verify_bytes(source.read_bytes(), roots, str(path))


def verify_bytes(data: bytes, roots: Sequence[Any], path: str = "") -> Report:
    """The same for bytes at hand; `roots` are asn1crypto certificates (`seal.roots_of`)."""
    case, checks = _Case(data, roots), []
    for name in TEXT:
        try:
            getattr(case, name)()
        except (_Failed, BadContainer) as failed:
            checks.append(Check(name, False, str(failed)))
            break
        except Exception as error:  # a stranger's bytes may trip the reader anywhere
            checks.append(Check(name, False, f"it can't be read: {type(error).__name__}: {error}"[:200]))
            break
        checks.append(Check(name, True))
    return _report(path, checks, case.facts)


def _report(path: str, checks: list[Check], facts: dict[str, Any]) -> Report:
    asked = {check.name for check in checks}
    rest = [Check(name, None) for name in TEXT if name not in asked]
    return Report(path, (*checks, *rest), {key: value for key, value in facts.items() if value})
