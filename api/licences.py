"""Licences by the names, addresses and titles that publishers use for them.

In:   what a package or a dataset says of its licence: an address, or a name of the SPDX list
Out:  the address that readers are sent to, and the title they know it by
"""

from __future__ import annotations

_OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/"
_CC = "https://creativecommons.org/"

# By SPDX name: address and title.
_KNOWN = {
    "CC-BY-4.0": (f"{_CC}licenses/by/4.0/", "Creative Commons Attribution 4.0"),
    "CC-BY-SA-4.0": (f"{_CC}licenses/by-sa/4.0/", "Creative Commons Attribution ShareAlike 4.0"),
    "CC0-1.0": (f"{_CC}publicdomain/zero/1.0/", "Creative Commons Zero 1.0"),
    "ODC-BY-1.0": ("https://opendatacommons.org/licenses/by/1-0/", "Open Data Commons Attribution 1.0"),
    "ODbL-1.0": ("https://opendatacommons.org/licenses/odbl/1-0/", "Open Data Commons Open Database 1.0"),
    "OGL-UK-2.0": (f"{_OGL}2/", "Open Government Licence 2.0"),
    "OGL-UK-3.0": (f"{_OGL}3/", "Open Government Licence 3.0"),
}

_TITLES = dict(_KNOWN.values())
_BY_NAME = {name.casefold(): address for name, (address, _) in _KNOWN.items()}


def licence_address(told: str | None) -> str | None:
    """Give the address of a licence; what is neither an address nor a known name stays as it is.

    >>> licence_address("CC-BY-4.0")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    return None if told is None else _BY_NAME.get(told.casefold(), told)


def licence_title(address: str) -> str:
    """Give the title of a licence, or its address where no title is known."""
    return _TITLES.get(address, address)


def is_open(address: str) -> bool:
    """Say whether a licence is known to let anyone take, change and share the whole, for money too."""
    return address in _TITLES
