"""Read a Like for Like site from Python: figures, series, comparisons, profiles and verdicts, each answer checked.

>>> with Site("https://data.example.org") as site:                              # doctest: +SKIP
...     for figure in site.figures(indicator="household-waste-recycled", period="latest"):
...         print(figure.area_label, figure.value, figure.status)

Every answer is held against its receipt, so one that was cut or changed on its way raises Damaged. A request that
cannot be met raises Refused, whose text says what to do. Needs nothing of the product but this file and httpx.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, TypeVar

import httpx

Row: TypeAlias = dict[str, Any]
Filter: TypeAlias = "str | int | Sequence[str] | None"
T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - an answer of the site, not a fault of ours
    """The site refused a request. `problem` is its document, with `nearest` and `suggestions` where it has them."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{status}: {problem.get('detail', 'refused')} {problem.get('mend', '')}".strip())


class Damaged(Exception):  # noqa: N818 - named for what the answer is
    """An answer does not hold what its receipt says: ask again."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `value` is None where `status` says why; `value_text` has the digits as published."""

    dataset: str
    indicator: str
    indicator_label: str | None
    version: str
    area: str
    area_label: str | None
    period: str
    period_label: str | None
    breakdown: str
    value: float | None
    value_text: str | None
    unit: str | None
    status: str
    lower_limit: float | None
    upper_limit: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int | None
    note: str | None
    uri: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict; `evidence` has by name what each of the two figures says."""

    code: str
    level: str
    text: str
    evidence: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """like-for-like, with-care or not-comparable, and every reason."""

    level: str
    reasons: tuple[Reason, ...]

    @property
    def may_be_compared(self) -> bool:
        return self.level != "not-comparable"


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure beside the one in focus. A place is counted from the highest figure; never show it alone."""

    figure: Figure
    is_focus: bool
    verdict: str | None
    verdict_reasons: list[str]
    is_counted: bool
    place: int | None
    highest_place: int | None
    lowest_place: int | None
    among: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Areas side by side. `left_out` says who has no place and is in no middle, and why."""

    rows: tuple[Beside, ...]
    left_out: tuple[Row, ...]
    spread: Row | None
    verdict: Verdict
    edition: str


class Site:
    """A site that publishes with Like for Like. Use it in a `with`, which ends its connections."""

    def __init__(self, address: str, *, edition: str | None = None, timeout: float = 30.0) -> None:
        """Name a site; `edition` pins every answer to one edition."""
        self._edition = {"edition": edition} if edition else {}
        self._http = httpx.Client(base_url=address.rstrip("/") + "/", timeout=timeout, follow_redirects=True)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def figures(self, **filters: Filter) -> Iterator[Figure]:
        """Give figures by dataset, indicator, area, period, breakdown and status, part by part."""
        return (_make(Figure, row) for row in self._items("observations", filters))

    def series(self, **filters: Filter) -> Iterator[Row]:
        """Give series, oldest point first; each point has the verdict on it and the one before."""
        return self._items("series", filters)

    def profile(self, area: str) -> list[Row]:
        """Give the newest figures of an area, each with what it is held against."""
        return list(self._items(f"profile/{area}", {}))

    def compare(self, indicator: str, areas: Sequence[str] = (), **more: Filter) -> Comparison:
        """Put areas side by side; `more` is group, period, breakdown, include."""
        told = self._ask("compare", {"indicator": indicator, "areas": ",".join(areas), **more})
        _check(told["items"], told["receipt"])
        rows = tuple(_make(Beside, {**row, "figure": _make(Figure, row)}) for row in told["items"])
        decided = _verdict(told)
        return Comparison(rows, tuple(told["left_out"]), told["spread"], decided, told["edition"])

    def verdict(self, a: str | Figure, b: str | Figure) -> Verdict:
        """Ask whether two figures may be compared: figures, their URIs or their paths."""
        a, b = (one.uri if isinstance(one, Figure) else one for one in (a, b))
        return _verdict(self._ask("verdict", {"a": a, "b": b}))

    def search(self, text: str) -> list[Row]:
        """Find areas, indicators and other things by what people write."""
        return list(self._ask("search", {"q": text})["items"])

    def file(self, door: str, form: str = "arrow", **filters: Filter) -> bytes:
        """Fetch a whole list as csv, xlsx, jsonstat, parquet or arrow; `door` is observations, series, compare …"""
        return self._get(f"api/v1/{door}", {**filters, "format": form}).content

    def _items(self, door: str, filters: Mapping[str, Filter]) -> Iterator[Row]:
        told = self._ask(door, filters)
        while True:
            _check([point for item in told["items"] for point in item.get("points", [item])], told["receipt"])
            yield from told["items"]
            if told["next"] is None:
                return
            told = self._get(told["next"], {}).json()

    def _ask(self, door: str, filters: Mapping[str, Filter]) -> Row:
        told: Row = self._get(f"api/v1/{door}", filters).json()
        return told

    def _get(self, address: str, filters: Mapping[str, Filter]) -> httpx.Response:
        asked = {
            name: value for name, value in {**filters, **self._edition}.items() if value not in (None, "")
        }
        # An address that the site gave has its own question.
        answer = self._http.get(address, params=asked if "?" not in address else None)
        if answer.is_error:
            is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
            raise Refused(answer.status_code, answer.json() if is_problem else {"detail": answer.text[:200]})
        return answer


def _make(kind: type[T], row: Mapping[str, Any]) -> T:
    """Make a value of a row; members that a later version of the API adds are passed over."""
    return kind(**{field.name: row[field.name] for field in fields(kind)})  # type: ignore[arg-type]  # all are dataclasses


def _verdict(told: Row) -> Verdict:
    return Verdict(told["verdict"], tuple(_make(Reason, reason) for reason in told["reasons"]))


def _check(rows: Iterable[Row], receipt: Row) -> None:
    """Hold rows against their receipt; raises Damaged."""
    lines = [f"{row['uri']}\t{row['value_text'] or ''}\t{row['status']}\n" for row in rows]
    digest = hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
    if len(lines) != receipt["rows"] or f"sha-256:{digest}" != receipt["digest"]:
        raise Damaged(f"The answer has {len(lines)} figures; its receipt is for {receipt['rows']}.")
