-- comparator_sums({'area_changes': council_changes, 'areas': councils, 'council_figures': council_figures, 'memberships': memberships, 'periods': period_ends, 'published': published_figures(coded_observations, list_status, comparator_areas), 'tiers': tiers_of_types})
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- comparator_areas: comparator int32, area int32
-- council_changes: from_area int32, to_area int32
-- council_figures: dataset int32, indicator int32, version int32, period int32, breakdown int32, tier string, area int32, value double, value_text string, numerator string, denominator string, is_restated bool, counted_on date32[day]
-- councils: area int32, area_type string, start_on date32[day], end_on date32[day]
-- list_status: status_number int32, status_status string
-- memberships: comparator int32, area int32, start_on date32[day], end_on date32[day]
-- period_ends: period int32, end_on date32[day]
-- tiers_of_types: area_type string, tier string
-- gives: dataset int32, indicator int32, version int32, period int32, breakdown int32, comparator int32, tier string, area_count int64, existing_count int64, covered int64, value decimal128(38, 6), lowest decimal128(18, 6), highest decimal128(18, 6), parts_count int64, numerator decimal128(38, 6), denominator decimal128(38, 6), expected int64, published_text string, published_lower string, published_upper string
SELECT
  "t45"."dataset",
  "t45"."indicator",
  "t45"."version",
  "t45"."period",
  "t45"."breakdown",
  "t45"."comparator",
  "t45"."tier",
  "t45"."area_count",
  "t45"."existing_count",
  "t45"."covered",
  "t45"."value",
  "t45"."lowest",
  "t45"."highest",
  "t45"."parts_count",
  "t45"."numerator",
  "t45"."denominator",
  "t37"."expected",
  "t33"."published_text",
  "t33"."published_lower",
  "t33"."published_upper"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t42"."dataset",
      "t42"."indicator",
      "t42"."version",
      "t42"."period",
      "t42"."breakdown",
      "t42"."comparator",
      "t42"."tier",
      COUNT("t42"."value") AS "area_count",
      SUM("t42"."is_existing") FILTER(WHERE
        "t42"."value" IS NOT NULL) AS "existing_count",
      SUM("t42"."covered") AS "covered",
      SUM("t42"."value") AS "value",
      MIN("t42"."value") AS "lowest",
      MAX("t42"."value") AS "highest",
      COUNT("t42"."value") FILTER(WHERE
        (
          "t42"."value" IS NOT NULL
        )
        AND (
          "t42"."numerator" IS NOT NULL
        )
        AND (
          "t42"."denominator" IS NOT NULL
        )) AS "parts_count",
      SUM("t42"."numerator") FILTER(WHERE
        (
          "t42"."value" IS NOT NULL
        )
        AND (
          "t42"."numerator" IS NOT NULL
        )
        AND (
          "t42"."denominator" IS NOT NULL
        )) AS "numerator",
      SUM("t42"."denominator") FILTER(WHERE
        (
          "t42"."value" IS NOT NULL
        )
        AND (
          "t42"."numerator" IS NOT NULL
        )
        AND (
          "t42"."denominator" IS NOT NULL
        )) AS "denominator"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t40"."dataset",
          "t40"."indicator",
          "t40"."version",
          "t40"."period",
          "t40"."breakdown",
          "t40"."tier",
          "t40"."area",
          "t40"."counted_on",
          "t40"."is_existing",
          "t40"."covered",
          "t40"."value",
          "t40"."numerator",
          "t40"."denominator",
          "t11"."comparator",
          "t11"."start_on",
          "t11"."end_on"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t4"."dataset",
              "t4"."indicator",
              "t4"."version",
              "t4"."period",
              "t4"."breakdown",
              "t4"."tier",
              "t4"."area",
              "t4"."counted_on",
              CAST(NOT (
                "t4"."is_restated"
              ) AS BIGINT) AS "is_existing",
              0 AS "covered",
              TRY_CAST("t4"."value_text" AS DECIMAL(18, 6)) AS "value",
              TRY_CAST("t4"."numerator" AS DECIMAL(18, 6)) AS "numerator",
              TRY_CAST("t4"."denominator" AS DECIMAL(18, 6)) AS "denominator"
            FROM "council_figures" AS "t4"
          ) AS "t25"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t35"."dataset",
              "t35"."indicator",
              "t35"."version",
              "t35"."period",
              "t35"."breakdown",
              "t35"."tier",
              "t35"."area",
              "t35"."period_end" AS "counted_on",
              0 AS "is_existing",
              1 AS "covered",
              CAST(NULL AS DECIMAL(18, 6)) AS "value",
              CAST(NULL AS DECIMAL(18, 6)) AS "numerator",
              CAST(NULL AS DECIMAL(18, 6)) AS "denominator"
            FROM (
              SELECT
                "t30"."dataset",
                "t30"."indicator",
                "t30"."version",
                "t30"."period",
                "t30"."breakdown",
                "t30"."tier",
                "t30"."area",
                "t21"."area_type",
                "t21"."start_on",
                "t21"."end_on",
                "t22"."period_end"
              FROM (
                SELECT DISTINCT
                  *
                FROM (
                  SELECT
                    "t20"."dataset",
                    "t20"."indicator",
                    "t20"."version",
                    "t20"."period",
                    "t20"."breakdown",
                    "t20"."tier",
                    "t23"."from_area" AS "area"
                  FROM (
                    SELECT
                      "t4"."dataset",
                      "t4"."indicator",
                      "t4"."version",
                      "t4"."period",
                      "t4"."breakdown",
                      "t4"."tier",
                      "t4"."area" AS "to_area"
                    FROM "council_figures" AS "t4"
                    WHERE
                      "t4"."is_restated"
                  ) AS "t20"
                  INNER JOIN (
                    SELECT
                      "t8"."to_area",
                      "t8"."from_area"
                    FROM "council_changes" AS "t8"
                  ) AS "t23"
                    ON "t20"."to_area" = "t23"."to_area"
                ) AS "t27"
              ) AS "t30"
              INNER JOIN (
                SELECT
                  *
                FROM "councils" AS "t6"
              ) AS "t21"
                ON "t30"."area" = "t21"."area"
              INNER JOIN "tiers_of_types" AS "t12"
                ON "t21"."area_type" = "t12"."area_type" AND "t30"."tier" = "t12"."tier"
              INNER JOIN (
                SELECT
                  "t7"."period",
                  "t7"."end_on" AS "period_end"
                FROM "period_ends" AS "t7"
              ) AS "t22"
                ON "t30"."period" = "t22"."period"
            ) AS "t35"
            WHERE
              (
                (
                  "t35"."start_on" IS NULL
                ) OR (
                  "t35"."start_on" <= "t35"."period_end"
                )
              )
              AND (
                (
                  "t35"."end_on" IS NULL
                ) OR (
                  "t35"."end_on" >= "t35"."period_end"
                )
              )
          ) AS "t38"
        ) AS "t40"
        INNER JOIN "memberships" AS "t11"
          ON "t40"."area" = "t11"."area"
      ) AS "t41"
      WHERE
        "t41"."start_on" <= "t41"."counted_on" AND "t41"."counted_on" <= "t41"."end_on"
    ) AS "t42"
    GROUP BY
      1,
      2,
      3,
      4,
      5,
      6,
      7
  ) AS "t43"
  WHERE
    "t43"."area_count" > 0
) AS "t45"
LEFT OUTER JOIN (
  SELECT
    "t34"."period" AS "x_period",
    "t34"."comparator" AS "x_comparator",
    "t34"."tier" AS "x_tier",
    "t34"."expected"
  FROM (
    SELECT
      "t32"."period",
      "t32"."comparator",
      "t32"."tier",
      COUNT(*) AS "expected"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t19"."comparator",
          "t19"."area",
          "t19"."from_on",
          "t19"."until_on",
          "t21"."area_type",
          "t21"."start_on",
          "t21"."end_on",
          "t12"."tier",
          "t22"."period",
          "t22"."period_end"
        FROM (
          SELECT
            "t3"."comparator",
            "t3"."area",
            "t3"."start_on" AS "from_on",
            "t3"."end_on" AS "until_on"
          FROM "memberships" AS "t3"
        ) AS "t19"
        INNER JOIN (
          SELECT
            *
          FROM "councils" AS "t6"
        ) AS "t21"
          ON "t19"."area" = "t21"."area"
        INNER JOIN "tiers_of_types" AS "t12"
          ON "t21"."area_type" = "t12"."area_type"
        CROSS JOIN (
          SELECT
            "t7"."period",
            "t7"."end_on" AS "period_end"
          FROM "period_ends" AS "t7"
        ) AS "t22"
      ) AS "t26"
      WHERE
        (
          (
            "t26"."start_on" IS NULL
          ) OR (
            "t26"."start_on" <= "t26"."period_end"
          )
        )
        AND (
          (
            "t26"."end_on" IS NULL
          ) OR (
            "t26"."end_on" >= "t26"."period_end"
          )
        )
        AND "t26"."from_on" <= "t26"."period_end"
        AND "t26"."period_end" <= "t26"."until_on"
    ) AS "t32"
    GROUP BY
      1,
      2,
      3
  ) AS "t34"
) AS "t37"
  ON "t45"."period" = "t37"."x_period"
  AND "t45"."comparator" = "t37"."x_comparator"
  AND "t45"."tier" = "t37"."x_tier"
