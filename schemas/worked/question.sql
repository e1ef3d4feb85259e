SELECT heads.label AS indicator_name, periods.label AS period_name, statuses.label AS reason
FROM observations
JOIN indicator_heads AS heads ON heads.indicator = observations.indicator
JOIN periods ON periods.period = observations.period
JOIN codes AS statuses ON statuses.code_list = 'status' AND statuses.code = observations.status
WHERE observations.area = 'E09000015' AND observations.value IS NULL
ORDER BY heads.label, observations.period
LIMIT 100
