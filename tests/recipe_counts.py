"""How many rows each shipped recipe reads, writes and leaves out of the publishers' files, counted in the files."""

from __future__ import annotations

# The folder of each recipe's package, in the order in which registers need them.
FOLDERS = {
    "uk-local-authorities": "area-local-authorities",
    "gss-code-changes": "area-code-changes",
    "uk-publishers": "",
    "ons-local-indicators": "ons-explore-local-statistics",
    "ofsted-inspections": "ofsted-la-inspection-outcomes",
    "dfe-lait": "dfe-lait",
    "mhclg-revenue-outturn": "mhclg-revenue-outturn-2024-25",
    "mhclg-deprivation": "imd",
    "oflog-adult-social-care": "oflog-adult-social-care",
    "london-housing-delivery-test": "london-housing-delivery-test-2023",
}

# Rows read (or rows times columns), written, left out, repeats. There are no problems in any of them.
# The first entry of each source, without a table, is what was read of its files.
COUNTS: dict[str, dict[tuple[str, str], tuple[int, int, int, int]]] = {
    "uk-local-authorities": {
        ("councils", ""): (470, 470, 0, 0),
        ("names", ""): (1774, 1291, 483, 0),
        ("councils", "bodies"): (470, 470, 0, 0),
        ("councils", "body_identifiers"): (2350, 1827, 523, 0),
        ("councils", "areas"): (470, 445, 25, 0),
        ("councils", "body_areas"): (470, 445, 25, 0),
        ("councils", "area_parents"): (1410, 747, 663, 0),
        ("councils", "body_changes"): (472, 50, 422, 0),
        ("councils", "area_changes"): (472, 8, 464, 0),
        ("names", "area_names"): (1291, 1290, 0, 1),
    },
    "gss-code-changes": {
        ("codes", ""): (409, 409, 0, 0),
        ("changes", ""): (90, 90, 0, 0),
        ("codes", "areas"): (409, 46, 363, 0),
        ("codes", "area_names"): (409, 3, 406, 0),
        ("changes", "area_changes"): (90, 90, 0, 0),
    },
    "uk-publishers": {},
    "ons-local-indicators": {
        ("figures", ""): (174675, 174675, 0, 0),
        ("metadata", ""): (73, 73, 0, 0),
        ("figures", "observations"): (174675, 173959, 696, 20),
        ("figures", "areas"): (174675, 330, 165523, 8822),
        ("metadata", "datasets"): (73, 49, 0, 24),
        ("metadata", "indicators"): (73, 72, 1, 0),
    },
    "ofsted-inspections": {
        ("history-2025", ""): (271, 271, 0, 0),
        ("latest-2025", ""): (153, 153, 0, 0),
        ("year-2025", ""): (112, 112, 0, 0),
        ("year-2023", ""): (111, 111, 0, 0),
        ("history-2023", ""): (160, 152, 8, 0),
        ("ended-2023", ""): (4, 4, 0, 0),
        ("history-2025", "judgements"): (1355, 1187, 168, 0),
        ("latest-2025", "judgements"): (765, 0, 50, 715),
        ("year-2025", "judgements"): (672, 60, 352, 260),
        ("year-2023", "judgements"): (111, 60, 51, 0),
        ("history-2023", "judgements"): (4408, 1370, 2329, 709),
        ("ended-2023", "judgements"): (116, 34, 74, 8),
    },
    "dfe-lait": {
        ("figures", ""): (641070, 641070, 0, 0),
        ("dictionary", ""): (448, 448, 0, 0),
        ("authorities", ""): (171, 171, 0, 0),
        ("neighbours-2021", ""): (161, 154, 7, 0),
        ("neighbours-2025", ""): (161, 153, 8, 0),
        ("figures", "observations"): (641070, 620305, 20765, 0),
        ("dictionary", "indicators"): (448, 434, 0, 14),
        ("neighbours-2021", "neighbours"): (1540, 1520, 20, 0),
        ("neighbours-2025", "neighbours"): (1530, 1530, 0, 0),
    },
    "mhclg-revenue-outturn": {
        ("rsx", ""): (411, 328, 83, 0),
        ("rsx-classes", ""): (11, 0, 11, 0),
        ("rsx-notes", ""): (7, 7, 0, 0),
        ("ro3", ""): (411, 328, 83, 0),
        ("ro3-classes", ""): (11, 0, 11, 0),
        ("ro3-notes", ""): (9, 9, 0, 0),
        ("rsx", "observations"): (328 * 98, 328 * 98, 0, 0),
        ("rsx", "indicators"): (98, 98, 0, 0),
        ("ro3", "observations"): (328 * 490, 328 * 490, 0, 0),
        ("ro3", "indicators"): (490, 490, 0, 0),
    },
    "mhclg-deprivation": {
        ("lsoa-2019", ""): (32844, 32844, 0, 0),
        ("domains-2019", ""): (32844, 32844, 0, 0),
        ("people-2019", ""): (32844, 32844, 0, 0),
        ("lsoa-2015", ""): (32844, 32844, 0, 0),
        ("lsoa-2010", ""): (32482, 32482, 0, 0),
        ("lsoa-2025", ""): (33755, 33755, 0, 0),
        ("districts-2019", ""): (317, 317, 0, 0),
        ("districts-2023", ""): (296, 296, 0, 0),
        ("districts-2025", ""): (296, 296, 0, 0),
        ("lsoa-2019", "areas"): (32844, 32844, 0, 0),
        ("lsoa-2019", "area_parents"): (32844, 32844, 0, 0),
        ("lsoa-2019", "observations"): (32844 * 2, 32844 * 2, 0, 0),
        ("lsoa-2019", "indicators"): (2, 2, 0, 0),
        ("domains-2019", "observations"): (32844 * 14, 32844 * 14, 0, 0),
        ("domains-2019", "indicators"): (14, 14, 0, 0),
        ("people-2019", "observations"): (32844 * 5, 32844 * 5, 0, 0),
        ("people-2019", "indicators"): (5, 5, 0, 0),
        ("lsoa-2015", "areas"): (32844, 0, 0, 32844),
        ("lsoa-2015", "observations"): (32844 * 3, 32844 * 3, 0, 0),
        ("lsoa-2015", "indicators"): (3, 3, 0, 0),
        ("lsoa-2010", "areas"): (32482, 810, 0, 31672),
        ("lsoa-2010", "observations"): (32482 * 24, 32482 * 24, 0, 0),
        ("lsoa-2010", "indicators"): (24, 24, 0, 0),
        ("lsoa-2025", "areas"): (33755, 1945, 0, 31810),
        ("lsoa-2025", "observations"): (33755 * 24, 33755 * 24, 0, 0),
        ("lsoa-2025", "indicators"): (24, 24, 0, 0),
        ("districts-2019", "observations"): (317 * 17, 317 * 17, 0, 0),
        ("districts-2019", "indicators"): (17, 17, 0, 0),
        ("districts-2023", "observations"): (296 * 24, 296 * 24, 0, 0),
        ("districts-2023", "indicators"): (24, 7, 0, 17),
        ("districts-2025", "observations"): (296 * 56, 296 * 56, 0, 0),
        ("districts-2025", "indicators"): (56, 56, 0, 0),
    },
    "oflog-adult-social-care": {
        ("figures", ""): (6376, 6376, 0, 0),
        ("figures", "observations"): (6376, 6376, 0, 0),
        ("figures", "indicators"): (6376, 7, 0, 6369),
    },
    "london-housing-delivery-test": {
        ("boroughs", ""): (33, 33, 0, 0),
        ("boroughs", "targets"): (33, 33, 0, 0),
        ("boroughs", "observations"): (66, 66, 0, 0),
    },
}

# What the recipes warn of: metadata files of tables that the publisher's package does not hold.
WARNINGS = {
    "ons-local-indicators": {
        ("recipe-partner-missing", f"{name}/{name}.json")
        for name in (
            "average-house-price",
            "child-weight",
            "gdp-per-head",
            "population-by-age-and-sex",
            "population-indicators",
        )
    }
}
