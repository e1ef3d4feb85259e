"""Read a dataset as mlcroissant does, its file too, and say what it found. Run by the Python of .venv/judges.

In:   the path of a Croissant description
Out:  JSON: its name, the issues, and the first records
"""

import itertools
import json
import sys

import mlcroissant

dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
issues = dataset.metadata.ctx.issues
records = [
    {name: value.decode() if isinstance(value, bytes) else value for name, value in record.items()}
    for record in itertools.islice(dataset.records("figures"), 20)
]
told = {
    "name": dataset.metadata.name,
    "errors": sorted(issues.errors),
    "warnings": sorted(issues.warnings),
    "records": records,
}
json.dump(told, sys.stdout, default=str)
