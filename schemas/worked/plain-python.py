import csv
import io
import json
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

SITE = "https://data.example.gov.uk/"


def get(path, **asked):
    with urlopen(f"{SITE}{path}?{urlencode(asked, doseq=True)}") as answer:
        return answer.read().decode("utf-8")


# ## one-area
for figure in csv.DictReader(
    io.StringIO(get("api/v1/observations", area="E09000015", period="latest", format="csv"))
):
    print(
        figure["indicator_label"], figure["period_label"], figure["value"] or figure["status"], figure["unit"]
    )

# ## one-indicator
text = get("api/v1/observations", indicator="persistent-absence", period="latest", format="csv")
Path("one-indicator.csv").write_text(text, encoding="utf-8", newline="")

# ## two-figures
a = "dfe-schools/persistent-absence/E09000015/2024-08-01_P1Y"
b = "dfe-schools/persistent-absence/E09000015/2020-08-01_P1Y"
told = json.loads(get("api/v1/verdict", a=a, b=b))
print(told["a"]["value_text"], told["b"]["value_text"], told["verdict"])
for reason in told["reasons"]:
    print(reason["level"], reason["text"])

# ## definition
(definition,) = json.loads(get("api/v1/indicators", indicator="persistent-absence"))["items"]
print(definition["label"], definition["version"], definition["status"])
print(definition["numerator"], "/", definition["denominator"])
print(definition["caveats"])

# ## sparql
query = Path("question.rq").read_text(encoding="utf-8")
for row in csv.DictReader(io.StringIO(get("sparql", query=query, format="csv"))):
    print(row["indicator_name"], row["period_name"], row["reason"])

# ## sql
query = Path("question.sql").read_text(encoding="utf-8")
for row in csv.DictReader(io.StringIO(get("data/catalogue.csv", sql=query))):
    print(row["indicator_name"], row["period_name"], row["reason"])
