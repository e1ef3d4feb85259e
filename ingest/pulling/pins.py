"""Pins say which versions of which definitions are pulled.

In:   texts: "2.*", "2.1.*", "2.1.0", or one indicator's: "recycled@2.*"
Out:  Pins, which permit a version or not
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_NUMBER = "(0|[1-9][0-9]*)"
_RANGE = re.compile(rf"\*|{_NUMBER}\.(\*|{_NUMBER}\.(\*|{_NUMBER}))")
_NOTATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class PinMalformed(ValueError):  # noqa: N818 - the operator wrote it
    """A text is no pin. The argument is a sentence."""


@dataclass(frozen=True, slots=True)
class Pins:
    """Which versions are pulled. An indicator's own ranges stand in for the general ones.

    general    ranges of every indicator; none permits all
    own        ranges of single indicators, by notation
    """

    general: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def permits(self, indicator: str, version: str) -> bool:
        """Tell whether a version is pulled.

        >>> pins = read_pins(["2.*", "bins@1.0.*"])
        >>> [pins.permits("recycled", "2.1.0"), pins.permits("recycled", "3.0.0"), pins.permits("bins", "2.0.0")]
        [True, False, False]
        """
        ranges = self.own.get(indicator, self.general)
        return not ranges or any(_covers(one, version) for one in ranges)


def read_pins(texts: Iterable[str]) -> Pins:
    """Read pins. Raises PinMalformed.

    >>> read_pins(["2"])
    Traceback (most recent call last):
    ingest.pulling.pins.PinMalformed: '2' is no pin. Write 2.*, 2.1.* or 2.1.0, or for one indicator recycled@2.*
    """
    general: list[str] = []
    own: dict[str, tuple[str, ...]] = {}
    for text in texts:
        indicator, at, versions = text.rpartition("@")
        if not _RANGE.fullmatch(versions) or (at and not _NOTATION.fullmatch(indicator)):
            raise PinMalformed(
                f"'{text}' is no pin. Write 2.*, 2.1.* or 2.1.0, or for one indicator recycled@2.*"
            )
        if at:
            own[indicator] = (*own.get(indicator, ()), versions)
        else:
            general.append(versions)
    return Pins(tuple(general), own)


def _covers(pin: str, version: str) -> bool:
    return version.startswith(pin[:-1]) if pin.endswith("*") else version == pin
