"""Cells that were read by hand in the publishers' files, and what a recipe should make of them."""

from __future__ import annotations

NOT_RECEIVED = (
    "RO return not received in time for publication. England totals have been estimated by also drawing on "
    "grant allocations, where known, or the proportions within the previous year's data."
)

# Cells read by hand in the publishers' files: recipe, table, which rows, and what they should say.
CELLS: list[tuple[str, str, str, tuple[str, ...], list[tuple[object, ...]]]] = [
    (
        "uk-local-authorities",
        "bodies",
        "body = 'cumbria-county-council'",
        ("label", "body_type", "end_on", "_row"),
        # The register says 1 April, the first day of the councils that followed.
        [("Cumbria County Council", "county-council", "2023-03-31", 81)],
    ),
    (
        "uk-local-authorities",
        "body_identifiers",
        "body = 'london-borough-of-harrow'",
        ("scheme", "identifier"),
        [
            ("dfe", "310"),
            ("e-code", "E5039"),
            ("gov-uk", "harrow"),
            ("local-authority-register", "HRW"),
            ("ons-old", "00AQ"),
        ],
    ),
    (
        "uk-local-authorities",
        "body_changes",
        "from_body = 'cumbria-county-council'",
        ("to_body", "changed_on"),
        [("cumberland-council", "2023-04-01"), ("westmorland-and-furness-council", "2023-04-01")],
    ),
    (
        "gss-code-changes",
        "area_changes",
        "to_area IN ('E07000112', 'E06000057', 'E07000244')",
        ("from_area", "to_area", "changed_on", "change"),
        [
            ("E06000048", "E06000057", "2013-04-01", "boundary-moved"),
            ("E07000112", "E07000112", "2018-04-01", "renamed"),
            ("E07000205", "E07000244", "2019-04-01", "merged"),
            ("E07000206", "E07000244", "2019-04-01", "merged"),
        ],
    ),
    (
        "gss-code-changes",
        "areas",
        "area IN ('E06000048', 'E07000182')",
        ("area", "label", "start_on", "end_on"),
        [
            ("E06000048", "Northumberland", "2009-04-01", "2013-03-31"),
            ("E07000182", "Bridgnorth", None, "2009-03-31"),
        ],
    ),
    (
        "ons-local-indicators",
        "observations",
        "_row = 4270 AND indicator = 'preventable-heart-deaths'",
        ("area", "period", "value", "status", "note"),
        [
            (
                "E67000001",
                "2013-01-01_P3Y",
                "44.54463",
                "combined",
                "Value for Hackney and City of London combined",
            )
        ],
    ),
    (
        "ons-local-indicators",
        "observations",
        "indicator = 'healthy-life-expectancy' AND area = 'K02000001' AND period = '2011-01-01_P3Y'",
        ("sex", "value", "lower_limit", "upper_limit"),
        [("female", "63.7", "63.6", "63.9"), ("male", "62.7", "62.6", "62.9")],
    ),
    (
        "ons-local-indicators",
        "observations",
        "indicator = 'weekly-pay' AND area = 'K02000001' AND period = '2025-04-30_P1D'",
        ("value", "dataset"),
        [("642.5", "gross-median-weekly-pay")],
    ),
    (  # an area that began later: the figure was worked out for it, and says so
        "ons-local-indicators",
        "observations",
        "indicator = 'household-income' AND area = 'E06000066' AND period = '1997-01-01_P1Y'",
        ("status", "note"),
        [("definition-differs", "Worked out by the publisher for an area that began later.")],
    ),
    (
        "ons-local-indicators",
        "datasets",
        "dataset IN ('claimant-count', 'apprenticeships-ni')",
        ("dataset", "title", "released_on"),
        [
            ("apprenticeships-ni", "Apprenticeships in Northern Ireland", "2026-04-01"),
            ("claimant-count", "Claimant count", "2026-01-20"),
        ],
    ),
    (
        "ons-local-indicators",
        "indicators",
        "indicator = 'business-births'",
        ("label", "unit", "decimals", "owner", "valid_from"),
        [("Business births", "percent", "1", "office-for-national-statistics", "2019-01-01")],
    ),
    (  # one name, two councils, by the day
        "ofsted-inspections",
        "judgements",
        "body IN ('dorset-county-council', 'dorset-council') AND question IN ('safeguarding', 'overall')",
        ("published_on", "body", "framework", "grade", "made_on"),
        [
            ("2011-10-28", "dorset-county-council", "ofsted-slac", "good", None),
            ("2016-05-23", "dorset-county-council", "ofsted-sif", "requires-improvement", None),
            ("2021-11-19", "dorset-council", "ofsted-ilacs", "good", "2021-09-27"),
            ("2025-05-09", "dorset-council", "ofsted-ilacs", "outstanding", "2025-03-17"),
        ],
    ),
    (  # today's code for the county that came before it
        "ofsted-inspections",
        "judgements",
        "body LIKE 'north-yorkshire%' AND framework = 'ofsted-ilacs' AND question = 'overall'",
        ("published_on", "body", "version", "kind_label", "report"),
        [
            (
                "2018-08-06",
                "north-yorkshire-county-council",
                "2018",
                "ILACS Short Inspection",
                "https://reports.ofsted.gov.uk/provider/44/815",
            ),
            (
                "2023-08-18",
                "north-yorkshire-council",
                "2023",
                "ILACS Short Inspection",
                "https://reports.ofsted.gov.uk/provider/44/815",
            ),
        ],
    ),
    (  # a dash is no grade, and blank columns are no inspection
        "ofsted-inspections",
        "judgements",
        "body LIKE '%scilly%' AND published_on < '2018'",
        ("published_on", "question", "grade"),
        [
            ("2012-07-03", "safeguarding", "good"),
            ("2016-06-27", "help-and-protection", "good"),
            ("2016-06-27", "leadership", "good"),
            ("2016-06-27", "overall", "good"),
        ],
    ),
    (  # adequate, in the words of 2012, and two re-inspections
        "ofsted-inspections",
        "judgements",
        "body = 'northamptonshire-county-council' AND published_on < '2015'",
        ("published_on", "framework", "question", "scale", "grade"),
        [
            ("2011-05-06", "ofsted-slac", "looked-after", "ofsted-2009", "adequate"),
            ("2011-05-06", "ofsted-slac", "safeguarding", "ofsted-2009", "adequate"),
            ("2013-03-20", "ofsted-child-protection", "overall", "ofsted-2009", "inadequate"),
            ("2013-08-23", "ofsted-targeted-looked-after", "overall", "ofsted-2009", "inadequate"),
        ],
    ),
    (  # care leavers together with children in care before 2023, and by themselves since
        "ofsted-inspections",
        "judgements",
        "body = 'staffordshire-county-council' AND framework = 'ofsted-ilacs' AND question LIKE 'c%'",
        ("published_on", "version", "question", "grade"),
        [
            ("2019-03-11", "2018", "care-and-care-leavers", "good"),
            ("2024-01-12", "2023", "care-leavers", "requires-improvement"),
            ("2024-01-12", "2023", "children-in-care", "good"),
        ],
    ),
    (  # the day of 2022 that one workbook has wrong
        "ofsted-inspections",
        "judgements",
        "body = 'nottingham-city-council' AND published_on LIKE '2022%' AND question = 'overall'",
        ("published_on", "grade"),
        [("2022-09-05", "inadequate")],
    ),
    (
        "ofsted-inspections",
        "judgements",
        "kind = 'monitoring-visit' AND body LIKE '%bradford%'",
        ("made_on", "published_on", "evidence", "grade"),
        [
            ("2022-07-27", None, "Care leavers", None),
            ("2024-05-22", "2024-07-12", "Achieving permanence", None),
            ("2025-02-11", "2025-03-13", "Children in care", None),
        ],
    ),
    (  # the same number is the county, and after it the council that followed
        "dfe-lait",
        "observations",
        "indicator = 'lait-lacnum' AND area IN ('E10000023', 'E06000065') AND period > '2022'",
        ("period", "area", "value"),
        [
            ("2022-03-31_P1D", "E10000023", "430"),
            ("2023-03-31_P1D", "E10000023", "463"),
            ("2024-03-31_P1D", "E06000065", "501"),
            ("2025-03-31_P1D", "E06000065", "561"),
        ],
    ),
    (  # two numbers of one name
        "dfe-lait",
        "observations",
        "indicator = 'lait-lacnum' AND area IN ('E10000009', 'E06000059') AND period < '2021'",
        ("period", "area", "value"),
        [
            ("2016-03-31_P1D", "E10000009", "479"),
            ("2017-03-31_P1D", "E10000009", "482"),
            ("2018-03-31_P1D", "E10000009", "450"),
            ("2019-03-31_P1D", "E10000009", "414"),
            ("2020-03-31_P1D", "E06000059", "476"),
        ],
    ),
    (  # a dozen styles of periods
        "dfe-lait",
        "observations",
        """area = 'E09000015' AND (indicator, period) IN (
            ('lait-rta', '2014-01-01_P3Y'), ('lait-hosp-adm-alc-under-18yrs', '2013-04-01_P3Y'),
            ('lait-totpermex', '2022-09-01_P1Y'), ('lait-ealpri', '2025-01-01_P1M'),
            ('lait-work-force-to-rate', '2025-09-30_P1D'), ('lait-a3a', '2024-09-01_P1Y'),
            ('lait-ks1p-all', '2024-09-01_P1Y'), ('lait-lacfinance', '2022-04-01_P1Y'))""",
        ("indicator", "value", "status"),
        [
            ("lait-a3a", "16.489999999999998", "revised"),
            ("lait-ealpri", "65.599999999999994", None),
            ("lait-hosp-adm-alc-under-18yrs", "17.45", None),
            ("lait-ks1p-all", "82", "provisional"),
            ("lait-lacfinance", "1980", None),
            ("lait-rta", "10.5", None),
            ("lait-totpermex", "6.6400000000000001E-2", None),
            ("lait-work-force-to-rate", "19.5", None),
        ],
    ),
    (
        "dfe-lait",
        "neighbours",
        "area = 'E09000015' AND CAST(rank AS INTEGER) < 3",
        ("group", "rank", "neighbour", "closeness"),
        [
            ("dfe-neighbours-2021", "1", "E09000026", "Close"),
            ("dfe-neighbours-2021", "2", "E09000009", "Close"),
            ("dfe-neighbours-2025", "1", "E09000026", "Very close"),
            ("dfe-neighbours-2025", "2", "E09000017", "Close"),
        ],
    ),
    (  # the council and its neighbour by the codes of each list's day
        "dfe-lait",
        "neighbours",
        "area IN ('E10000023', 'E06000065') AND rank IN ('1', '10')",
        ("group", "rank", "area", "neighbour", "closeness"),
        [
            ("dfe-neighbours-2021", "1", "E10000023", "E06000049", "Very close"),
            ("dfe-neighbours-2021", "10", "E10000023", "E06000037", "Very close"),
            ("dfe-neighbours-2025", "1", "E06000065", "E06000051", "Extremely close"),
            ("dfe-neighbours-2025", "10", "E06000065", "E06000066", "Very close"),
        ],
    ),
    (  # thousands of pounds become pounds, exactly
        "mhclg-revenue-outturn",
        "observations",
        "area = 'E09000003' AND indicator LIKE 'rsx-edu-%' AND value IS NOT NULL",
        ("indicator", "value", "_row"),
        [
            ("rsx-edu-empl", "286055720", 17),
            ("rsx-edu-net-cur-exp", "343164330", 17),
            ("rsx-edu-oth-inc", "110549210", 17),
            ("rsx-edu-run-exp", "190024750", 17),
            ("rsx-edu-sfc", "22366930", 17),
            ("rsx-edu-tot-exp", "476080470", 17),
            ("rsx-edu-tot-inc", "132916140", 17),
        ],
    ),
    (
        "mhclg-revenue-outturn",
        "observations",
        "area IN ('E92000001', 'E07000032') AND indicator = 'rsx-edu-empl'",
        ("area", "value", "status", "note"),
        [
            (
                "E07000032",
                None,
                "not-available",
                NOT_RECEIVED,
            ),
            ("E92000001", "23008747222.27", None, None),
        ],
    ),
    (
        "mhclg-deprivation",
        "observations",
        "area = 'E01000001' AND indicator IN ('deprivation-rank', 'income-deprivation-score')",
        ("period", "indicator", "version", "value"),
        [
            ("2010-01-01_P1Y", "deprivation-rank", "1.0.0", "28814.0"),
            ("2010-01-01_P1Y", "income-deprivation-score", "1.0.0", "0.01"),
            ("2015-01-01_P1Y", "deprivation-rank", "2.0.0", "29111.0"),
            ("2019-01-01_P1Y", "deprivation-rank", "3.0.0", "29199"),
            ("2025-01-01_P1Y", "deprivation-rank", "4.0.0", "26525.0"),
            ("2025-01-01_P1Y", "income-deprivation-score", "4.0.0", "0.013"),
        ],
    ),
    (  # a share of 0 to 1 becomes a percentage
        "mhclg-deprivation",
        "observations",
        """indicator = 'deprivation-share-most-deprived' AND (area, period) IN (
            ('E08000003', '2025-01-01_P1Y'), ('E06000065', '2019-01-01_P1Y'))""",
        ("area", "dataset", "value", "status"),
        [
            ("E06000065", "deprivation-districts-2023", "2.9490616621983913", "definition-differs"),
            ("E08000003", "deprivation-districts", "40.68", None),
        ],
    ),
    (
        "oflog-adult-social-care",
        "observations",
        "area = 'E06000005' AND indicator = 'carer-quality-of-life' AND period = '2016-04-01_P1Y'",
        ("value", "status", "_row"),
        [("7.6", None, 2)],
    ),
    (
        "london-housing-delivery-test",
        "observations",
        "area = 'E09000002'",
        ("indicator", "value", "numerator", "denominator", "note"),
        [
            ("homes-delivered", "3433", None, None, None),
            (
                "housing-delivery-test",
                "66",
                "3433",
                "5182",
                "There is a presumption in favour of new homes.",
            ),
        ],
    ),
]