LEFT OUTER JOIN (
  SELECT
    "t28"."dataset",
    "t28"."definition" AS "indicator",
    0 AS "version",
    "t28"."period",
    "t28"."breakdown",
    "t28"."comparator",
    "t28"."value_text" AS "published_text",
    "t28"."lower_limit" AS "published_lower",
    "t28"."upper_limit" AS "published_upper"
  FROM (
    SELECT
      "t24"."dataset",
      "t24"."definition",
      "t24"."area",
      "t24"."period",
      "t24"."breakdown",
      "t24"."status",
      "t24"."note",
      "t24"."is_missing",
      "t24"."value",
      "t24"."value_text",
      "t24"."lower_limit",
      "t24"."upper_limit",
      "t24"."numerator",
      "t24"."denominator",
      "t24"."sample_size",
      "t24"."_source",
      "t24"."_row",
      "t9"."comparator",
      "t10"."status_number",
      "t10"."status_status"
    FROM (
      SELECT
        *
      FROM "coded_observations" AS "t0"
      WHERE
        "t0"."is_missing" = 0
    ) AS "t24"
    INNER JOIN "comparator_areas" AS "t9"
      ON "t24"."area" = "t9"."area"
    INNER JOIN "list_status" AS "t10"
      ON "t24"."status" = "t10"."status_number"
  ) AS "t28"
  WHERE
    "t28"."status_status" <> 'definition-differs'
) AS "t33"
  ON "t45"."dataset" = "t33"."dataset"
  AND "t45"."indicator" = "t33"."indicator"
  AND "t45"."version" = "t33"."version"
  AND "t45"."period" = "t33"."period"
  AND "t45"."breakdown" = "t33"."breakdown"
  AND "t45"."comparator" = "t33"."comparator"
;

-- council_figures({'area_changes': coded_changes(harmonise_area_changes, list_area), 'areas': coded_areas(harmonise_areas, list_area), 'indicators': coded_indicators(harmonise_indicators, list_definition), 'observations': with_statuses(coded_observations, list_status, ('value_text', 'numerator', 'denominator', )), 'periods': period_ends, 'tiers': tiers_of_types}, ('value_text', 'numerator', 'denominator', ))
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- harmonise_area_changes: from_area string, to_area string, changed_on date32[day], change string, legal_order string, _source int32, _row int64
-- harmonise_areas: area string, label string, everyday_label string, area_type string, start_on date32[day], end_on date32[day], note string, _source int32, _row int64
-- harmonise_indicators: indicator string, version string, label string, question string, definition string, rationale string, numerator string, denominator string, formula string, unit string, multiplier double, decimals int64, lowest double, highest double, polarity string, band_lowest double, band_highest double, evidence string, themes string, frequency string, period_kind string, tier string, answerable string, source string, method string, uncertainty_method string, disclosure_control string, caveats string, legal_basis string, duty string, service string, owner string, licence string, status string, valid_from date32[day], valid_to date32[day], replaced_by string, extends string, origin string, comparable_with_previous string, change_note string, _source int32, _row int64
-- list_area: area_number int32, area_area string
-- list_definition: definition_number int32, definition_indicator string, definition_version string
-- list_status: status_number int32, status_status string
-- period_ends: period int32, end_on date32[day]
-- tiers_of_types: area_type string, tier string
-- gives: dataset int32, indicator int32, version int32, period int32, breakdown int32, tier string, area int32, value double, value_text string, numerator string, denominator string, is_restated bool, counted_on date32[day]
WITH "t20" AS (
  SELECT
    "t10"."dataset",
    "t10"."value_text",
    "t10"."numerator",
    "t10"."denominator",
    "t10"."definition" AS "indicator",
    0 AS "version",
    "t10"."period",
    "t10"."breakdown",
    "t10"."area",
    "t10"."value",
    "t13"."status_status" AS "status"
  FROM "coded_observations" AS "t10"
  INNER JOIN "list_status" AS "t13"
    ON "t10"."status" = "t13"."status_number"
), "t35" AS (
  SELECT
    "t34"."dataset",
    "t34"."indicator",
    "t34"."version",
    "t34"."period",
    "t34"."breakdown",
    "t34"."area",
    "t34"."value",
    "t34"."value_text",
    "t34"."numerator",
    "t34"."denominator",
    "t28"."area_type",
    "t28"."start_on",
    "t28"."end_on",
    "t19"."period_end",
    "t29"."answering",
    "t9"."tier"
  FROM (
    SELECT
      "t24"."dataset",
      "t24"."indicator",
      "t24"."version",
      "t24"."period",
      "t24"."breakdown",
      "t24"."area",
      "t24"."value",
      "t24"."value_text",
      "t24"."numerator",
      "t24"."denominator"
    FROM "t20" AS "t24"
    WHERE
      "t24"."value" IS NOT NULL AND NOT (
        "t24"."status" IN ('definition-differs')
      )
  ) AS "t34"
  INNER JOIN (
    SELECT
      "t21"."area",
      "t21"."area_type",
      "t21"."start_on",
      "t21"."end_on"
    FROM (
      SELECT
        "t11"."area_type",
        "t11"."start_on",
        "t11"."end_on",
        "t14"."area_number" AS "area"
      FROM "harmonise_areas" AS "t11"
      INNER JOIN "list_area" AS "t14"
        ON "t11"."area" = "t14"."area_area"
    ) AS "t21"
  ) AS "t28"
    ON "t34"."area" = "t28"."area"
  INNER JOIN (
    SELECT
      "t1"."period",
      "t1"."end_on" AS "period_end"
    FROM "period_ends" AS "t1"
  ) AS "t19"
    ON "t34"."period" = "t19"."period"
  INNER JOIN (
    SELECT
      "t22"."indicator",
      "t22"."version",
      "t22"."tier" AS "answering"
    FROM (
      SELECT
        "t12"."tier",
        "t16"."definition_number" AS "indicator",
        0 AS "version"
      FROM "harmonise_indicators" AS "t12"
      INNER JOIN "list_definition" AS "t16"
        ON "t12"."indicator" = "t16"."definition_indicator"
        AND "t12"."version" = "t16"."definition_version"
    ) AS "t22"
  ) AS "t29"
    ON "t34"."indicator" = "t29"."indicator" AND "t34"."version" = "t29"."version"
  INNER JOIN "tiers_of_types" AS "t9"
    ON "t28"."area_type" = "t9"."area_type"
)
SELECT
  *
FROM (
  SELECT
    "t36"."dataset",
    "t36"."indicator",
    "t36"."version",
    "t36"."period",
    "t36"."breakdown",
    "t36"."tier",
    "t36"."area",
    "t36"."value",
    "t36"."value_text",
    "t36"."numerator",
    "t36"."denominator",
    FALSE AS "is_restated",
    "t36"."period_end" AS "counted_on"
  FROM "t35" AS "t36"
  WHERE
    (
      (
        "t36"."answering" = 'every-council'
      )
      OR (
        "t36"."answering" = "t36"."tier"
      )
    )
    AND (
      (
        "t36"."start_on" IS NULL
      ) OR (
        "t36"."start_on" <= "t36"."period_end"
      )
    )
    AND (
      (
        "t36"."end_on" IS NULL
      ) OR (
        "t36"."end_on" >= "t36"."period_end"
      )
    )
) AS "t38"
UNION ALL
SELECT
  *
