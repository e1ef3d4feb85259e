"""Where the outside judges lie, and what a run of one leaves."""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = ROOT / ".venv" / "judges"

Ran = subprocess.CompletedProcess[str]
