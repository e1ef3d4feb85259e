"""Do the worst SPARQL queries slow the others? Light queries alone, and while heavy ones run without a pause.

    python -m benchmarks.isolation                measures, and writes its part of the report to standard output
    python -m benchmarks.isolation --rounds 9     more rounds, for a machine with other work

The bundled example is published and served by one worker process, as `likeforlike serve` does it. Two clients ask light
questions, each with a pause after an answer; in every second phase four more send heavy queries one after another and
never wait as long as they are told to. A round is one phase of each kind, so both meet the same load of others, and
what counts is the ratio within a round; the median of the rounds is reported.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.pages import EXAMPLE, serving

HEADING = "## Light queries beside heavy ones"
LIMIT = 1.5
SECONDS = 24.0
PAUSE = 0.02
LIGHT_CLIENTS = 2
BASE = "http://127.0.0.1:8001/"

_PREFIXES = f"""PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX def: <{BASE}def/>
PREFIX sdmx-dimension: <http://purl.org/linked-data/sdmx/2009/dimension#>
PREFIX sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#>
"""
_AREAS = ("E09000015", "E06000060", "E07000106", "E10000016", "E12000007", "E06000001")
# Of labels, which are in the store itself: what could need every observation is refused before it begins.
_PAIR = "?a skos:prefLabel ?c . ?d skos:prefLabel ?f ."
_LINK = "skos:inScheme|^skos:inScheme|skos:broader|^skos:broader"

LIGHT = tuple(
    query.replace("AREA", f"<{BASE}id/area/{area}>")
    for area in _AREAS
    for query in (
        "SELECT ?label WHERE { AREA skos:prefLabel ?label }",
        "SELECT * WHERE { AREA ?property ?value }",
        "SELECT ?indicator ?label WHERE { ?indicator a def:Indicator ; skos:prefLabel ?label } ORDER BY ?label",
        (
            "SELECT ?period ?value WHERE { ?figure sdmx-dimension:refArea AREA ; sdmx-dimension:refPeriod ?period ;"
            f" def:indicator <{BASE}id/indicator/employment-rate> ; sdmx-measure:obsValue ?value }} ORDER BY ?period"
        ),
    )
)

HEAVY = {
    "a cartesian product": f"SELECT (COUNT(*) AS ?n) {{ {_PAIR} ?g skos:prefLabel ?i }}",
    "a regular expression on it": f"SELECT (COUNT(*) AS ?n) {{ {_PAIR}"
    ' FILTER(REGEX(CONCAT(STR(?a), STR(?f)), "(o+)+$")) }',
    "paths of any length": f"SELECT (COUNT(*) AS ?n) {{ ?a ({_LINK})* ?b . ?c ({_LINK})* ?d }}",
    "the order of a product": f"SELECT * {{ {_PAIR} }} ORDER BY ?c ?f",
}


@dataclass
class Phase:
    """What the clients of one phase saw: milliseconds of light answers by door, and how heavy ones ended."""

    times: dict[str, list[float]] = field(default_factory=lambda: {"sparql": [], "page": []})
    ends: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)


def run_phase(port: int, seconds: float, *, is_heavy: bool) -> Phase:
    """Run the clients of one phase to their end. Heavy ones begin before the light ones are timed."""
    phase, over = Phase(), threading.Event()
    heavy = [threading.Thread(target=_ask_heavy, args=(port, query, phase, over)) for query in HEAVY.values()]
    light = [
        threading.Thread(target=_ask_light, args=(port, number, phase, over))
        for number in range(LIGHT_CLIENTS)
    ]
    if is_heavy:
        for thread in heavy:
            thread.start()
        time.sleep(1)
    for thread in light:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in light + (heavy if is_heavy else []):
        thread.join()
    return phase


def _ask_light(port: int, number: int, phase: Phase, over: threading.Event) -> None:
    at = number
    while not over.is_set():
        area = _AREAS[at % len(_AREAS)]
        paths = {
            "sparql": f"/sparql?{urlencode({'query': _PREFIXES + LIGHT[at % len(LIGHT)]})}",
            "page": f"/api/v1/observations?area={area}&limit=50&indicator=employment-rate",
        }
        for door, path in paths.items():
            began = time.perf_counter()
            status = _get(port, path)
            phase.times[door].append((time.perf_counter() - began) * 1000)
            if status != 200:
                phase.wrong[f"{door} {status}"] += 1
        at += 1
        time.sleep(PAUSE)


def _ask_heavy(port: int, query: str, phase: Phase, over: threading.Event) -> None:
    """Send a heavy query again and again; each one differs by a comment, so that none is known already."""
    sent = 0
    while not over.is_set():
        sent += 1
        told = f"# {threading.get_ident()} {sent}\n{_PREFIXES}{query}"
        phase.ends[str(_get(port, f"/sparql?{urlencode({'query': told})}", over))] += 1


def _get(port: int, path: str, over: threading.Event | None = None) -> int:
    """Ask, read all of it and give the status. A heavy query whose phase is over is left: 0."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5 if over else 60)
    try:
        connection.request("GET", path)
        while over is not None:
            try:
                answer = connection.getresponse()
                break
            except TimeoutError:
                if over.is_set():
                    return 0
        else:
            answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def p(times: Sequence[float], percent: int) -> float:
    """Give a percentile: the smallest time that so many of a hundred do not exceed."""
    return sorted(times)[-(-len(times) * percent // 100) - 1]


def measure_rounds(port: int, rounds: int, seconds: float) -> list[tuple[Phase, Phase]]:
    """Measure rounds; which kind of phase comes first changes from one to the next."""
    run_phase(port, 2.0, is_heavy=False)
    found = []
    for number in range(rounds):
        phases = {}
        for is_heavy in (False, True) if number % 2 == 0 else (True, False):
            phases[is_heavy] = run_phase(port, seconds, is_heavy=is_heavy)
        alone, beside = phases[False], phases[True]
        found.append((alone, beside))
        said = ", ".join(
            f"{door} p50 {p(alone.times[door], 50):.1f}→{p(beside.times[door], 50):.1f}"
            f" p95 {p(alone.times[door], 95):.1f}→{p(beside.times[door], 95):.1f} ms"
            for door in alone.times
        )
        sys.stderr.write(
            f"round {number + 1}: {said}; heavy {dict(beside.ends)}; load {os.getloadavg()[0]:.1f}\n"
        )
    return found


def write_part(found: Sequence[tuple[Phase, Phase]], seconds: float, load: float) -> str:
    """Write the part of the report."""
    ends: Counter[str] = sum((beside.ends for _, beside in found), Counter())
    wrong: Counter[str] = sum((one.wrong for pair in found for one in pair), Counter())
    asked = sum(len(times) for pair in found for one in pair for times in one.times.values())
    words = (
        f"{LIGHT_CLIENTS} clients with light questions, alone and while {len(HEAVY)} more send {', '.join(HEAVY)}"
        f" without a pause; {len(found)} rounds of {seconds:g} s each way, one server process,"
        f" {os.cpu_count()} cores with other work on them (load {load:.1f} before)."
        " `python -m benchmarks.isolation` measures it. The ratio is the median of the rounds, with the least and"
        f" the most; {LIMIT:g} is the most that the median of p95 may be."
    )
    heads = (
        "Light questions",
        "Alone, p50 ms",
        "p95 ms",
        "Beside heavy ones, p50 ms",
        "p95 ms",
        "Ratio of p50",
        "of p95",
    )
    lines = [HEADING, "", words, "", f"| {' | '.join(heads)} |", f"| ---{' | ---:' * 6} |"]
    for door, name in (("sparql", "SPARQL"), ("page", "API")):
        cells = [
            [p(pair[at].times[door], percent) for pair in found] for at in (0, 1) for percent in (50, 95)
        ]
        shown = [f"{statistics.median(one):.1f}" for one in cells]
        for percent in (0, 1):
            ratios = [b / a for a, b in zip(cells[percent], cells[percent + 2], strict=True)]
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            shown.append(f"**{statistics.median(ratios):.2f}** ({spread})")
        lines.append(f"| {name} | {' | '.join(shown)} |")
    told = ", ".join(f"{count} {_MEANING.get(status, status)}" for status, count in sorted(ends.items()))
    lines += [
        "",
        f"{asked:,} light questions, {sum(wrong.values())} without an answer. Heavy ones: {told}.",
        "",
    ]
    return "\n".join(lines)


_MEANING = {
    "0": "were still running when their phase was over",
    "200": "were answered",
    "422": "were ended at a limit",
    "503": "were told to come back",
}


@contextmanager
def _site() -> Iterator[Path]:
    from datetime import date

    from publish import publish_site
    from schemas.site import load_site

    folder = Path(tempfile.mkdtemp(prefix="likeforlike-isolation-"))
    try:
        packages = json.dumps([f"{EXAMPLE}/*/"])
        (folder / "site.toml").write_text(
            f'title = "Benchmark"\nbase = "{BASE}"\npackages = {packages}\n', encoding="utf-8"
        )
        publish_site(load_site(folder), on=date(2026, 1, 1))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.isolation", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--site", type=Path, help="a site that is published already, with the base above")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    if given.site:
        with serving(given.site, workers=1) as port:
            found = measure_rounds(port, given.rounds, given.seconds)
    else:
        with _site() as folder, serving(folder, workers=1) as port:
            found = measure_rounds(port, given.rounds, given.seconds)
    sys.stdout.write(write_part(found, given.seconds, load))


if __name__ == "__main__":
    main()
