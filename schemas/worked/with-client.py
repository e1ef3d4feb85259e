from pathlib import Path

from likeforlike_client import Site

site = Site("https://data.example.gov.uk/")

# ## one-area
for figure in site.figures(area="E09000015", period="latest"):
    print(
        figure.indicator_label, figure.period_label, figure.status if figure.value is None else figure.value
    )

# ## one-indicator
text = site.file("observations", "csv", indicator="persistent-absence", period="latest")
Path("one-indicator.csv").write_bytes(text)

# ## two-figures
a = "dfe-schools/persistent-absence/E09000015/2024-08-01_P1Y"
b = "dfe-schools/persistent-absence/E09000015/2020-08-01_P1Y"
verdict = site.verdict(a, b)
print(verdict.level)
for reason in verdict.reasons:
    print(reason.level, reason.text)
