"""Read a structure and figures as pysdmx does, and say what it found. Run by the Python of .venv/judges.

In:   the paths of a structure message and of an SDMX-CSV file
Out:  JSON: the dataflow, its components, how many rows there are, how many have no value, and the sum of the others
"""

import json
import sys

from pysdmx.io import get_datasets, read_sdmx

structure, figures = sys.argv[1:]
message = read_sdmx(structure, validate=True)
(flow,) = message.get_dataflows()
(data,) = get_datasets(figures, structure)
told = {
    "flow": flow.short_urn,
    "data": data.short_urn,
    "components": [one.id for one in data.structure.components],
    "columns": list(data.data.columns),
    "rows": len(data.data),
    "missing": int(data.data["OBS_VALUE"].isna().sum()),
    "sum": float(data.data["OBS_VALUE"].sum()),
}
json.dump(told, sys.stdout)
