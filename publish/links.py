"""What tables imply and no single cell says becomes statements: heads, schemes, periods, other registers.

In:   Contents
Out:  lines of N-Triples, in a fixed order, without blank nodes
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from publish.contents import Contents
from publish.triples import RDF_TYPE, Names, english, is_harmless_address, line, literal

_GSS_CODE = re.compile("[EKLMNSWJ][0-9]{8}")
GSS_ADDRESS = "http://statistics.data.gov.uk/id/statistical-geography/"
INTERVAL_ADDRESS = "http://reference.data.gov.uk/id/gregorian-interval/"
GOVERNMENT_YEAR_ADDRESS = "http://reference.data.gov.uk/id/government-year/"
YEAR_ADDRESS = "http://reference.data.gov.uk/id/year/"

# Codes of the SDMX list of observation statuses that its RDF edition carries; the others have no IRI.
_SDMX_STATUSES = frozenset("ABEFIMPS")


def implied_lines(contents: Contents, names: Names) -> Iterator[str]:
    """Write what follows from the small tables."""
    yield from _areas(contents, names)
    yield from _indicators(contents, names)
    yield from _frameworks(contents, names)
    yield from _signal_rules(contents, names)
    yield from _periods(contents, names)
    yield from _codes(contents, names)
    yield from _crosswalk(contents, names)
    yield from _identifiers(contents, names)


def _areas(contents: Contents, names: Names) -> Iterator[str]:
    """Put each area in the scheme of areas, and link one with a GSS code to the register of those."""
    in_scheme, areas = names.iri("skos:inScheme"), f"<{names.iri('def:areas')}>"
    same = names.iri("owl:sameAs")
    for row in contents.rows("areas"):
        iri = names.thing(f"area/{row['area']}")
        yield line(iri, in_scheme, areas)
        if _GSS_CODE.fullmatch(row["area"]):
            yield line(iri, same, f"<{GSS_ADDRESS}{row['area']}>")


def _indicators(contents: Contents, names: Names) -> Iterator[str]:
    """Write the head of each indicator: its current name, and its versions."""
    scheme = names.iri("def:indicators")
    for head in contents.indicator_heads:
        iri = names.thing(f"indicator/{head['indicator']}")
        current = names.thing(f"indicator/{head['indicator']}/v{head['version']}")
        yield line(iri, RDF_TYPE, f"<{names.iri('def:Indicator')}>")
        yield line(iri, RDF_TYPE, f"<{names.iri('skos:Concept')}>")
        yield line(iri, names.iri("skos:prefLabel"), english(head["label"]))
        yield line(iri, names.iri("skos:notation"), literal(head["indicator"]))
        yield line(iri, names.iri("skos:inScheme"), f"<{scheme}>")
        yield line(iri, names.iri("skos:topConceptOf"), f"<{scheme}>")
        yield line(scheme, names.iri("skos:hasTopConcept"), f"<{iri}>")
        yield line(iri, names.iri("dcat:hasCurrentVersion"), f"<{current}>")
    heads = {(head["indicator"], head["version"]) for head in contents.indicator_heads}
    for row in contents.rows("indicators"):
        iri = names.thing(f"indicator/{row['indicator']}")
        # What follows an indicator that is withdrawn is said of the indicator too, not of a version alone.
        if (
            row["status"] == "withdrawn"
            and row["replaced_by"]
            and (row["indicator"], row["version"]) in heads
        ):
            follower = names.thing(f"indicator/{row['replaced_by']}")
            yield line(iri, names.iri("dct:isReplacedBy"), f"<{follower}>")
        version = names.thing(f"indicator/{row['indicator']}/v{row['version']}")
        yield line(iri, names.iri("dcat:hasVersion"), f"<{version}>")
    yield from _origins(contents, names)


def _origins(contents: Contents, names: Names) -> Iterator[str]:
    """Say of a definition that was pulled what it is where it comes from: its figures join those over there.

    Each version names its own address there; the definition's is what stands before the version.
    """
    origins = {
        (row["indicator"], (row["origin"] or "").removesuffix(f"/v{row['version']}"))
        for row in contents.rows("indicators")
        if (row["origin"] or "").endswith(f"/v{row['version']}")
    }
    for indicator, origin in sorted(origins):
        if is_harmless_address(origin):
            yield line(names.thing(f"indicator/{indicator}"), names.iri("skos:exactMatch"), f"<{origin}>")


def _frameworks(contents: Contents, names: Names) -> Iterator[str]:
    """Write the head of each framework; its name is that of the version in force last."""
    last = {row["framework"]: row for row in sorted(contents.rows("frameworks"), key=_in_force)}
    for framework in sorted(last):
        iri = names.thing(f"framework/{framework}")
        yield line(iri, RDF_TYPE, f"<{names.iri('def:Framework')}>")
        yield line(iri, names.iri("skos:prefLabel"), english(last[framework]["label"]))
        yield line(iri, names.iri("skos:notation"), literal(framework))
    for row in contents.rows("frameworks"):
        iri = names.thing(f"framework/{row['framework']}")
        yield line(iri, names.iri("dcat:hasVersion"), f"<{names.thing(_framework_path(row))}>")


def _signal_rules(contents: Contents, names: Names) -> Iterator[str]:
    """Write the head of each rule of the early-warning register; its name is that of the newest version."""
    rows = sorted(contents.rows("signal_rules"), key=lambda row: (row["rule"], int(row["version"])))
    for rule, row in {row["rule"]: row for row in rows}.items():
        iri = names.thing(f"signal-rule/{rule}")
        yield line(iri, RDF_TYPE, f"<{names.iri('def:SignalRule')}>")
        yield line(iri, names.iri("skos:prefLabel"), english(row["label"]))
        yield line(iri, names.iri("skos:notation"), literal(rule))
    for row in rows:
        version = names.thing(f"signal-rule/{row['rule']}/{row['version']}")
        yield line(names.thing(f"signal-rule/{row['rule']}"), names.iri("dcat:hasVersion"), f"<{version}>")


def _in_force(row: dict[str, str]) -> tuple[str, str]:
    return row["in_force_from"], row["version"]


def _framework_path(row: dict[str, str]) -> str:
    return f"framework/{row['framework']}/{row['version']}"


def _periods(contents: Contents, names: Names) -> Iterator[str]:
    """Write each period, and the same interval at reference.data.gov.uk."""
    for period in contents.periods:
        iri = names.thing(f"period/{period.notation}")
        interval = f"{INTERVAL_ADDRESS}{period.start_on.isoformat()}T00:00:00/{period.length}"
        yield line(iri, RDF_TYPE, f"<{names.iri('time:ProperInterval')}>")
        yield line(iri, names.iri("skos:prefLabel"), english(period.label))
        yield line(iri, names.iri("skos:notation"), literal(period.notation))
        yield line(iri, names.iri("def:periodKind"), f"<{names.thing(f'code/period-kind/{period.kind}')}>")
        yield line(iri, names.iri("def:startOn"), literal(period.start_on.isoformat(), "date"))
        yield line(iri, names.iri("def:endOn"), literal(period.end_on.isoformat(), "date"))
        yield line(iri, names.iri("def:periodLength"), literal(period.length))
        yield line(iri, names.iri("owl:sameAs"), f"<{interval}>")
        year = period.start_on.year
        if period.kind == "financial-year":
            yield line(iri, names.iri("skos:exactMatch"), f"<{GOVERNMENT_YEAR_ADDRESS}{year}-{year + 1}>")
        if period.kind == "calendar-year":
            yield line(iri, names.iri("skos:exactMatch"), f"<{YEAR_ADDRESS}{year}>")


def _codes(contents: Contents, names: Names) -> Iterator[str]:
    """Tell each list its top codes, each scale its grades, and the statuses their SDMX codes."""
    for table, scheme, code, parent in (
        ("codes", "code-list/{code_list}", "code/{code_list}/{code}", "parent"),
        ("grades", "scale/{scale}", "grade/{scale}/{grade}", None),
    ):
        for row in contents.rows(table):
            if parent is None or row[parent] is None:
                whole, part = names.thing(scheme.format_map(row)), names.thing(code.format_map(row))
                yield line(whole, names.iri("skos:hasTopConcept"), f"<{part}>")
                yield line(part, names.iri("skos:topConceptOf"), f"<{whole}>")
    for status in contents.model.code_lists["status"].codes:
        if status.more["sdmx"] in _SDMX_STATUSES:
            match = "skos:exactMatch" if status.code != "revised" else "skos:broadMatch"
            sdmx = names.iri(f"sdmx-code:obsStatus-{status.more['sdmx']}")
            yield line(names.thing(f"code/status/{status.code}"), names.iri(match), f"<{sdmx}>")


def _crosswalk(contents: Contents, names: Names) -> Iterator[str]:
    """Say a crosswalk's relation directly, between the two definitions, from either side."""
    relations = contents.model.code_lists["definition-relation"]
    for row in contents.rows("crosswalk"):
        own, relation = names.thing(f"indicator/{row['from_indicator']}"), relations.code(row["relation"])
        there = names.iri(relation.more["property"])
        back = names.iri(relations.code(relation.more["inverse"]).more["property"])
        if row["to_indicator"] is not None:
            other = names.thing(f"indicator/{row['to_indicator']}")
            yield line(own, there, f"<{other}>")
            yield line(other, back, f"<{own}>")
        # What is not an address of the web stays a text of the crosswalk's own row.
        if row["to_uri"] is not None and is_harmless_address(row["to_uri"]):
            yield line(own, there, f"<{row['to_uri']}>")


def _identifiers(contents: Contents, names: Names) -> Iterator[str]:
    """Link areas and bodies to what other registers call them, where those have addresses."""
    schemes = contents.model.code_lists["identifier-scheme"]
    for table, kind in (("area_identifiers", "area"), ("body_identifiers", "body")):
        for row in contents.rows(table):
            template, identifier = schemes.code(row["scheme"]).more["uri"], row["identifier"]
            if not template or not identifier.isascii() or not identifier.replace("-", "").isalnum():
                continue
            # A code that is the area's own is linked with the areas.
            if row["scheme"] == "gss" and identifier == row.get("area"):
                continue
            link = _LINKS.get((kind, row["scheme"]), "skos:exactMatch")
            other = template.replace("{}", identifier)
            yield line(names.thing(f"{kind}/{row[kind]}"), names.iri(link), f"<{other}>")


# How a thing stands to its entry in another register: a body is not its area, and a page is not a council.
_LINKS = {
    ("area", "gss"): "owl:sameAs",
    ("body", "gss"): "skos:relatedMatch",
    ("area", "gov-uk"): "foaf:page",
    ("body", "gov-uk"): "foaf:page",
}
