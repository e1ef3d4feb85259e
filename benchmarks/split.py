"""A site of many packages: a register, and one package of figures for each indicator.

Out:  packages that say together what one generated package says
"""

from __future__ import annotations

import json
import shutil
from itertools import groupby
from pathlib import Path

from benchmarks.generator import Size, write_package

# A hundred packages of 13,200 figures each.
HUNDRED = Size("hundred", 660, 100, 20)


def write_packages(folder: Path, size: Size = HUNDRED) -> list[Path]:
    """Write the packages of a site into a folder, and list them, the register first."""
    whole = write_package(folder / "register", size)
    observations = whole / "observations.csv"
    with observations.open(encoding="utf-8") as file:
        heading = file.readline()
        for indicator, lines in groupby(file, key=lambda line: line.split(",", 2)[1]):
            _write(folder / indicator, heading + "".join(lines))
    observations.unlink()
    descriptor = json.loads((whole / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"] = [one for one in descriptor["resources"] if one["name"] != "observations"]
    (whole / "datapackage.json").write_text(json.dumps(descriptor, indent=1) + "\n", encoding="utf-8")
    return sorted(folder.iterdir(), key=lambda path: (path.name != "register", path.name))


def _write(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "observations.csv").write_text(text, encoding="utf-8")
    descriptor = {
        "name": folder.name,
        "version": "1.0.0",
        "title": f"Figures of {folder.name}",
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "resources": [
            {"name": "figures", "table": "observations", "path": "observations.csv", "encoding": "utf-8"}
        ],
    }
    (folder / "datapackage.json").write_text(json.dumps(descriptor, indent=1) + "\n", encoding="utf-8")


def change_figures(package: Path) -> int:
    """Change one figure in fifty of a package, and give how many."""
    path = package / "observations.csv"
    heading, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = 0
    for at in range(0, len(lines), 50):
        cells = lines[at].split(",")
        if cells[4]:
            cells[4] = f"{float(cells[4]) / 2:.1f}"
            # A limit that the figure is outside of would be a problem.
            cells[6] = cells[7] = ""
            lines[at] = ",".join(cells)
            changed += 1
    path.write_text(heading + "".join(lines), encoding="utf-8")
    return changed


def copy_packages(folder: Path, target: Path) -> list[Path]:
    """Copy packages to change them."""
    shutil.copytree(folder, target)
    return sorted(target.iterdir(), key=lambda path: (path.name != "register", path.name))
