"""Read a structure and figures as pysdmx does, and say what it found. Run by the Python of .venv/judges.

In:   the paths of a structure message and of an SDMX-CSV file
Out:  JSON: the dataflow, its components, how many rows there are, and the rows of the first area
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
    "types": {one.id: str(one.dtype) for one in data.structure.components},
    "values": [None if value != value else str(value) for value in data.data["OBS_VALUE"].tolist()],
}
json.dump(told, sys.stdout)
