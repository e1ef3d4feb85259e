"""What became of figures since somebody put them on a page of their own, or cited them.

In:   the chart that is served now, and the edition (or version of the definition) that a page was made from; or a
      thing of an edition and the edition that is current
Out:  Since: current, revised, definition-changed, withdrawn or not-known, in words

A chart is held against the edition it was made from, figure by figure. New periods are no revision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from api import sentences
from api.failures import Failure
from api.pages.chart import Chart, Key, Said, make_chart, said_of
from api.pages.definitions import Definition, load_definitions
from api.pages.places import find_places
from api.pages.series import OBSERVATIONS, read_observed
from api.things import read_observation

if TYPE_CHECKING:
    from api.edition import Edition, Editions

State = Literal["current", "revised", "definition-changed", "withdrawn", "not-known"]

TITLES: Mapping[State, str] = {
    "current": "Up to date",
    "revised": "Revised since",
    "definition-changed": "Definition changed",
    "withdrawn": "Withdrawn",
    "not-known": "Not known whether it is up to date",
}

_EDITION = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")

# So many figures that were revised are told one by one.
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Since:
    """What became of a chart since it was made, with sentences that say so."""

    state: State
    sentences: tuple[str, ...]

    @property
    def title(self) -> str:
        return TITLES[self.state]

    def as_document(self, edition: Edition) -> dict[str, object]:
        """Say it as JSON has it; `edition` is the one that is current."""
        return {
            "state": self.state,
            "title": self.title,
            "sentences": self.sentences,
            "current": edition.name,
        }


def read_made(made: str) -> str:
    """Read what a chart was made from: the name of an edition, or a version of the definition.

    Raises Failure.
    """
    if _EDITION.fullmatch(made) or _VERSION.fullmatch(made):
        return made
    detail = "made is the name of an edition, such as 2026-11-22-0123456789ab, or a version, such as v1.0.0."
    raise Failure("parameter-wrong", detail, problems=[{"parameter": "made", "detail": detail}])


def look_since(
    edition: Edition, editions: Editions, indicator: str, query: Mapping[str, str], now: Chart | None
) -> Since:
    """Say what became of a chart since the edition or version that `made` names.

    now   the chart as it is served; None where it can no longer be drawn

    Raises Failure if `made` is neither.
    """
    made = read_made(query["made"])
    version = _VERSION.fullmatch(made)
    if version is not None:
        return _since_version(version[1], now)
    if made == edition.name and now is not None:
        return Since("current", ())
    before = editions.find(made)
    if before is None:
        told = (
            f"It was made from edition {made}, which is not kept here, so what changed since cannot be said."
        )
        return Since("withdrawn" if now is None else "not-known", (told,))
    try:
        then = make_chart(before, indicator, query)
    except Failure:
        told = f"Edition {made} did not have this chart, so what changed since cannot be said."
        return Since("withdrawn" if now is None else "not-known", (told,))
    return _hold(edition, made, then.drawn, then.definition, now.definition if now else None)


def _since_version(version: str, now: Chart | None) -> Since:
    if now is None:
        return Since("withdrawn", (f"It was counted by version {version}. It is no longer published.",))
    if now.definition.version != version:
        return Since("definition-changed", (_changed(version, now.definition.version),))
    return Since("current", (f"Counted by version {version}, the one in use.",))


def _changed(before: str, after: str) -> str:
    return f"It was counted by version {before} of the definition; version {after} is in use now."


def look_since_thing(edition: Edition, before: Edition, kind: str, notation: Sequence[str]) -> Since | None:
    """Say what became, by the edition that is current, of a thing as an edition before has it.

    Returns None for kinds of things that nothing is said of.
    """
    if edition.digest == before.digest:
        return Since("current", (f"Edition {edition.name} is current.",))
    if kind == "observation":
        key = read_observation(notation)
        return None if key is None else _since_figure(edition, before, key)
    if kind == "indicator":
        return _since_indicator(edition, before, notation[0])
    if kind == "dataset":
        return _since_dataset(edition, before, notation[0])
    if kind == "edition":
        return Since("revised", (f"Edition {edition.name} has taken its place.",))
    return None


def _since_figure(edition: Edition, before: Edition, figure: tuple[str, str, str, str, str]) -> Since | None:
    dataset, indicator, area, period, breakdown = figure
    drawn = read_figures(before, indicator, [(dataset, area, period, breakdown)])
    if not drawn:
        return None
    [said] = drawn.values()
    definition = load_definitions(before).get(indicator, said[0])
    return _hold(edition, before.name, drawn, definition, definition)


def _since_indicator(edition: Edition, before: Edition, indicator: str) -> Since:
    then, now = (load_definitions(one).in_use.get(indicator) for one in (before, edition))
    if now is None:
        return Since("withdrawn", (f"The definition of edition {before.name} is no longer published.",))
    if then is not None and then.version != now.version:
        return Since(
            "definition-changed", (f"Version {then.version} was in use; version {now.version} is now.",)
        )
    return Since("current", (f"Version {now.version} is still in use.",))


def _since_dataset(edition: Edition, before: Edition, dataset: str) -> Since:
    path = f"datasets/{dataset}.csv"
    then, now = (one.manifest.get("downloads", {}).get(path, {}).get("sha256") for one in (before, edition))
    if not edition.value("SELECT 1 FROM datasets WHERE dataset = ?", (dataset,)):
        return Since("withdrawn", (f"The dataset of edition {before.name} is no longer published.",))
    if then == now:
        return Since("current", (f"Its figures are those of edition {edition.name}, which is current.",))
    return Since("revised", (f"Edition {edition.name} has other figures of it, or more.",))


def _hold(
    edition: Edition, made: str, drawn: Mapping[Key, Said], counted: Definition, counting: Definition | None
) -> Since:
    """Hold figures as they were said against what the current edition says of them.

    drawn     what edition `made` said, by the keys of the figures
    counted   the definition they were shown by; counting: the one that they are shown by now, None where they are not
    """
    today = read_figures(edition, counted.indicator, drawn)
    gone = [key for key in drawn if key not in today]
    if counting is None or gone:
        told = f"{sentences.count(len(gone) or len(drawn), 'figure', 'figures')} of edition {made}"
        return Since("withdrawn", (f"{told} {'is' if len(gone) == 1 else 'are'} no longer published.",))
    versions = [(old[0], today[key][0]) for key, old in drawn.items() if old[0] != today[key][0]]
    if versions:
        return Since("definition-changed", (_changed(*versions[-1]),))
    if counted.version != counting.version:
        told = _changed(counted.version, counting.version)
        return Since("definition-changed", (told,))
    changed = [key for key, old in drawn.items() if old[1:] != today[key][1:]]
    if not changed:
        return Since("current", (f"Made from edition {made}. No figure on it has changed since.",))
    places = find_places(edition, {key[1] for key in changed})
    told = (
        f"{len(changed):,} of {sentences.count(len(drawn), 'figure', 'figures')} changed since edition {made}"
    )
    shown = [
        f"{places[key[1]].name}, {_period(edition, key[2])}: {_write(counted, drawn[key])} became"
        f" {_write(counted, today[key])}."
        for key in changed[:_TOLD]
    ]
    return Since("revised", (f"{told}.", *shown))


def _period(edition: Edition, period: str) -> str:
    return str(edition.value("SELECT label FROM periods WHERE period = ?", (period,)) or period)


def _write(definition: Definition, said: Said) -> str:
    """Write what was said of a figure: its value as published, or why there is none."""
    _, value, status, _, _ = said
    if not value:
        return sentences.status_words(status).lower()
    text = sentences.figure(sentences.exact(float(value)), definition.unit, definition.decimals)
    words = sentences.status_words(status).lower()
    return f"{text} ({words})" if words else text


def read_figures(edition: Edition, indicator: str, keys: Iterable[Key]) -> dict[Key, Said]:
    """Read what an edition says of some figures of an indicator; those it does not have are left out."""
    wanted = set(keys)
    definitions = load_definitions(edition)
    areas = sorted({key[1] for key in wanted})
    places = find_places(edition, areas)
    out: dict[Key, Said] = {}
    for start in range(0, len(areas), 500):
        part = areas[start : start + 500]
        rows = edition.rows(
            # Only question marks are put into the statement.
            f"{OBSERVATIONS} WHERE o.indicator = ? AND o.area IN ({','.join('?' * len(part))})",
            (indicator, *part),
        )
        for row in rows:
            key = (row["dataset"], row["area"], row["period"], row["breakdown"])
            if key in wanted:
                definition = definitions.get(indicator, row["version"])
                out[key] = said_of(read_observed(row, definition, places[row["area"]]))
    return out
