"""Pictures of every kind of page, wide and narrow, light and dark, into shots/.

In:   the bundled example, published and served by this program on a port that the system gives
Out:  shots/<kind>-<width>-<scheme>.png, whole pages

`python -m tools.shots` makes all; names of kinds after it make only those. The tests of accessibility open
the same addresses with the same browser.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from tools.example_site import serving_example

ROOT = Path(__file__).resolve().parent.parent
# The one that never has a window takes more than a quarter less of the processor.
CHROMIUM = which("chromium-headless-shell") or which("chromium") or "chromium-headless-shell"

# Nothing may leave this machine: without these Chromium looks for its maker's hosts at every start.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")

_FIGURE = "ons-labour-market/employment-rate/E09000015/2023-01-01_P1Y"
_SELECT = "SELECT ?dataset WHERE { ?dataset a <http://purl.org/linked-data/cube#DataSet> }"
_SEVERAL = "adult-obesity,employment-rate,persistent-absence,net-additional-homes"
_WRONG = "SELECT ?dataset WHERE {"

# One address for each kind of page, and for each state in which a kind looks different.
KINDS: Mapping[str, str] = {
    "home": "/",
    "signals": "/signals",
    "signals-narrowed": "/signals?area=E06000001&state=open",
    "signal": "/signals/below-peers_E06000001_dfe-children_repeat-referrals_2022-04-01_P1Y",
    "signal-grade": "/signals/low-grade_ilacs-2018-07-23-herefordshire-council-leaders",
    "signal-rule": "/signal-rules/below-peers",
    "search-hits": "/search?q=ha",
    "search-postcode": "/search?q=CT1+2NH",
    "search-first-half": "/search?q=ha1",
    "search-none": "/search?q=hartlepul",
    "areas": "/areas",
    "areas-region": "/areas?region=E12000007",
    "area-borough": "/areas/E09000015",
    "area-county": "/areas/E10000016",
    "area-district": "/areas/E07000106",
    "area-new": "/areas/E06000060",
    "area-ended": "/areas/E07000004",
    "area-region": "/areas/E12000007",
    "area-country": "/areas/E92000001",
    "area-welsh": "/areas/E06000052?lang=cy",
    "area-topic": "/areas/E09000015?topic=children",
    "inspections": "/areas/E10000016/inspections",
    "inspections-district": "/areas/E07000106/inspections",
    "neighbourhoods": "/areas/E09000015/neighbourhoods",
    "neighbourhoods-no-map": "/areas/E09000008/neighbourhoods",
    "neighbourhoods-none": "/areas/E06000001/neighbourhoods",
    "area-neighbourhood": "/areas/E01002126",
    "indicators": "/indicators",
    "indicators-filtered": "/indicators?theme=health&evidence=performance",
    "indicators-none": "/indicators?theme=health&tier=lower-tier",
    "changes": "/changes",
    "changes-narrowed": "/changes?indicator=early-development",
    "register": "/register",
    "indicator": "/indicators/adult-obesity",
    "indicator-version": "/indicators/employment-rate/v1.0.0?order=figure",
    "indicator-diff": "/indicators/early-development/diff?from=1.0.0&to=2.0.0",
    "indicator-page-2": "/indicators/net-additional-homes?page=2",
    "indicator-total": "/indicators/homes-delivered",
    "propose": "/propose",
    "propose-near": "/propose?label=Kids+in+care&numerator=Children+looked+after&unit=percent&frequency=quarterly",
    "reconcile": "/reconcile/list",
    "reconcile-found": "/reconcile/list?names=Cumbria%0ANewcastle%0AHarow&day=2019",
    "reconcile-preview": "/reconcile/preview?id=area/E10000006",
    "propose-fault": "/propose?question=How+many%3F&frequency=often",
    "datasets": "/datasets",
    "dataset": "/datasets/ons-labour-market",
    "groups": "/groups",
    "group-members": "/groups/region-london",
    "group-neighbours": "/groups/similar?area=E07000106",
    "group-open": "/groups/open-neighbours?area=E09000015",
    "group-reweighed": "/groups/open-neighbours?area=E09000015&weight-weekly-pay=9",
    "bodies": "/bodies",
    "body-council": "/bodies/kent-county-council",
    "body-inspectorate": "/bodies/ofsted",
    "judgements": "/judgements",
    "programme": "/programme",
    "programme-body": "/bodies/kent-county-council/programme",
    "judgement": "/judgements/ilacs-2025-03-04-london-borough-of-harrow-overall",
    "frameworks": "/frameworks",
    "framework": "/frameworks/ofsted-ilacs",
    "scales": "/scales",
    "scale": "/scales/ofsted-2013",
    "targets": "/targets",
    "target": "/targets/homes-required-2020-23-e09000015",
    "target-everyone": "/targets/housing-delivery-test-2020-23-standard-95",
    "code-lists": "/code-lists",
    "code-list": "/code-lists/status",
    "code": "/codes/theme/health",
    "dimension": "/dimensions/sex",
    "periods": "/periods",
    "period": "/periods/2023-01-01_P1Y",
    "grade": "/grades/ofsted-2013/good",
    "observation": f"/observations/{_FIGURE}",
    "compare-form": "/compare",
    "compare-similar": "/compare?indicator=adult-obesity&areas=E09000015",
    "compare-all": "/compare?indicator=employment-rate&group=all&areas=E10000016",
    "compare-apart": "/compare?indicator=employment-rate&areas=E10000016,E07000106,E09000015",
    "compare-not-run": "/compare?indicator=persistent-absence&areas=E07000106",
    "compare-grid": f"/compare?view=grid&indicator={_SEVERAL}&areas=E09000015,E07000106,E10000016",
    "compare-multiples": "/compare?view=multiples&indicator=adult-obesity&areas=E09000015",
    "compare-scatter": "/compare?view=scatter&indicator=adult-obesity&with=employment-rate&areas=E09000015",
    "compare-map": "/compare?view=map&indicator=adult-obesity&areas=E09000015",
    "compare-funnel": "/compare?view=funnel&indicator=most-deprived-neighbourhoods&areas=E09000015",
    "compare-unclear": "/compare?indicator=adult-obesity&areas=E09000015,Newcastle,Aylesbury+Vale",
    "embed": "/embed/adult-obesity?areas=E09000015,E09000003&made=2026-01-01-0123456789ab",
    "embed-bars": "/embed/employment-rate?areas=E10000016,E07000106,E09000015&view=bars",
    "embed-unknown": "/embed/adult-obesiti?areas=E09000015",
    "cite-form": "/cite",
    "cite": f"/cite?url=/observations/{_FIGURE}",
    "cite-refused": "/cite?url=https://elsewhere.example.org/",
    "downloads": "/downloads",
    "editions": "/editions",
    "sparql": "/sparql",
    "sparql-result": f"/sparql?query={quote(_SELECT)}",
    "sparql-fault": f"/sparql?query={quote(_WRONG)}",
    "questions": "/questions",
    "question": "/questions/compared-with-similar",
    "question-plain": "/questions/breaks-in-definitions",
    "api": "/api",
    "api-examples": "/api/examples",
    "problems": "/problems",
    "problem": "/problems/area-ended",
    "vocabulary": "/def/",
    "accessibility": "/accessibility",
    "methods": "/methods",
    "not-for": "/not-for",
    "not-found": "/areas/E99999999",
    "refused": "/compare?indikator=adult-obesity",
    "none-yet": "/plans",
    "data": "/data/",
    "data-database": "/data/catalogue",
    "data-table": "/data/catalogue/areas?_facet=area_type",
    "data-table-filtered": "/data/catalogue/judgements?_facet=kind&framework__exact=ofsted-ilacs&kind=inspection",
    "data-view": "/data/catalogue/figures?area_code=E09000015",
    "data-query": "/data/catalogue/figures-over-time?area=E09000015&indicator=adult-obesity",
    "data-sql": "/data/catalogue?sql=SELECT+*+FROM+figures+WHERE+area_code+%3D+%3Aarea+LIMIT+5&area=E09000015",
    "data-sql-fault": "/data/catalogue?sql=SELECT+nope+FROM+areas",
    "data-not-found": "/data/catalogue/nothing",
    "data-row": "/data/catalogue/areas/E09000015",
}


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def write_shots(url: str, folder: Path, kinds: Mapping[str, str]) -> None:
    """Write a picture of each address, wide and narrow, light and dark."""
    folder.mkdir(exist_ok=True)
    with open_browser() as browser:
        for width in WIDTHS:
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                for name, address in kinds.items():
                    page.goto(url + address)
                    page.screenshot(path=str(folder / f"{name}-{width}-{scheme}.png"), full_page=True)
                    sys.stderr.write(f"{name} {width} {scheme}\n")
                context.close()


def main() -> None:
    """Make the pictures that are asked for, or all."""
    wanted = sys.argv[1:]
    unknown = [name for name in wanted if name not in KINDS]
    if unknown:
        sys.exit(f"There is no kind {', '.join(unknown)}. Kinds: {', '.join(KINDS)}")
    kinds = {name: KINDS[name] for name in wanted} or KINDS
    with tempfile.TemporaryDirectory() as folder, serving_example(Path(folder)) as served:
        write_shots(served.url, ROOT / "shots", kinds)


if __name__ == "__main__":
    main()
