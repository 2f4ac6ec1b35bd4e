"""Poppler's tools, as a stranger would use them. CI installs poppler-utils; elsewhere a test that needs one is skipped
with its reason shown."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def needs(tool: str) -> pytest.MarkDecorator:
    """Skips where the tool is missing; in CI it fails instead, so that the check can't vanish unseen."""
    missing = shutil.which(tool) is None
    if missing and os.environ.get("CI"):
        raise RuntimeError(f"{tool} is missing: CI installs poppler-utils")
    return pytest.mark.skipif(missing, reason=f"{tool} is missing: install poppler-utils")


def text_of(path: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
