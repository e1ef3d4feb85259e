"""Make examples/england from the publishers' files, and say what became of every row."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from examples.make_england.build import build_example
from examples.make_england.sources import REPOSITORY, find_sources


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.make_england", description=__doc__)
    parser.add_argument("--sources", type=Path, help="the folder of the publishers' files")
    parser.add_argument("--to", type=Path, default=REPOSITORY / "examples" / "england")
    arguments = parser.parse_args()
    sources = arguments.sources or find_sources()
    if sources is None or not sources.is_dir():
        parser.error("the publishers' files are not there; name their folder in LIKEFORLIKE_SOURCES")
    ledger = build_example(sources, arguments.to)
    sys.stderr.write("\n".join(ledger.lines()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
