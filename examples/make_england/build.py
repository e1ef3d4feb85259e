"""The packages of the example, in order."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from examples.make_england import (
    areas,
    bodies,
    boundaries,
    care,
    definitions,
    explore,
    groups,
    judgements,
    neighbourhoods,
    place,
    recipes,
    tool,
)
from examples.make_england.credits import (
    BOUNDARIES,
    CC_BY,
    CODE_HISTORY,
    DELIVERY_TEST,
    DEPRIVATION,
    EXPLORE,
    LAIT,
    NEIGHBOURHOODS,
    OFSTED_2023,
    OFSTED_OUTCOMES,
    OGL,
    REGISTER,
    SIMILAR,
)
from examples.make_england.ledger import Ledger
from examples.make_england.packages import Package, Resource, Row, write_package
from examples.make_england.register import Register
from ingest.recipe_registers import Registers

# The folder of each publisher's figures, and the publisher's name.
PUBLISHERS = {
    "ons": "Office for National Statistics",
    "ohid": "Office for Health Improvement and Disparities",
    "desnz": "Department for Energy Security and Net Zero",
    "mhclg": "Ministry of Housing, Communities and Local Government",
    "dfe": "Department for Education",
    "oflog": "Office for Local Government",
    "register": "Register of councils",
}


def build_example(sources: Path, target: Path) -> Ledger:
    """Make every package from the publishers' files. Returns what became of every row."""
    ledger = Ledger()
    register = areas.read_areas(sources, ledger)
    bodies.read_bodies(sources, register, ledger)
    names = areas.read_names(sources, register, ledger)
    parents = areas.parent_rows(sources, register, ledger)
    identifiers = bodies.identifier_rows(sources, register, ledger)
    registers = recipes.make_registers(register, names, identifiers)
    packages = {
        "areas": _areas_package(sources, register, names, parents, identifiers, ledger),
        "definitions": _definitions_package(),
        "derived": _derived_package(),
        "groups": _groups_package(sources, register, parents, ledger),
        "judgements": _judgements_package(sources, registers, ledger),
        "signals": _signals_package(),
    }
    delivery, targets = place.read_delivery(sources, register, ledger)
    packages["targets"] = _targets_package(targets)
    people = place.read_population(sources, register, ledger)
    figures = {
        **explore.read_explore(sources, register, registers, ledger),
        **tool.read_tool(sources, register, ledger),
        **care.read_care(sources, register, ledger),
        "mhclg-spending": place.read_spending(sources, register, people, ledger),
        "mhclg-deprivation": place.read_deprivation(sources, register, ledger),
        "mhclg-housing-delivery": delivery,
        "ons-population": people,
    }
    packages |= _figures_packages(figures)
    packages["neighbourhoods"] = _neighbourhoods_package(sources, register, ledger)
    for folder, package in packages.items():
        for resource, count in write_package(package, target / folder).items():
            ledger.wrote(resource, count)
    return ledger


def _areas_package(
    sources: Path,
    register: Register,
    names: list[Row],
    parents: list[Row],
    identifiers: list[Row],
    ledger: Ledger,
) -> Package:
    return Package(
        name="england-areas",
        title="Areas and councils of England since 2009",
        description=(
            "Councils' areas, regions and combined authorities of England with their dates, names, parents "
            "and changes; the councils and other bodies, apart from their areas; and simplified boundaries."
        ),
        credits=(EXPLORE, CODE_HISTORY, BOUNDARIES, REGISTER, LAIT),
        licence=CC_BY,
        keywords=("areas", "councils", "boundaries", "England"),
        resources=(
            Resource("areas", "areas", "Areas", areas.area_rows(register)),
            Resource("area_names", "area_names", "Other names of areas", names),
            Resource(
                "area_identifiers",
                "area_identifiers",
                "Identifiers of areas",
                areas.identifier_rows(sources, register),
            ),
            Resource("area_parents", "area_parents", "Parents of areas", parents),
            Resource("area_changes", "area_changes", "Changes of areas", areas.change_rows(register)),
            Resource("bodies", "bodies", "Bodies", bodies.body_rows(register)),
            Resource("body_areas", "body_areas", "Areas of bodies", bodies.body_area_rows(register)),
            Resource("body_changes", "body_changes", "Changes of bodies", bodies.body_change_rows(register)),
            Resource("body_identifiers", "body_identifiers", "Identifiers of bodies", identifiers),
            Resource(
                "boundaries",
                "boundaries",
                "Simplified boundaries",
                boundaries.boundary_rows(sources, register, ledger),
                sources=(BOUNDARIES,),
            ),
        ),
    )


def _definitions_package() -> Package:
    return Package(
        name="england-definitions",
        title="Definitions of the indicators, in plain words",
        description=(
            "What each indicator counts, what it is divided by, which way is better and what to keep in mind."
        ),
        credits=(),
        licence=CC_BY,
        keywords=("definitions", "indicators"),
        resources=(
            Resource("code_lists", "code_lists", "Code lists", definitions.code_list_rows()),
            Resource("codes", "codes", "Codes", definitions.code_rows()),
            Resource("dimensions", "dimensions", "Dimensions", definitions.dimension_rows()),
            Resource("indicators", "indicators", "Indicators", definitions.indicator_rows()),
            Resource("crosswalk", "crosswalk", "Crosswalk", definitions.crosswalk_rows()),
            Resource("stages", "definition_stages", "Stages of definitions", definitions.stage_rows()),
            Resource("translations", "translations", "Names in Welsh", definitions.translation_rows()),
        ),
    )