FROM (
  SELECT
    "t39"."dataset",
    "t39"."indicator",
    "t39"."version",
    "t39"."period",
    "t39"."breakdown",
    "t39"."tier",
    "t39"."area",
    "t39"."value",
    "t39"."value_text",
    "t39"."numerator",
    "t39"."denominator",
    TRUE AS "is_restated",
    "t39"."start_on" AS "counted_on"
  FROM (
    SELECT
      *
    FROM "t35" AS "t36"
    WHERE
      (
        (
          "t36"."answering" = 'every-council'
        )
        OR (
          "t36"."answering" = "t36"."tier"
        )
      )
      AND "t36"."start_on" > "t36"."period_end"
  ) AS "t39"
  ANTI JOIN (
    SELECT DISTINCT
      *
    FROM (
      SELECT
        "t39"."dataset",
        "t39"."indicator",
        "t39"."version",
        "t39"."period",
        "t39"."breakdown",
        "t39"."area"
      FROM (
        SELECT
          *
        FROM "t35" AS "t36"
        WHERE
          (
            (
              "t36"."answering" = 'every-council'
            )
            OR (
              "t36"."answering" = "t36"."tier"
            )
          )
          AND "t36"."start_on" > "t36"."period_end"
      ) AS "t39"
      INNER JOIN (
        SELECT
          "t23"."to_area" AS "area",
          "t23"."from_area" AS "predecessor"
        FROM (
          SELECT
            "t15"."area_number" AS "from_area",
            "t14"."area_number" AS "to_area"
          FROM "harmonise_area_changes" AS "t17"
          INNER JOIN "list_area" AS "t14"
            ON "t17"."to_area" = "t14"."area_area"
          INNER JOIN "list_area" AS "t15"
            ON "t17"."from_area" = "t15"."area_area"
        ) AS "t23"
      ) AS "t30"
        ON "t39"."area" = "t30"."area"
      INNER JOIN (
        SELECT
          "t24"."dataset",
          "t24"."indicator",
          "t24"."version",
          "t24"."period",
          "t24"."breakdown",
          "t24"."area" AS "predecessor"
        FROM "t20" AS "t24"
        WHERE
          "t24"."value" IS NOT NULL
      ) AS "t32"
        ON "t39"."dataset" = "t32"."dataset"
        AND "t39"."indicator" = "t32"."indicator"
        AND "t39"."version" = "t32"."version"
        AND "t39"."period" = "t32"."period"
        AND "t39"."breakdown" = "t32"."breakdown"
        AND "t30"."predecessor" = "t32"."predecessor"
    ) AS "t40"
  ) AS "t42"
    ON "t39"."dataset" = "t42"."dataset"
    AND "t39"."indicator" = "t42"."indicator"
    AND "t39"."version" = "t42"."version"
    AND "t39"."period" = "t42"."period"
    AND "t39"."breakdown" = "t42"."breakdown"
    AND "t39"."area" = "t42"."area"
) AS "t43"
;

-- counted_figures(coded_observations)
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: dataset int32, definition int32, period int32, _source int32, figures int64, missing int64, ranges int64, texts int64, digits int32, longest int32
SELECT
  "t0"."dataset",
  "t0"."definition",
  "t0"."period",
  "t0"."_source",
  COUNT(*) AS "figures",
  SUM("t0"."is_missing") AS "missing",
  SUM(
    CAST((
      "t0"."lower_limit" IS NOT NULL
    )
    AND (
      "t0"."upper_limit" IS NOT NULL
    )
    AND (
      "t0"."is_missing" = 0
    ) AS BIGINT)
  ) AS "ranges",
  SUM(
    CAST((
      (
        LENGTH("t0"."value_text") > 15
      )
      OR (
        STARTS_WITH("t0"."value_text", '-') AND (
          "t0"."value" = 0.0
        )
      )
    )
    AND (
      "t0"."value_text" IS NOT NULL
    ) AS BIGINT)
  ) AS "texts",
  CAST(MAX(
    CASE
      WHEN CONTAINS("t0"."value_text", '.')
      THEN (
        LENGTH("t0"."value_text") - (
          STRPOS("t0"."value_text", '.') - 1
        )
      ) - 1
      ELSE 0
    END
  ) AS INT) AS "digits",
  GREATEST(
    COALESCE(MAX(LENGTH("t0"."lower_limit")), 0),
    COALESCE(MAX(LENGTH("t0"."upper_limit")), 0),
    COALESCE(MAX(LENGTH("t0"."numerator")), 0),
    COALESCE(MAX(LENGTH("t0"."denominator")), 0)
  ) AS "longest"
FROM "coded_observations" AS "t0"
GROUP BY
  1,
  2,
  3,
  4
;

-- counted_series(coded_observations)
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: dataset int32, definition int32, breakdown int32, area int32, values int64
SELECT
  "t0"."dataset",
  "t0"."definition",
  "t0"."breakdown",
  "t0"."area",
  SUM(CAST("t0"."is_missing" = 0 AS BIGINT)) AS "values"
FROM "coded_observations" AS "t0"
GROUP BY
  1,
  2,
  3,
  4
;

-- counted_statuses(coded_observations)
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: definition int32, status int32, note int32
SELECT DISTINCT
  "t0"."definition",
  "t0"."status",
  "t0"."note"
FROM "coded_observations" AS "t0"
;

-- different(harmonise_observation_texts, 'indicator', 'version', 'period')
-- harmonise_observation_texts: dataset string, indicator string, version string, area string, period string, value string, status string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size string, note string, _source int32, _row int64, breakdown string
-- gives: indicator string, version string, period string
SELECT DISTINCT
  "t0"."indicator",
  "t0"."version",
  "t0"."period"
FROM "harmonise_observation_texts" AS "t0"
;

-- different(observations_before, 'indicator')
-- observations_before: dataset string, indicator string, version string, area string, period string, breakdown string, value double, value_text string, status string, lower_limit double, upper_limit double, numerator double, denominator double, sample_size int64, note string
-- gives: indicator string
SELECT DISTINCT
  "t0"."indicator"
FROM "observations_before" AS "t0"
;

-- distributions(council_figures)
-- council_figures: dataset int32, indicator int32, version int32, period int32, breakdown int32, tier string, area int32, value double, value_text string, numerator string, denominator string, is_restated bool, counted_on date32[day]
-- gives: dataset int32, indicator int32, version int32, period int32, breakdown int32, tier string, area_count int64, lowest double, lower_quartile double, median double, upper_quartile double, highest double
SELECT
  "t2"."dataset",
  "t2"."indicator",
  "t2"."version",
  "t2"."period",
  "t2"."breakdown",
  "t2"."tier",
  "t2"."area_count",
  LIST_EXTRACT("t2"."values", 1) AS "lowest",
  LIST_EXTRACT(
    "t2"."values",
    CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 1
    ) / (
      4
    )) AS BIGINT) + CAST(CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 1
    ) / (
      4
    )) AS BIGINT) >= 0 AS BIGINT)
  ) + (
    (
      (
        LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 1
            ) + 3
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 1
            ) + 3
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        ) - LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 1
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 1
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        )
      ) * CAST((
        (
          "t2"."area_count" - 1
        ) * 1
      ) % 4 AS DOUBLE)
    ) / 4.0
  ) AS "lower_quartile",
  LIST_EXTRACT(
    "t2"."values",
    CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 2
    ) / (
      4
    )) AS BIGINT) + CAST(CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 2
    ) / (
      4
    )) AS BIGINT) >= 0 AS BIGINT)
  ) + (
    (
      (
        LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 2
            ) + 3
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 2
            ) + 3
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        ) - LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 2
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 2
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        )
      ) * CAST((
        (
          "t2"."area_count" - 1
        ) * 2
      ) % 4 AS DOUBLE)
    ) / 4.0
  ) AS "median",
  LIST_EXTRACT(
    "t2"."values",
    CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 3
    ) / (
      4
    )) AS BIGINT) + CAST(CAST(FLOOR((
      (
        "t2"."area_count" - 1
      ) * 3
    ) / (
      4
    )) AS BIGINT) >= 0 AS BIGINT)
  ) + (
    (
      (
        LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 3
            ) + 3
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              (
                "t2"."area_count" - 1
              ) * 3
            ) + 3
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        ) - LIST_EXTRACT(
          "t2"."values",
          CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 3
          ) / (
            4
          )) AS BIGINT) + CAST(CAST(FLOOR((
            (
              "t2"."area_count" - 1
            ) * 3
          ) / (
            4
          )) AS BIGINT) >= 0 AS BIGINT)
        )
      ) * CAST((
        (
          "t2"."area_count" - 1
        ) * 3
      ) % 4 AS DOUBLE)
    ) / 4.0
  ) AS "upper_quartile",
  LIST_EXTRACT(
    "t2"."values",
    (
      "t2"."area_count" - 1
    ) + CAST((
      "t2"."area_count" - 1
    ) >= 0 AS BIGINT)
  ) AS "highest"
FROM (
  SELECT
    "t1"."dataset",
    "t1"."indicator",
    "t1"."version",
    "t1"."period",
    "t1"."breakdown",
    "t1"."tier",
    LIST_SORT("t1"."values") AS "values",
    ARRAY_LENGTH("t1"."values") AS "area_count"
  FROM (
    SELECT
      "t0"."dataset",
      "t0"."indicator",
      "t0"."version",
      "t0"."period",
      "t0"."breakdown",
      "t0"."tier",
      ARRAY_AGG("t0"."value") FILTER(WHERE
        "t0"."value" IS NOT NULL) AS "values"
    FROM "council_figures" AS "t0"
    GROUP BY
      1,
      2,
      3,
      4,
      5,
      6
  ) AS "t1"
) AS "t2"
;

