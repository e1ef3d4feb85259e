"""A chart for the pages of others: small, without script, and honest about its age.

In:   a chart, and what became of it since it was made
Out:  a page that may stand in a frame; the code by which a page takes it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from markupsafe import escape

from api.failures import Failure
from api.pages.chart import Chart
from api.pages.made import Since
from api.pages.page import Frame, Page, address_of, make_page
from api.pages.places import find_places

if TYPE_CHECKING:
    from api.edition import Edition


@dataclass(frozen=True, slots=True)
class EmbedCode:
    """What somebody copies into a page of their own: a frame, or an image alone.

    page    the address of the chart as an embed, inside the site
    image   the same as an SVG
    """

    page: str
    image: str
    frame_code: str
    image_code: str


def embed(edition: Edition, chart: Chart, since: Since | None, query: dict[str, str]) -> Page:
    """Make the page of a chart for frames."""
    names = {area: place.name for area, place in find_places(edition, chart.judged.left_out).items()}
    frame = Frame(
        path="", title=f"{chart.title}: {chart.subtitle}", datasets=chart.datasets, credits=chart.credits
    )
    asked = {key: value for key, value in query.items() if key in ("areas", "period")}
    pairs = {"indicator": chart.definition.indicator, **asked}
    return make_page(
        edition,
        "embed",
        frame,
        chart=chart,
        since=since,
        verdict=chart.judged.tell(names),
        whole=f"/compare?{urlencode(pairs, safe=',')}",
        definition=address_of("indicator", chart.definition.indicator),
    )


def embed_without(edition: Edition, failure: Failure, since: Since | None) -> Page:
    """Make the page that stands in a frame where the chart cannot be drawn, or no longer."""
    title = since.title if since is not None else failure.kind.title
    told = since.sentences if since is not None else (failure.detail,)
    status = 410 if since is not None else failure.kind.status
    frame = Frame(path="", title=title, status=status)
    return make_page(edition, "embed_without", frame, told=told)


def embed_code(edition: Edition, chart_title: str, indicator: str, **parameters: str) -> EmbedCode:
    """Write the code for a chart, made from the edition that is served."""
    pairs = {key: value for key, value in parameters.items() if value}
    query = urlencode(pairs, safe=",")
    page = f"/embed/{indicator}?{urlencode({**pairs, 'made': edition.name}, safe=',')}"
    image = f"/chart/{indicator}.svg{f'?{query}' if query else ''}"
    public = edition.base.rstrip("/")
    title = escape(chart_title)
    return EmbedCode(
        page,
        image,
        f'<iframe src="{escape(public + page)}" title="{title}" width="100%" height="620" loading="lazy"'
        ' style="border:0"></iframe>',
        f'<img src="{escape(public + image)}" alt="{title}">',
    )
