#!/bin/sh
set -eu
site=https://data.example.gov.uk/

# ## one-area
curl -fsS "${site}api/v1/observations?area=E09000015&period=latest&format=csv"

# ## one-indicator
curl -fsS -o one-indicator.csv \
  "${site}api/v1/observations?indicator=persistent-absence&period=latest&format=csv"

# ## two-figures
a=dfe-schools/persistent-absence/E09000015/2024-08-01_P1Y
b=dfe-schools/persistent-absence/E09000015/2020-08-01_P1Y
curl -fsS "${site}api/v1/verdict?a=$a&b=$b&format=csv"

# ## definition
curl -fsS -H "Accept: text/turtle" "${site}indicators/persistent-absence"

# ## sparql
curl -fsS --data-urlencode query@question.rq -H "Accept: text/csv" "${site}sparql"

# ## sql
curl -fsS -G --data-urlencode sql@question.sql "${site}data/catalogue.csv"