-- listed(shown(of_indicators(harmonised(harmonise_observation_texts, {}, harmonise_periods_of_observations), indicators_that_are_read)))
-- harmonise_observation_texts: dataset string, indicator string, version string, area string, period string, value string, status string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size string, note string, _source int32, _row int64, breakdown string
-- harmonise_periods_of_observations: of_indicator string, of_version string, of_period string, of_notation string, of_resolved string
-- indicators_that_are_read: indicator string
-- gives: dataset list<item: string>, definition list<item: string>, area list<item: string>, period list<item: string>, breakdown list<item: string>, status list<item: string>, note list<item: string>
SELECT
  ARRAY_AGG(DISTINCT "t9"."dataset") FILTER(WHERE
    "t9"."dataset" IS NOT NULL) AS "dataset",
  ARRAY_AGG(DISTINCT "t9"."indicator" || '	' || "t9"."version") FILTER(WHERE
    (
      "t9"."indicator" || '	' || "t9"."version"
    ) IS NOT NULL) AS "definition",
  ARRAY_AGG(DISTINCT "t9"."area") FILTER(WHERE
    "t9"."area" IS NOT NULL) AS "area",
  ARRAY_AGG(DISTINCT "t9"."period") FILTER(WHERE
    "t9"."period" IS NOT NULL) AS "period",
  ARRAY_AGG(DISTINCT "t9"."breakdown") FILTER(WHERE
    "t9"."breakdown" IS NOT NULL) AS "breakdown",
  ARRAY_AGG(DISTINCT "t9"."status") FILTER(WHERE
    "t9"."status" IS NOT NULL) AS "status",
  ARRAY_AGG(DISTINCT "t9"."note") FILTER(WHERE
    "t9"."note" IS NOT NULL) AS "note"
FROM (
  SELECT
    "t8"."dataset",
    "t8"."indicator",
    "t8"."version",
    "t8"."area",
    "t8"."period",
    "t8"."breakdown",
    "t8"."value_text",
    "t8"."value",
    "t8"."status",
    "t8"."lower_limit",
    "t8"."upper_limit",
    "t8"."numerator",
    "t8"."denominator",
    "t8"."sample_size",
    "t8"."note",
    "t8"."_source",
    "t8"."_row"
  FROM (
    SELECT
      NULLIF("t6"."dataset", '') AS "dataset",
      NULLIF("t6"."indicator", '') AS "indicator",
      COALESCE("t6"."of_resolved", NULLIF("t6"."version", '')) AS "version",
      NULLIF("t6"."area", '') AS "area",
      "t6"."of_notation" AS "period",
      "t6"."breakdown",
      NULLIF("t6"."value", '') AS "value_text",
      TRY_CAST(NULLIF("t6"."value", '') AS DOUBLE) AS "value",
      COALESCE(NULLIF("t6"."status", ''), 'normal') AS "status",
      NULLIF("t6"."lower_limit", '') AS "lower_limit",
      NULLIF("t6"."upper_limit", '') AS "upper_limit",
      NULLIF("t6"."numerator", '') AS "numerator",
      NULLIF("t6"."denominator", '') AS "denominator",
      TRY_CAST(NULLIF("t6"."sample_size", '') AS BIGINT) AS "sample_size",
      NULLIF("t6"."note", '') AS "note",
      "t6"."_source",
      "t6"."_row"
    FROM (
      SELECT
        "t4"."dataset",
        "t4"."indicator",
        "t4"."version",
        "t4"."area",
        "t4"."period",
        "t4"."value",
        "t4"."status",
        "t4"."lower_limit",
        "t4"."upper_limit",
        "t4"."numerator",
        "t4"."denominator",
        "t4"."sample_size",
        "t4"."note",
        "t4"."_source",
        "t4"."_row",
        "t4"."breakdown",
        "t5"."of_indicator",
        "t5"."of_version",
        "t5"."of_period",
        "t5"."of_notation",
        "t5"."of_resolved"
      FROM "harmonise_observation_texts" AS "t4"
      LEFT OUTER JOIN "harmonise_periods_of_observations" AS "t5"
        ON "t4"."indicator" = "t5"."of_indicator"
        AND "t4"."version" = "t5"."of_version"
        AND "t4"."period" = "t5"."of_period"
    ) AS "t6"
  ) AS "t8"
  SEMI JOIN "indicators_that_are_read" AS "t3"
    ON "t8"."indicator" = "t3"."indicator"
) AS "t9"
;

-- numbered(coded_observations, ('definition', 'period', 'breakdown', 'area', 'dataset', 'value', 'decimals', 'status', '_source', '_row', 'note', 'lower_limit', 'upper_limit', 'numerator', 'denominator', 'sample_size', 'value_text', ))
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: definition int32, period int32, breakdown int32, area int32, dataset int32, value double, decimals int32, status int32, _source int32, _row int64, note int32, lower_limit double, upper_limit double, numerator double, denominator double, sample_size int64, value_text string
SELECT
  "t0"."definition",
  "t0"."period",
  "t0"."breakdown",
  "t0"."area",
  "t0"."dataset",
  "t0"."value",
  CAST(CASE
    WHEN CONTAINS("t0"."value_text", '.')
    THEN (
      LENGTH("t0"."value_text") - (
        STRPOS("t0"."value_text", '.') - 1
      )
    ) - 1
    ELSE 0
  END AS INT) AS "decimals",
  "t0"."status",
  "t0"."_source",
  "t0"."_row",
  "t0"."note",
  CAST("t0"."lower_limit" AS DOUBLE) AS "lower_limit",
  CAST("t0"."upper_limit" AS DOUBLE) AS "upper_limit",
  CAST("t0"."numerator" AS DOUBLE) AS "numerator",
  CAST("t0"."denominator" AS DOUBLE) AS "denominator",
  "t0"."sample_size",
  CASE
    WHEN (
      LENGTH("t0"."value_text") > 15
    )
    OR (
      STARTS_WITH("t0"."value_text", '-') AND (
        "t0"."value" = 0.0
      )
    )
    THEN "t0"."value_text"
    ELSE CAST(NULL AS TEXT)
  END AS "value_text"
FROM "coded_observations" AS "t0"
;

-- odd_columns(harmonise_observation_texts)
-- harmonise_observation_texts: dataset string, indicator string, version string, area string, period string, value string, status string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size string, note string, _source int32, _row int64, breakdown string
-- gives: value bool, lower_limit bool, upper_limit bool, numerator bool, denominator bool, sample_size bool
SELECT
  BOOL_OR(
    CAST(REGEXP_REPLACE(
      "t0"."value",
      '^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$',
      '',
      'g'
    ) <> '' AS BOOLEAN)
  ) AS "value",
  BOOL_OR(
    CAST(REGEXP_REPLACE(
      "t0"."lower_limit",
      '^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$',
      '',
      'g'
    ) <> '' AS BOOLEAN)
  ) AS "lower_limit",
  BOOL_OR(
    CAST(REGEXP_REPLACE(
      "t0"."upper_limit",
      '^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$',
      '',
      'g'
    ) <> '' AS BOOLEAN)
  ) AS "upper_limit",
  BOOL_OR(
    CAST(REGEXP_REPLACE(
      "t0"."numerator",
      '^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$',
      '',
      'g'
    ) <> '' AS BOOLEAN)
  ) AS "numerator",
  BOOL_OR(
    CAST(REGEXP_REPLACE(
      "t0"."denominator",
      '^((0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?|-[1-9][0-9]{0,14}(\.[0-9]{1,15})?|-0\.0{0,7}[1-9][0-9]{0,7})$',
      '',
      'g'
    ) <> '' AS BOOLEAN)
  ) AS "denominator",
  BOOL_OR(
    CAST(REGEXP_REPLACE("t0"."sample_size", '^(0|-?[1-9][0-9]{0,17})$', '', 'g') <> '' AS BOOLEAN)
  ) AS "sample_size"
FROM "harmonise_observation_texts" AS "t0"
;

-- ordered(coded_observations, 'definition', 'period', 'breakdown', 'area', 'dataset')
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
SELECT
  *
FROM "coded_observations" AS "t0"
ORDER BY
  "t0"."definition" ASC,
  "t0"."period" ASC,
  "t0"."breakdown" ASC,
  "t0"."area" ASC,
  "t0"."dataset" ASC
;

