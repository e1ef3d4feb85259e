"""The two views over the coded observations: for programs, and for readers."""

from __future__ import annotations

from publish.rows import read

# The digits as published: printed from the number and its decimals, or kept where they cannot be.
_VALUE_TEXT = f"coalesce(r.value_text, printf('%.*f', {read('decimals', 'r')}, {read('value', 'r')}))"

# Left joins on keys cost nothing where their columns are not asked for: SQLite leaves such a join out. Where
# a condition names one of their columns it turns the join round and starts from the list.
_LISTS = """
FROM observation_rows AS r
LEFT JOIN observation_datasets AS d ON d.id = r.dataset
LEFT JOIN observation_definitions AS i ON i.id = r.definition
LEFT JOIN observation_areas AS a ON a.id = r.area
LEFT JOIN observation_periods AS p ON p.id = r.period
LEFT JOIN observation_breakdowns AS b ON b.id = r.breakdown
LEFT JOIN observation_statuses AS s ON s.id = r.status
LEFT JOIN observation_notes AS n ON n.id = r.note
"""

OBSERVATIONS_VIEW = f"""
SELECT
    d.dataset AS dataset,
    i.indicator AS indicator,
    i.version AS version,
    a.area AS area,
    p.period AS period,
    b.breakdown AS breakdown,
    {read("value", "r")} AS value,
    CASE WHEN r.digits IS NOT NULL THEN {_VALUE_TEXT} END AS value_text,
    s.status AS status,
    {read("lower_limit", "r")} AS lower_limit,
    {read("upper_limit", "r")} AS upper_limit,
    r.numerator AS numerator,
    r.denominator AS denominator,
    r.sample_size AS sample_size,
    n.note AS note,
    r._source AS _source,
    r._row AS _row
{_LISTS}
"""

FIGURES_VIEW = f"""
SELECT
    h.label AS indicator,
    coalesce(x.everyday_label, x.label) AS area,
    a.area AS area_code,
    y.label AS area_type,
    t.label AS period,
    t.start_on AS start_on,
    CASE WHEN b.breakdown <> '' THEN k.label END AS breakdown,
    {read("value", "r")} AS value,
    u.label AS unit,
    c.label AS status,
    {read("lower_limit", "r")} AS lower_limit,
    {read("upper_limit", "r")} AS upper_limit,
    r.numerator AS numerator,
    r.denominator AS denominator,
    r.sample_size AS sample_size,
    n.note AS note,
    e.title AS dataset,
    o.label AS publisher,
    i.indicator AS indicator_notation,
    i.version AS version
{_LISTS}
LEFT JOIN indicators AS h ON h.indicator = i.indicator AND h.version = i.version
LEFT JOIN areas AS x ON x.area = a.area
LEFT JOIN codes AS y ON y.code_list = 'area-type' AND y.code = x.area_type
LEFT JOIN periods AS t ON t.period = p.period
LEFT JOIN breakdowns AS k ON k.breakdown = b.breakdown
LEFT JOIN datasets AS e ON e.dataset = d.dataset
LEFT JOIN bodies AS o ON o.body = e.publisher
LEFT JOIN codes AS u ON u.code_list = 'unit' AND u.code = h.unit
LEFT JOIN codes AS c ON c.code_list = 'status' AND c.code = s.status
"""
