from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

SITE = "https://data.example.gov.uk/"

# Codes and names stay texts: an area code is no number, and the breakdown of all people is empty, not missing.
TEXTS = {"area": str, "version": str, "breakdown": str, "status": str}


def read(path, **asked):
    address = f"{SITE}{path}?{urlencode(asked, doseq=True)}"
    return pd.read_csv(address, dtype=TEXTS, keep_default_na=False, na_values={"value": [""]})


# ## one-area
figures = read("api/v1/observations", area="E09000015", period="latest", format="csv")
print(figures[["indicator_label", "period_label", "value", "unit", "status"]].to_string())

# ## one-indicator
councils = read("api/v1/observations", indicator="persistent-absence", period="latest", format="csv")
councils.to_csv("one-indicator.csv", index=False)

# ## two-figures
a = "dfe-schools/persistent-absence/E09000015/2024-08-01_P1Y"
b = "dfe-schools/persistent-absence/E09000015/2020-08-01_P1Y"
verdict = read("api/v1/verdict", a=a, b=b, format="csv")
print(verdict[["verdict", "reasons"]].to_string())

# ## definition
definition = read("api/v1/indicators", indicator="persistent-absence", format="csv").iloc[0]
for name in ("label", "version", "status", "numerator", "denominator", "caveats"):
    print(name, definition[name])

# ## sparql
query = Path("question.rq").read_text(encoding="utf-8")
print(read("sparql", query=query, format="csv").to_string())

# ## sql
query = Path("question.sql").read_text(encoding="utf-8")
print(read("data/catalogue.csv", sql=query).to_string())