-- ordered(coded_rows(shown(of_indicators(harmonised(harmonise_observation_texts, {}, harmonise_periods_of_observations), indicators_that_are_read)), {'area': list_area, 'breakdown': list_breakdown, 'dataset': list_dataset, 'definition': list_definition, 'note': list_note, 'period': list_period, 'status': list_status}), 'definition', 'period', 'breakdown', 'area', 'dataset')
-- harmonise_observation_texts: dataset string, indicator string, version string, area string, period string, value string, status string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size string, note string, _source int32, _row int64, breakdown string
-- harmonise_periods_of_observations: of_indicator string, of_version string, of_period string, of_notation string, of_resolved string
-- indicators_that_are_read: indicator string
-- list_area: area_number int32, area_area string
-- list_breakdown: breakdown_number int32, breakdown_breakdown string
-- list_dataset: dataset_number int32, dataset_dataset string
-- list_definition: definition_number int32, definition_indicator string, definition_version string
-- list_note: note_number int32, note_note string
-- list_period: period_number int32, period_period string
-- list_status: status_number int32, status_status string
-- gives: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
SELECT
  *
FROM (
  SELECT
    "t11"."dataset_number" AS "dataset",
    "t12"."definition_number" AS "definition",
    "t13"."area_number" AS "area",
    "t14"."period_number" AS "period",
    "t15"."breakdown_number" AS "breakdown",
    "t16"."status_number" AS "status",
    "t17"."note_number" AS "note",
    CAST("t22"."value_text" IS NULL AS INT) AS "is_missing",
    "t22"."value",
    "t22"."value_text",
    "t22"."lower_limit",
    "t22"."upper_limit",
    "t22"."numerator",
    "t22"."denominator",
    "t22"."sample_size",
    "t22"."_source",
    "t22"."_row"
  FROM (
    SELECT
      NULLIF("t20"."dataset", '') AS "dataset",
      NULLIF("t20"."indicator", '') AS "indicator",
      COALESCE("t20"."of_resolved", NULLIF("t20"."version", '')) AS "version",
      NULLIF("t20"."area", '') AS "area",
      "t20"."of_notation" AS "period",
      "t20"."breakdown",
      NULLIF("t20"."value", '') AS "value_text",
      TRY_CAST(NULLIF("t20"."value", '') AS DOUBLE) AS "value",
      COALESCE(NULLIF("t20"."status", ''), 'normal') AS "status",
      NULLIF("t20"."lower_limit", '') AS "lower_limit",
      NULLIF("t20"."upper_limit", '') AS "upper_limit",
      NULLIF("t20"."numerator", '') AS "numerator",
      NULLIF("t20"."denominator", '') AS "denominator",
      TRY_CAST(NULLIF("t20"."sample_size", '') AS BIGINT) AS "sample_size",
      NULLIF("t20"."note", '') AS "note",
      "t20"."_source",
      "t20"."_row"
    FROM (
      SELECT
        "t18"."dataset",
        "t18"."indicator",
        "t18"."version",
        "t18"."area",
        "t18"."period",
        "t18"."value",
        "t18"."status",
        "t18"."lower_limit",
        "t18"."upper_limit",
        "t18"."numerator",
        "t18"."denominator",
        "t18"."sample_size",
        "t18"."note",
        "t18"."_source",
        "t18"."_row",
        "t18"."breakdown",
        "t19"."of_indicator",
        "t19"."of_version",
        "t19"."of_period",
        "t19"."of_notation",
        "t19"."of_resolved"
      FROM "harmonise_observation_texts" AS "t18"
      LEFT OUTER JOIN "harmonise_periods_of_observations" AS "t19"
        ON "t18"."indicator" = "t19"."of_indicator"
        AND "t18"."version" = "t19"."of_version"
        AND "t18"."period" = "t19"."of_period"
    ) AS "t20"
  ) AS "t22"
  SEMI JOIN "indicators_that_are_read" AS "t10"
    ON "t22"."indicator" = "t10"."indicator"
  LEFT OUTER JOIN "list_dataset" AS "t11"
    ON "t22"."dataset" = "t11"."dataset_dataset"
  LEFT OUTER JOIN "list_definition" AS "t12"
    ON "t22"."indicator" = "t12"."definition_indicator"
    AND "t22"."version" = "t12"."definition_version"
  LEFT OUTER JOIN "list_area" AS "t13"
    ON "t22"."area" = "t13"."area_area"
  LEFT OUTER JOIN "list_period" AS "t14"
    ON "t22"."period" = "t14"."period_period"
  LEFT OUTER JOIN "list_breakdown" AS "t15"
    ON "t22"."breakdown" = "t15"."breakdown_breakdown"
  LEFT OUTER JOIN "list_status" AS "t16"
    ON "t22"."status" = "t16"."status_status"
  LEFT OUTER JOIN "list_note" AS "t17"
    ON "t22"."note" = "t17"."note_note"
) AS "t23"
ORDER BY
  "t23"."definition" ASC,
  "t23"."period" ASC,
  "t23"."breakdown" ASC,
  "t23"."area" ASC,
  "t23"."dataset" ASC
;

-- ordered(numbered(coded_observations, ('area', 'definition', 'period', 'breakdown', 'dataset', 'value', 'decimals', 'status', 'note', )), 'definition', 'period', 'breakdown', 'area', 'dataset')
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: area int32, definition int32, period int32, breakdown int32, dataset int32, value double, decimals int32, status int32, note int32
SELECT
  "t0"."area",
  "t0"."definition",
  "t0"."period",
  "t0"."breakdown",
  "t0"."dataset",
  "t0"."value",
  CAST(CASE
    WHEN CONTAINS("t0"."value_text", '.')
    THEN (
      LENGTH("t0"."value_text") - (
        STRPOS("t0"."value_text", '.') - 1
      )
    ) - 1
    ELSE 0
  END AS INT) AS "decimals",
  "t0"."status",
  "t0"."note"
FROM "coded_observations" AS "t0"
ORDER BY
  "t0"."definition" ASC,
  "t0"."period" ASC,
  "t0"."breakdown" ASC,
  "t0"."area" ASC,
  "t0"."dataset" ASC
;

-- ordered(numbered(coded_observations, ('definition', 'period', 'breakdown', 'area', 'dataset', 'value', 'decimals', 'status', '_source', '_row', 'note', 'lower_limit', 'upper_limit', 'numerator', 'denominator', 'sample_size', 'value_text', )), 'definition', 'period', 'breakdown', 'area', 'dataset')
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: definition int32, period int32, breakdown int32, area int32, dataset int32, value double, decimals int32, status int32, _source int32, _row int64, note int32, lower_limit double, upper_limit double, numerator double, denominator double, sample_size int64, value_text string
SELECT
  "t0"."definition",
  "t0"."period",
  "t0"."breakdown",
  "t0"."area",
  "t0"."dataset",
  "t0"."value",
  CAST(CASE
    WHEN CONTAINS("t0"."value_text", '.')
    THEN (
      LENGTH("t0"."value_text") - (
        STRPOS("t0"."value_text", '.') - 1
      )
    ) - 1
    ELSE 0
  END AS INT) AS "decimals",
  "t0"."status",
  "t0"."_source",
  "t0"."_row",
  "t0"."note",
  CAST("t0"."lower_limit" AS DOUBLE) AS "lower_limit",
  CAST("t0"."upper_limit" AS DOUBLE) AS "upper_limit",
  CAST("t0"."numerator" AS DOUBLE) AS "numerator",
  CAST("t0"."denominator" AS DOUBLE) AS "denominator",
  "t0"."sample_size",
  CASE
    WHEN (
      LENGTH("t0"."value_text") > 15
    )
    OR (
      STARTS_WITH("t0"."value_text", '-') AND (
        "t0"."value" = 0.0
      )
    )
    THEN "t0"."value_text"
    ELSE CAST(NULL AS TEXT)
  END AS "value_text"
FROM "coded_observations" AS "t0"
ORDER BY
  "t0"."definition" ASC,
  "t0"."period" ASC,
  "t0"."breakdown" ASC,
  "t0"."area" ASC,
  "t0"."dataset" ASC
;

-- ordered(observations_as_found, 'definition', 'period', 'breakdown', 'area', 'dataset')
-- observations_as_found: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- gives: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
SELECT
  *
FROM "observations_as_found" AS "t0"
ORDER BY
  "t0"."definition" ASC,
  "t0"."period" ASC,
  "t0"."breakdown" ASC,
  "t0"."area" ASC,
  "t0"."dataset" ASC
;

