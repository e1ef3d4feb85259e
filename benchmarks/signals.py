"""How often chance alone makes a rule of the early-warning register fire: series in which nothing happens.

    python -m benchmarks.signals

4,500 series (30 indicators of 150 councils in five types), ten yearly figures each, as many as the bundled example has.
Each council has a level of its own that never moves; its figures lie around it by normal noise and are rounded to a
tenth. Half the indicators publish ranges. What is said and what is counted are series like all others, and know
nothing of each other. The rules are those of the bundled example, held by the very expressions that publish holds.

Writes publish/signal_chances.yaml, from which pages take what they say, and its part of benchmarks/RESULTS.md.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import yaml

from compare import signals_table as table
from publish.signal_chances import FILE
from publish.signal_rules import AppliedRule, read_rules
from schemas import load_model

ROOT = Path(__file__).parent
RULES = ROOT.parent / "examples" / "england" / "signals"
HEADING = "## Early warnings by chance"

SEED, INDICATORS, COUNCILS, TYPES, YEARS = 20_260_101, 30, 150, 5, 10
NOISE, SPREAD = 2.0, 5.0


def make_figures() -> dict[str, pa.Table]:
    """Make the figures, and what stands for each type of council: the mean of its figures."""
    chance = np.random.default_rng(SEED)
    level = chance.normal(50.0, SPREAD, (INDICATORS, COUNCILS, 1))
    values = np.round(level + chance.normal(0.0, NOISE, (INDICATORS, COUNCILS, YEARS)), 1)
    indicator, area, year = (part.ravel() for part in np.indices(values.shape))
    kind = area % TYPES
    has_range = indicator % 2 == 0
    reach = 1.96 * NOISE
    peers = {
        (one, which): values[one, np.arange(COUNCILS) % TYPES == which].mean(axis=0)
        for one in range(INDICATORS)
        for which in range(TYPES)
    }
    quarters = [np.quantile(values[one], (0.25, 0.75), axis=0) for one in range(INDICATORS)]
    number = np.int32
    history = {
        "dataset": np.ones(values.size, number),
        "family": indicator.astype(number),
        "breakdown": np.ones(values.size, number),
        "area": area.astype(number),
        "definition": indicator.astype(number),
        "period": year.astype(number),
        "start_day": year.astype(number),
        "area_type": kind.astype(str),
        "tier": np.full(values.size, "upper-tier"),
        "sign": np.ones(values.size, number),
        "value": values.ravel(),
        "low": np.where(has_range, values.ravel() - reach, np.nan),
        "high": np.where(has_range, values.ravel() + reach, np.nan),
        "chain": np.zeros(values.size, number),
        "good": np.floor(values.ravel() * 1_000_000 + 0.5).astype(np.int64),
        "run": np.zeros(values.size, np.int64),
    }
    rows = [
        (one, which, at, float(value))
        for (one, which), means in peers.items()
        for at, value in enumerate(means)
    ]
    return {
        "history": pa.table({name: pa.array(column, from_pandas=True) for name, column in history.items()}),
        "peers": pa.table(
            {
                "dataset": pa.array([1] * len(rows), pa.int32()),
                "definition": pa.array([row[0] for row in rows], pa.int32()),
                "period": pa.array([row[2] for row in rows], pa.int32()),
                "breakdown": pa.array([1] * len(rows), pa.int32()),
                "area_type": [str(row[1]) for row in rows],
                "family": pa.array([row[0] for row in rows], pa.int32()),
                "epoch": pa.array([0] * len(rows), pa.int32()),
                "chain": pa.array([0] * len(rows), pa.int32()),
                "start_day": pa.array([row[2] for row in rows], pa.int32()),
                "sign": pa.array([1] * len(rows), pa.int32()),
                "peers_value": pa.array([row[3] for row in rows], pa.float64()),
            }
        ),
        "quarters": pa.table(
            {
                "dataset": pa.array([1] * INDICATORS * YEARS, pa.int32()),
                "definition": pa.array(np.repeat(np.arange(INDICATORS), YEARS), pa.int32()),
                "period": pa.array(np.tile(np.arange(YEARS), INDICATORS), pa.int32()),
                "breakdown": pa.array([1] * INDICATORS * YEARS, pa.int32()),
                "tier": ["upper-tier"] * INDICATORS * YEARS,
                "lower_quartile": np.concatenate([one[0] for one in quarters]),
                "upper_quartile": np.concatenate([one[1] for one in quarters]),
            }
        ),
        "pairs": pa.table(
            {
                "family": pa.array(range(0, INDICATORS, 2), pa.int32()),
                "breakdown": pa.array([1] * (INDICATORS // 2), pa.int32()),
                "other_family": pa.array(range(1, INDICATORS, 2), pa.int32()),
                "other_breakdown": pa.array([1] * (INDICATORS // 2), pa.int32()),
            }
        ),
    }


def hold(rule: AppliedRule, tables: dict[str, Any]) -> ibis.Table:
    """Give the expression that holds a rule against every figure."""
    rows, peers, asked = tables["history"], tables["peers"], rule.numbers
    plain = peers.drop("family", "epoch", "chain", "start_day", "sign")
    if rule.kind == "unexpected":
        return table.unexpected(rows, asked)
    if rule.kind == "below-peers":
        return table.below(rows, plain, tables["quarters"], asked)
    moved = table.movements(rows, table.RUN, asked)
    if rule.kind == "falling":
        return table.falling(moved)
    if rule.kind == "perception-apart":
        return table.apart(moved, tables["pairs"])
    theirs = peers.mutate(good=table.good(peers.peers_value, peers.sign))
    moves = table.movements(theirs, table.PEERS, asked).select(
        *("dataset", "definition", "period", "breakdown", "area_type"),
        other_score="score",
        other_needed="needed",
    )
    return table.coasting(moved, plain, moves)


def simulate() -> list[dict[str, Any]]:
    """Hold every rule that chance has a part in, and count."""
    connection = ibis.duckdb.connect()
    tables = {name: connection.create_table(name, one) for name, one in make_figures().items()}
    found = []
    for rule in read_rules(
        load_model(), _rows("signal_rules"), _rows("signal_parameters"), dt.date.max.isoformat()
    ):
        if rule.about != "series":
            continue
        checks = hold(rule, tables)
        counted = checks.aggregate(
            checks=checks.count(), firings=checks.fires.cast("int64").sum()
        ).to_pyarrow()
        [row] = counted.to_pylist()
        found.append(
            {
                "kind": rule.kind,
                "numbers": {name: float(value) for name, value in sorted(rule.numbers.items())},
                "checks": row["checks"],
                "firings": row["firings"] or 0,
                "per_thousand": round(1000 * (row["firings"] or 0) / row["checks"], 2),
            }
        )
    return found


def _rows(name: str) -> list[dict[str, str]]:
    with (RULES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_part(found: list[dict[str, Any]]) -> Iterator[str]:
    """Write the part of RESULTS.md."""
    yield f"{HEADING}\n"
    yield (
        f"One run of `python -m benchmarks.signals` (seed {SEED}): {INDICATORS * COUNCILS:,} series of {YEARS} yearly "
        "figures in which\nnothing happens. A check is one series at one period at which the rule has figures enough.\n"
    )
    yield "| Rule | Checks | Fired | Of 1,000 |\n| --- | ---: | ---: | ---: |"
    for one in found:
        yield f"| {one['kind']} | {one['checks']:,} | {one['firings']:,} | {one['per_thousand']:.2f} |"
    yield ""


def main() -> None:
    found = simulate()
    words = (
        f"From {INDICATORS * COUNCILS:,} made-up series of {YEARS} yearly figures around levels that never move, with "
        "normal noise (python -m benchmarks.signals)."
    )
    told = {"seed": SEED, "series": INDICATORS * COUNCILS, "periods": YEARS, "words": words, "rules": found}
    heading = "# Written by python -m benchmarks.signals; never by hand.\n"
    FILE.write_text(heading + yaml.safe_dump(told, sort_keys=False, width=120), encoding="utf-8")
    results = ROOT / "RESULTS.md"
    part = "\n".join(write_part(found))
    text = re.sub(rf"{HEADING}\n.*?(?=\n## |\Z)", "", results.read_text(encoding="utf-8"), flags=re.S)
    at = text.index("## Method")
    results.write_text(f"{text[:at].rstrip()}\n\n{part}\n{text[at:]}", encoding="utf-8")
    sys.stderr.write(part)


if __name__ == "__main__":
    main()
