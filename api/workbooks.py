"""What every workbook that is sent has in common.

Out:  options for XlsxWriter: made in memory, and texts stay texts, whatever they begin with
"""

from __future__ import annotations

from collections.abc import Mapping

OPTIONS: Mapping[str, bool] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
TABLE_STYLE = "Table Style Light 1"