-- ordered(with_reasons(compared(observations_before, spelled_figures(coded_observations, {'area': list_area, 'breakdown': list_breakdown, 'dataset': list_dataset, 'definition': list_definition, 'note': list_note, 'period': list_period, 'status': list_status}), withdrawn_before), change_notes, corrected_rows), 'figure')
-- change_notes: noted_indicator string, noted_version string, change_note string
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- corrected_rows: corrected_source int32, corrected_row int64, correction_reason string
-- list_area: area_number int32, area_area string
-- list_breakdown: breakdown_number int32, breakdown_breakdown string
-- list_dataset: dataset_number int32, dataset_dataset string
-- list_definition: definition_number int32, definition_indicator string, definition_version string
-- list_note: note_number int32, note_note string
-- list_period: period_number int32, period_period string
-- list_status: status_number int32, status_status string
-- observations_before: dataset string, indicator string, version string, area string, period string, breakdown string, value double, value_text string, status string, lower_limit double, upper_limit double, numerator double, denominator double, sample_size int64, note string
-- withdrawn_before: figure string, was_withdrawn bool
-- gives: dataset string, indicator string, area string, period string, breakdown string, figure string, change string, reason_kind string, reason string, value_before double, value_text_before string, status_before string, lower_limit_before double, upper_limit_before double, version_before string, value_after double, value_text_after string, status_after string, lower_limit_after double, upper_limit_after double, version_after string
SELECT
  "t35"."dataset",
  "t35"."indicator",
  "t35"."area",
  "t35"."period",
  "t35"."breakdown",
  "t35"."figure",
  "t35"."change",
  CASE
    WHEN "t35"."correction_reason" IS NOT NULL
    THEN 'correction'
    WHEN (
      "t35"."version_before" IS NOT NULL
    )
    AND (
      "t35"."version_before" <> "t35"."version_after"
    )
    THEN 'definition'
    WHEN (
      "t35"."note_after" IS NOT NULL
    )
    AND NOT (
      "t35"."note_after" IS NOT DISTINCT FROM "t35"."note_before"
    )
    THEN 'note'
    WHEN (
      "t35"."status_before" = 'provisional'
    )
    AND (
      "t35"."status_after" = 'normal'
    )
    THEN 'final'
    WHEN "t35"."status_after" = 'revised'
    THEN 'status'
    ELSE 'none'
  END AS "reason_kind",
  CASE
    WHEN "t35"."correction_reason" IS NOT NULL
    THEN "t35"."correction_reason"
    WHEN (
      "t35"."version_before" IS NOT NULL
    )
    AND (
      "t35"."version_before" <> "t35"."version_after"
    )
    THEN CASE
      WHEN "t35"."change_note" IS NOT NULL
      THEN 'Counted by version ' || "t35"."version_after" || ' of the definition in place of ' || "t35"."version_before" || '.' || ' ' || "t35"."change_note"
      ELSE 'Counted by version ' || "t35"."version_after" || ' of the definition in place of ' || "t35"."version_before" || '.'
    END
    WHEN (
      "t35"."note_after" IS NOT NULL
    )
    AND NOT (
      "t35"."note_after" IS NOT DISTINCT FROM "t35"."note_before"
    )
    THEN "t35"."note_after"
    WHEN (
      "t35"."status_before" = 'provisional'
    )
    AND (
      "t35"."status_after" = 'normal'
    )
    THEN 'The provisional figure was replaced by a final one.'
    WHEN "t35"."status_after" = 'revised'
    THEN 'The publisher marked the figure as revised.'
    ELSE 'No reason given.'
  END AS "reason",
  "t35"."value_before",
  "t35"."value_text_before",
  "t35"."status_before",
  "t35"."lower_limit_before",
  "t35"."upper_limit_before",
  "t35"."version_before",
  "t35"."value_after",
  "t35"."value_text_after",
  "t35"."status_after",
  "t35"."lower_limit_after",
  "t35"."upper_limit_after",
  "t35"."version_after"