def _derived_package() -> Package:
    """Make the package that says what is worked out. It holds no figure: they are made when it is published."""
    datasets = [one for one in definitions.load_datasets() if one.package == "derived"]
    return Package(
        name="england-derived",
        title="What is worked out of two figures, and what stands side by side",
        description="Gaps between groups, what people say beside what is counted, and cost beside outcome.",
        credits=tuple(dict.fromkeys(dataset.credit for dataset in datasets)),
        licence=OGL,
        keywords=("gaps", "value for money"),
        resources=(
            Resource("datasets", "datasets", "Datasets", [dataset.row for dataset in datasets]),
            Resource("derivations", "derivations", "Derivations", definitions.derivation_rows()),
        ),
    )


def _groups_package(sources: Path, register: Register, parents: list[Row], ledger: Ledger) -> Package:
    return Package(
        name="england-groups",
        title="Similar areas, clusters, statistical neighbours and regions",
        description="Whom each council's area is compared with, who chose them and how.",
        credits=(SIMILAR, LAIT),
        licence=OGL,
        keywords=("comparator groups", "statistical neighbours"),
        resources=(
            Resource("groups", "groups", "Comparator groups", groups.group_rows(register)),
            Resource("group_inputs", "group_inputs", "Inputs of groups", groups.input_rows()),
            Resource(
                "group_members",
                "group_members",
                "Members of groups",
                groups.member_rows(sources, parents, register, ledger),
            ),
            Resource(
                "neighbours",
                "neighbours",
                "Neighbours",
                groups.neighbour_rows(sources, register, ledger),
                is_packed=True,
            ),
        ),
    )


def _judgements_package(sources: Path, registers: Registers, ledger: Ledger) -> Package:
    tables = judgements.read_judgements(sources, registers, ledger)
    return Package(
        name="england-judgements",
        title="Ofsted's judgements of councils' services for children since 2009",
        description="Every grade under five frameworks, one of them in two versions, of the councils that were"
        " judged; the visits of 2022-23 and 2024-25.",
        credits=(OFSTED_OUTCOMES, OFSTED_2023),
        licence=OGL,
        keywords=("judgements", "inspections", "children's services"),
        resources=tuple(
            Resource(table, table, title, tables[table]) for table, title in judgements.TABLES.items()
        ),
    )


def _neighbourhoods_package(sources: Path, register: Register, ledger: Ledger) -> Package:
    """Make the package of London's neighbourhoods; the same reader reads all of England."""
    boroughs = {area.area for area in register.current({"london-borough"})}
    tables = neighbourhoods.read_neighbourhoods(sources, register, boroughs, ledger)
    (dataset,) = [one for one in definitions.load_datasets() if one.package == "neighbourhoods"]
    return Package(
        name="england-neighbourhoods",
        title="Neighbourhoods of London and their place in the order of deprivation",
        description=(
            "Every neighbourhood of London's boroughs as drawn after the censuses of 2001, 2011 and 2021, with its "
            "place in the orders of 2010, 2015, 2019 and 2025; and simplified shapes of Harrow's of 2011."
        ),
        credits=(DEPRIVATION, NEIGHBOURHOODS),
        licence=OGL,
        keywords=("neighbourhoods", "deprivation", "London"),
        resources=(
            *(
                Resource(name, table, title, tables[table], is_packed=True, sources=(NEIGHBOURHOODS,))
                for table, (name, title) in neighbourhoods.TABLES.items()
            ),
            Resource("datasets", "datasets", "Datasets", [dataset.row]),
            Resource(
                "deprivation",
                "observations",
                dataset.title,
                tables["observations"],
                dataset=dataset.dataset,
                sources=(dataset.credit,),
                is_packed=True,
            ),
        ),
    )


def _signals_package() -> Package:
    """Make the package with the rules of the early-warning register. Signals are made when it is published."""
    rows = definitions.signal_rows()
    return Package(
        name="england-signals",
        title="Rules of the early-warning register",
        description="When something is worth a second look: eight rules, their parameters, and who made them.",
        credits=(),
        licence=CC_BY,
        keywords=("early warnings", "signals"),
        resources=(
            Resource("signal_rules", "signal_rules", "Rules", rows["signal_rules"]),
            Resource("signal_parameters", "signal_parameters", "Parameters", rows["signal_parameters"]),
        ),
    )


def _targets_package(rows: list[Row]) -> Package:
    return Package(
        name="england-targets",
        title="Homes required of London's authorities",
        description="What the Housing Delivery Test requires of each authority, and what follows below it.",
        credits=(DELIVERY_TEST,),
        licence=OGL,
        keywords=("targets", "housing", "London"),
        resources=(Resource("targets", "targets", "Targets", rows),),
    )


def _figures_packages(figures: dict[str, list[Row]]) -> dict[str, Package]:
    """Put each publisher's datasets and their observations into one package."""
    by_package: dict[str, list[definitions.Dataset]] = defaultdict(list)
    for dataset in definitions.load_datasets():
        if dataset.package in PUBLISHERS:
            by_package[dataset.package].append(dataset)
    return {
        folder: Package(
            name=f"england-{folder}",
            title=f"{PUBLISHERS[folder]}: figures for England's councils",
            description=" ".join(dataset.row["description"] for dataset in datasets),
            credits=tuple(dict.fromkeys(dataset.credit for dataset in datasets)),
            licence=datasets[0].credit.licence,
            keywords=("figures", "councils", "England"),
            resources=(
                Resource("datasets", "datasets", "Datasets", [dataset.row for dataset in datasets]),
                *(
                    Resource(
                        dataset.dataset.removeprefix(f"{folder}-"),
                        "observations",
                        dataset.title,
                        figures[dataset.dataset],
                        dataset=dataset.dataset,
                        dimensions=definitions.dimension_labels(dataset.dimensions),
                        sources=(dataset.credit,),
                    )
                    for dataset in datasets
                ),
            ),
        )
        for folder, datasets in by_package.items()
    }