FROM (
  SELECT
    "t34"."dataset_before",
    "t34"."indicator_before",
    "t34"."area_before",
    "t34"."period_before",
    "t34"."breakdown_before",
    "t34"."value_before",
    "t34"."value_text_before",
    "t34"."status_before",
    "t34"."lower_limit_before",
    "t34"."upper_limit_before",
    "t34"."version_before",
    "t34"."note_before",
    "t34"."value_after",
    "t34"."value_text_after",
    "t34"."lower_limit_after",
    "t34"."upper_limit_after",
    "t34"."dataset_after",
    "t34"."indicator_after",
    "t34"."version_after",
    "t34"."area_after",
    "t34"."period_after",
    "t34"."breakdown_after",
    "t34"."status_after",
    "t34"."note_after",
    "t34"."source_after",
    "t34"."row_after",
    "t34"."dataset",
    "t34"."indicator",
    "t34"."area",
    "t34"."period",
    "t34"."breakdown",
    "t34"."figure",
    "t34"."figure_right",
    "t34"."was_withdrawn",
    "t34"."change",
    "t12"."noted_indicator",
    "t12"."noted_version",
    "t12"."change_note",
    "t13"."corrected_source",
    "t13"."corrected_row",
    "t13"."correction_reason"
  FROM (
    SELECT
      "t32"."dataset_before",
      "t32"."indicator_before",
      "t32"."area_before",
      "t32"."period_before",
      "t32"."breakdown_before",
      "t32"."value_before",
      "t32"."value_text_before",
      "t32"."status_before",
      "t32"."lower_limit_before",
      "t32"."upper_limit_before",
      "t32"."version_before",
      "t32"."note_before",
      "t32"."value_after",
      "t32"."value_text_after",
      "t32"."lower_limit_after",
      "t32"."upper_limit_after",
      "t32"."dataset_after",
      "t32"."indicator_after",
      "t32"."version_after",
      "t32"."area_after",
      "t32"."period_after",
      "t32"."breakdown_after",
      "t32"."status_after",
      "t32"."note_after",
      "t32"."source_after",
      "t32"."row_after",
      "t32"."dataset",
      "t32"."indicator",
      "t32"."area",
      "t32"."period",
      "t32"."breakdown",
      "t32"."figure",
      "t32"."figure_right",
      "t32"."was_withdrawn",
      CASE
        WHEN (
          "t32"."status_before" IS NOT NULL
        )
        AND NOT (
          "t32"."status_after" IS NOT NULL
        )
        THEN 'withdrawn'
        WHEN NOT (
          "t32"."status_before" IS NOT NULL
        )
        AND (
          "t32"."was_withdrawn" IS NOT NULL
        )
        THEN 'returned'
        ELSE 'revised'
      END AS "change"
    FROM (
      SELECT
        "t31"."dataset_before",
        "t31"."indicator_before",
        "t31"."area_before",
        "t31"."period_before",
        "t31"."breakdown_before",
        "t31"."value_before",
        "t31"."value_text_before",
        "t31"."status_before",
        "t31"."lower_limit_before",
        "t31"."upper_limit_before",
        "t31"."version_before",
        "t31"."note_before",
        "t31"."value_after",
        "t31"."value_text_after",
        "t31"."lower_limit_after",
        "t31"."upper_limit_after",
        "t31"."dataset_after",
        "t31"."indicator_after",
        "t31"."version_after",
        "t31"."area_after",
        "t31"."period_after",
        "t31"."breakdown_after",
        "t31"."status_after",
        "t31"."note_after",
        "t31"."source_after",
        "t31"."row_after",
        "t31"."dataset",
        "t31"."indicator",
        "t31"."area",
        "t31"."period",
        "t31"."breakdown",
        "t31"."figure",
        "t14"."figure" AS "figure_right",
        "t14"."was_withdrawn"
      FROM (
        SELECT
          "t29"."dataset_before",
          "t29"."indicator_before",
          "t29"."area_before",
          "t29"."period_before",
          "t29"."breakdown_before",
          "t29"."value_before",
          "t29"."value_text_before",
          "t29"."status_before",
          "t29"."lower_limit_before",
          "t29"."upper_limit_before",
          "t29"."version_before",
          "t29"."note_before",
          "t29"."value_after",
          "t29"."value_text_after",
          "t29"."lower_limit_after",
          "t29"."upper_limit_after",
          "t29"."dataset_after",
          "t29"."indicator_after",
          "t29"."version_after",
          "t29"."area_after",
          "t29"."period_after",
          "t29"."breakdown_after",
          "t29"."status_after",
          "t29"."note_after",
          "t29"."source_after",
          "t29"."row_after",
          COALESCE("t29"."dataset_before", "t29"."dataset_after") AS "dataset",
          COALESCE("t29"."indicator_before", "t29"."indicator_after") AS "indicator",
          COALESCE("t29"."area_before", "t29"."area_after") AS "area",
          COALESCE("t29"."period_before", "t29"."period_after") AS "period",
          COALESCE("t29"."breakdown_before", "t29"."breakdown_after") AS "breakdown",
          CASE
            WHEN COALESCE("t29"."breakdown_before", "t29"."breakdown_after") = ''
            THEN COALESCE("t29"."dataset_before", "t29"."dataset_after") || '/' || COALESCE("t29"."indicator_before", "t29"."indicator_after") || '/' || COALESCE("t29"."area_before", "t29"."area_after") || '/' || COALESCE("t29"."period_before", "t29"."period_after")
            ELSE COALESCE("t29"."dataset_before", "t29"."dataset_after") || '/' || COALESCE("t29"."indicator_before", "t29"."indicator_after") || '/' || COALESCE("t29"."area_before", "t29"."area_after") || '/' || COALESCE("t29"."period_before", "t29"."period_after") || '/' || REPLACE(COALESCE("t29"."breakdown_before", "t29"."breakdown_after"), ';', '/')
          END AS "figure"
        FROM (
          SELECT
            "t24"."dataset_before",
            "t24"."indicator_before",
            "t24"."area_before",
            "t24"."period_before",
            "t24"."breakdown_before",
            "t24"."value_before",
            "t24"."value_text_before",
            "t24"."status_before",
            "t24"."lower_limit_before",
            "t24"."upper_limit_before",
            "t24"."version_before",
            "t24"."note_before",
            "t28"."value_after",
            "t28"."value_text_after",
            "t28"."lower_limit_after",
            "t28"."upper_limit_after",
            "t28"."dataset_after",
            "t28"."indicator_after",
            "t28"."version_after",
            "t28"."area_after",
            "t28"."period_after",
            "t28"."breakdown_after",
            "t28"."status_after",
            "t28"."note_after",
            "t28"."source_after",
            "t28"."row_after"
          FROM (
            SELECT
              "t3"."dataset" AS "dataset_before",
              "t3"."indicator" AS "indicator_before",
              "t3"."area" AS "area_before",
              "t3"."period" AS "period_before",
              "t3"."breakdown" AS "breakdown_before",
              "t3"."value" AS "value_before",
              "t3"."value_text" AS "value_text_before",
              "t3"."status" AS "status_before",
              "t3"."lower_limit" AS "lower_limit_before",
              "t3"."upper_limit" AS "upper_limit_before",
              "t3"."version" AS "version_before",
              "t3"."note" AS "note_before"
            FROM "observations_before" AS "t3"
          ) AS "t24"
          FULL OUTER JOIN (
            SELECT
              "t26"."value" AS "value_after",
              "t26"."value_text" AS "value_text_after",
              "t26"."lower_limit" AS "lower_limit_after",
              "t26"."upper_limit" AS "upper_limit_after",
              "t26"."dataset" AS "dataset_after",
              "t26"."indicator" AS "indicator_after",
              "t26"."version" AS "version_after",
              "t26"."area" AS "area_after",
              "t26"."period" AS "period_after",
              "t26"."breakdown" AS "breakdown_after",
              "t26"."status" AS "status_after",
              "t26"."note" AS "note_after",
              "t26"."source" AS "source_after",
              "t26"."row" AS "row_after"
            FROM (
              SELECT
                "t25"."value",
                "t25"."value_text",
                CAST("t25"."lower_limit" AS DOUBLE) AS "lower_limit",
                CAST("t25"."upper_limit" AS DOUBLE) AS "upper_limit",
                "t15"."dataset_dataset" AS "dataset",
                "t16"."definition_indicator" AS "indicator",
                "t16"."definition_version" AS "version",
                "t17"."area_area" AS "area",
                "t18"."period_period" AS "period",
                "t19"."breakdown_breakdown" AS "breakdown",
                "t20"."status_status" AS "status",
                "t21"."note_note" AS "note",
                "t25"."_source" AS "source",
                "t25"."_row" AS "row"
              FROM (
                SELECT
                  "t4"."dataset" AS "dataset_code",
                  "t4"."definition" AS "definition_code",
                  "t4"."area" AS "area_code",
                  "t4"."period" AS "period_code",
                  "t4"."breakdown" AS "breakdown_code",
                  "t4"."status" AS "status_code",
                  "t4"."note" AS "note_code",
                  "t4"."is_missing",
                  "t4"."value",
                  "t4"."value_text",
                  "t4"."lower_limit",
                  "t4"."upper_limit",
                  "t4"."numerator",
                  "t4"."denominator",
                  "t4"."sample_size",
                  "t4"."_source",
                  "t4"."_row"
                FROM "coded_observations" AS "t4"
              ) AS "t25"
              LEFT OUTER JOIN "list_dataset" AS "t15"
                ON "t25"."dataset_code" = "t15"."dataset_number"
              LEFT OUTER JOIN "list_definition" AS "t16"
                ON "t25"."definition_code" = "t16"."definition_number"
              LEFT OUTER JOIN "list_area" AS "t17"
                ON "t25"."area_code" = "t17"."area_number"
              LEFT OUTER JOIN "list_period" AS "t18"
                ON "t25"."period_code" = "t18"."period_number"
              LEFT OUTER JOIN "list_breakdown" AS "t19"
                ON "t25"."breakdown_code" = "t19"."breakdown_number"
              LEFT OUTER JOIN "list_status" AS "t20"
                ON "t25"."status_code" = "t20"."status_number"
              LEFT OUTER JOIN "list_note" AS "t21"
                ON "t25"."note_code" = "t21"."note_number"
            ) AS "t26"
          ) AS "t28"
            ON "t24"."dataset_before" = "t28"."dataset_after"
            AND "t24"."indicator_before" = "t28"."indicator_after"
            AND "t24"."area_before" = "t28"."area_after"
            AND "t24"."period_before" = "t28"."period_after"
            AND "t24"."breakdown_before" = "t28"."breakdown_after"
        ) AS "t29"
      ) AS "t31"
      LEFT OUTER JOIN "withdrawn_before" AS "t14"
        ON "t31"."figure" = "t14"."figure"
    ) AS "t32"
    WHERE
      (
        (
          "t32"."status_before" IS NOT NULL
        )
        AND (
          NOT (
            "t32"."value_before" IS NOT DISTINCT FROM "t32"."value_after"
          )
          OR NOT (
            "t32"."status_before" IS NOT DISTINCT FROM "t32"."status_after"
          )
          OR NOT (
            "t32"."lower_limit_before" IS NOT DISTINCT FROM "t32"."lower_limit_after"
          )
          OR NOT (
            "t32"."upper_limit_before" IS NOT DISTINCT FROM "t32"."upper_limit_after"
          )
        )
      )
      OR (
        NOT (
          "t32"."status_before" IS NOT NULL
        )
        AND (
          "t32"."was_withdrawn" IS NOT NULL
        )
      )
  ) AS "t34"
  LEFT OUTER JOIN "change_notes" AS "t12"
    ON "t34"."indicator" = "t12"."noted_indicator"
    AND "t34"."version_after" = "t12"."noted_version"
  LEFT OUTER JOIN "corrected_rows" AS "t13"
    ON "t34"."source_after" = "t13"."corrected_source"
    AND "t34"."row_after" = "t13"."corrected_row"
) AS "t35"
ORDER BY
  "t35"."figure" ASC
;

-- restated_sums({'measures': restating_measures, 'members': restating_members, 'observations': with_statuses(coded_observations, list_status, ('value_text', 'lower_limit', 'upper_limit', 'numerator', 'denominator', ))})
-- coded_observations: dataset int32, definition int32, area int32, period int32, breakdown int32, status int32, note int32, is_missing int32, value double, value_text string, lower_limit string, upper_limit string, numerator string, denominator string, sample_size int64, _source int32, _row int64
-- list_status: status_number int32, status_status string
-- restating_measures: indicator int32, version int32, rule int32, method string, multiplier double
-- restating_members: rule int32, area int32, cover int64, size int64, is_same int64, part int32, bit int64
-- gives: dataset int32, indicator int32, version int32, period int32, breakdown int32, area int32, cover int64, is_same int64, known int64, top int64, bottom int64, worst int64, decimals int64, disagreeing int64, value_text string, lower_limit string, upper_limit string, numerator string, denominator string
WITH "t8" AS (
  SELECT
    "t4"."dataset",
    "t4"."value_text",
    "t4"."lower_limit",
    "t4"."upper_limit",
    "t4"."numerator",
    "t4"."denominator",
    "t4"."definition" AS "indicator",
    0 AS "version",
    "t4"."period",
    "t4"."breakdown",
    "t4"."area",
    "t4"."value",
    "t5"."status_status" AS "status"
  FROM "coded_observations" AS "t4"
  INNER JOIN "list_status" AS "t5"
    ON "t4"."status" = "t5"."status_number"
)
SELECT
  "t19"."dataset",
  "t19"."indicator",
  "t19"."version",
  "t19"."period",
  "t19"."breakdown",
  "t19"."area",
  "t19"."cover",
  "t19"."is_same",
  "t19"."known",
  "t19"."top",
  "t19"."bottom",
  "t19"."worst",
  "t19"."decimals",
  "t19"."disagreeing",
  "t19"."value_text",
  "t19"."lower_limit",
  "t19"."upper_limit",
  "t19"."numerator",
  "t19"."denominator"
FROM (
  SELECT
    "t17"."dataset",
    "t17"."indicator",
    "t17"."version",
    "t17"."period",
    "t17"."breakdown",
    "t17"."area",
    "t17"."cover",
    "t17"."is_same",
    "t17"."known",
    "t17"."top",
    "t17"."bottom",
    "t17"."worst",
    "t17"."decimals",
    "t17"."disagreeing",
    "t17"."value_text",
    "t17"."lower_limit",
    "t17"."upper_limit",
    "t17"."numerator",
    "t17"."denominator"
  FROM (
    SELECT
      "t16"."dataset",
      "t16"."indicator",
      "t16"."version",
      "t16"."period",
      "t16"."breakdown",
      "t16"."area",
      "t16"."cover",
      "t16"."size",
      "t16"."is_same",
      "t16"."known",
      "t16"."top",
      "t16"."bottom",
      "t16"."worst",
      "t16"."decimals",
      "t16"."disagreeing",
      "t16"."count",
      "t16"."value_text",
      "t16"."lower_limit",
      "t16"."upper_limit",
      "t16"."numerator",
      "t16"."denominator",
      ROW_NUMBER() OVER (
        PARTITION BY "t16"."dataset", "t16"."indicator", "t16"."version", "t16"."period", "t16"."breakdown", "t16"."area"
        ORDER BY CAST(FLOOR((
          "t16"."count" * 1000000
        ) / (
          "t16"."size"
        )) AS BIGINT) DESC, "t16"."cover" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "best"
    FROM (
      SELECT
        "t15"."dataset",
        "t15"."indicator",
        "t15"."version",
        "t15"."period",
        "t15"."breakdown",
        "t15"."area",
        "t15"."cover",
        MAX("t15"."size") AS "size",
        MAX("t15"."is_same") AS "is_same",
        SUM("t15"."bit") AS "known",
        SUM("t15"."top") AS "top",
        SUM("t15"."bottom") AS "bottom",
        MAX("t15"."worst") AS "worst",
        MAX("t15"."decimals") AS "decimals",
        SUM("t15"."disagrees") AS "disagreeing",
        COUNT(*) AS "count",
        MAX("t15"."value_text") AS "value_text",
        MAX("t15"."lower_limit") AS "lower_limit",
        MAX("t15"."upper_limit") AS "upper_limit",
        MAX("t15"."numerator") AS "numerator",
        MAX("t15"."denominator") AS "denominator"
      FROM (
        SELECT
          "t14"."dataset",
          "t14"."value_text",
          "t14"."lower_limit",
          "t14"."upper_limit",
          "t14"."numerator",
          "t14"."denominator",
          "t14"."indicator",
          "t14"."version",
          "t14"."period",
          "t14"."breakdown",
          "t14"."part",
          "t14"."value",
          "t14"."status",
          "t14"."rule",
          "t14"."method",
          "t14"."multiplier",
          "t14"."area",
          "t14"."cover",
          "t14"."size",
          "t14"."is_same",
          "t14"."bit",
          CAST("t14"."numerator" AS DOUBLE) AS "above",
          CAST("t14"."denominator" AS DOUBLE) AS "below",
          CASE
            WHEN CONTAINS("t14"."value_text", '.')
            THEN (
              LENGTH("t14"."value_text") - (
                STRPOS("t14"."value_text", '.') - 1
              )
            ) - 1
            ELSE 0
          END AS "decimals",
          CAST(CASE
            WHEN "t14"."is_same" = 0
            THEN CAST(FLOOR(
              (
                CASE
                  WHEN (
                    "t14"."method" = 'rebuilt-rate'
                  ) AND (
                    "t14"."is_same" = 0
                  )
                  THEN CAST("t14"."numerator" AS DOUBLE)
                  ELSE "t14"."value"
                END * 1000000.0
              ) + 0.5
            ) AS BIGINT)
            ELSE 0.0
          END AS BIGINT) AS "top",
          CAST(CASE
            WHEN (
              "t14"."method" = 'rebuilt-rate'
            ) AND (
              "t14"."is_same" = 0
            )
            THEN CAST(FLOOR((
              CAST("t14"."denominator" AS DOUBLE) * 1000000.0
            ) + 0.5) AS BIGINT)
            ELSE 0.0
          END AS BIGINT) AS "bottom",
          CAST(CASE "t14"."status"
            WHEN 'normal'
            THEN 0
            WHEN 'revised'
            THEN 1
            WHEN 'provisional'
            THEN 2
            WHEN 'estimated'
            THEN 3
            WHEN 'imputed'
            THEN 4
            WHEN 'unreliable'
            THEN 5
            WHEN 'forecast'
            THEN 6
            WHEN 'break'
            THEN 7
            WHEN 'combined'
            THEN 8
            WHEN 'definition-differs'
            THEN 9
            ELSE 0
          END AS BIGINT) AS "worst",
          CAST(CASE
            WHEN (
              "t14"."method" = 'rebuilt-rate'
            )
            AND (
              "t14"."is_same" = 0
            )
            AND (
              ABS(
                (
                  "t14"."value" * CAST("t14"."denominator" AS DOUBLE)
                ) - (
                  CAST("t14"."numerator" AS DOUBLE) * "t14"."multiplier"
                )
              ) > (
                (
                  POWER(
                    10.0,
                    CAST(-(
                      CASE
                        WHEN CONTAINS("t14"."value_text", '.')
                        THEN (
                          LENGTH("t14"."value_text") - (
                            STRPOS("t14"."value_text", '.') - 1
                          )
                        ) - 1
                        ELSE 0
                      END
                    ) AS DOUBLE)
                  )
                ) * ABS(CAST("t14"."denominator" AS DOUBLE)) * 1.000000001
              )
            )
            THEN 1
            ELSE 0
          END AS BIGINT) AS "disagrees"
        FROM (
          SELECT
            "t11"."dataset",
            "t11"."value_text",
            "t11"."lower_limit",
            "t11"."upper_limit",
            "t11"."numerator",
            "t11"."denominator",
            "t11"."indicator",
            "t11"."version",
            "t11"."period",
            "t11"."breakdown",
            "t11"."part",
            "t11"."value",
            "t11"."status",
            "t6"."rule",
            "t6"."method",
            "t6"."multiplier",
            "t7"."area",
            "t7"."cover",
            "t7"."size",
            "t7"."is_same",
            "t7"."bit"
          FROM (
            SELECT
              "t9"."dataset",
              "t9"."value_text",
              "t9"."lower_limit",
              "t9"."upper_limit",
              "t9"."numerator",
              "t9"."denominator",
              "t9"."indicator",
              "t9"."version",
              "t9"."period",
              "t9"."breakdown",
              "t9"."area" AS "part",
              "t9"."value",
              "t9"."status"
            FROM "t8" AS "t9"
          ) AS "t11"
          INNER JOIN "restating_measures" AS "t6"
            ON "t11"."indicator" = "t6"."indicator" AND "t11"."version" = "t6"."version"
          INNER JOIN "restating_members" AS "t7"
            ON "t6"."rule" = "t7"."rule" AND "t11"."part" = "t7"."part"
        ) AS "t14"
        WHERE
          "t14"."value" IS NOT NULL
          AND (
            (
              "t14"."is_same" = 1
            )
            OR (
              (
                "t14"."value" IS NOT NULL
              )
              AND (
                ABS("t14"."value") <= 100000000000.0
              )
              AND "t14"."status" IN (
                'normal',
                'revised',
                'provisional',
                'estimated',
                'imputed',
                'unreliable',
                'forecast',
                'break'
              )
              AND (
                (
                  "t14"."method" = 'sum'
                )
                OR (
                  (
                    "t14"."method" = 'rebuilt-rate'
                  )
                  AND (
                    (
                      CAST("t14"."numerator" AS DOUBLE) IS NOT NULL
                    )
                    AND (
                      ABS(CAST("t14"."numerator" AS DOUBLE)) <= 100000000000.0
                    )
                  )
                  AND (
                    (
                      CAST("t14"."denominator" AS DOUBLE) IS NOT NULL
                    )
                    AND (
                      ABS(CAST("t14"."denominator" AS DOUBLE)) <= 100000000000.0
                    )
                  )
                )
              )
            )
          )
      ) AS "t15"
      GROUP BY
        1,
        2,
        3,
        4,
        5,
        6,
        7
    ) AS "t16"
  ) AS "t17"
  WHERE
    "t17"."best" = 0
) AS "t19"
ANTI JOIN (
  SELECT DISTINCT
    "t9"."dataset",
    "t9"."indicator",
    "t9"."period",
    "t9"."breakdown",
    "t9"."area"
  FROM "t8" AS "t9"
  WHERE
    (
      "t9"."value" IS NOT NULL
    )
    OR NOT (
      "t9"."status" IN ('not-available', 'not-applicable')
    )
) AS "t13"
  ON "t19"."dataset" = "t13"."dataset"
  AND "t19"."indicator" = "t13"."indicator"
  AND "t19"."period" = "t13"."period"
  AND "t19"."breakdown" = "t13"."breakdown"
  AND "t19"."area" = "t13"."area"
;
