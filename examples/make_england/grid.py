"""Degrees become metres of the British National Grid.

In:   longitude and latitude in degrees, as satellites measure (WGS 84)
Out:  metres east and north of the grid's origin, right to about 5 metres

Source: Ordnance Survey, A guide to coordinate systems in Great Britain: the shift of datum with seven
parameters (annexe B) and the projection (annexe C).
"""

from __future__ import annotations

from math import atan2, cos, radians, sin, sqrt, tan

# Semi-axes in metres: of WGS 84, and of Airy 1830, on which the grid stands.
_WGS84 = (6378137.000, 6356752.314245)
_AIRY = (6377563.396, 6356256.909)
_SHIFT = (-446.448, 125.157, -542.060)
_TURN = tuple(radians(seconds / 3600) for seconds in (-0.1502, -0.2470, -0.8421))
_SCALE = 1 + 20.4894e-6

_CENTRE_SCALE = 0.9996012717
_ORIGIN_LATITUDE, _ORIGIN_LONGITUDE = radians(49), radians(-2)
_ORIGIN_EAST, _ORIGIN_NORTH = 400_000.0, -100_000.0


def to_grid(longitude: float, latitude: float) -> tuple[float, float]:
    """Turn degrees into metres east and north.

    >>> [round(metres, -1) for metres in to_grid(1.716074, 52.658008)]
    [651410.0, 313180.0]
    """
    return _project(*_shift_datum(radians(latitude), radians(longitude)))


def _shift_datum(latitude: float, longitude: float) -> tuple[float, float]:
    a, b = _WGS84
    e2 = 1 - (b * b) / (a * a)
    nu = a / sqrt(1 - e2 * sin(latitude) ** 2)
    x = nu * cos(latitude) * cos(longitude)
    y = nu * cos(latitude) * sin(longitude)
    z = nu * (1 - e2) * sin(latitude)
    (tx, ty, tz), (rx, ry, rz) = _SHIFT, _TURN
    x, y, z = (
        tx + _SCALE * x - rz * y + ry * z,
        ty + rz * x + _SCALE * y - rx * z,
        tz - ry * x + rx * y + _SCALE * z,
    )
    return _from_cartesian(x, y, z)


def _from_cartesian(x: float, y: float, z: float) -> tuple[float, float]:
    a, b = _AIRY
    e2 = 1 - (b * b) / (a * a)
    p = sqrt(x * x + y * y)
    latitude = atan2(z, p * (1 - e2))
    for _ in range(6):  # settles far below a millimetre
        nu = a / sqrt(1 - e2 * sin(latitude) ** 2)
        latitude = atan2(z + e2 * nu * sin(latitude), p)
    return latitude, atan2(y, x)


def _project(latitude: float, longitude: float) -> tuple[float, float]:
    """Lay the ellipsoid on the plane by the transverse Mercator series; the names are those of the guide."""
    a, b = _AIRY
    e2 = 1 - (b * b) / (a * a)
    n = (a - b) / (a + b)
    s, c, t = sin(latitude), cos(latitude), tan(latitude)
    nu = a * _CENTRE_SCALE / sqrt(1 - e2 * s * s)
    rho = a * _CENTRE_SCALE * (1 - e2) / (1 - e2 * s * s) ** 1.5
    eta2 = nu / rho - 1
    minus, plus = latitude - _ORIGIN_LATITUDE, latitude + _ORIGIN_LATITUDE
    m = (
        b
        * _CENTRE_SCALE
        * (
            (1 + n + 1.25 * n**2 + 1.25 * n**3) * minus
            - (3 * n + 3 * n**2 + 2.625 * n**3) * sin(minus) * cos(plus)
            + (1.875 * n**2 + 1.875 * n**3) * sin(2 * minus) * cos(2 * plus)
            - 35 / 24 * n**3 * sin(3 * minus) * cos(3 * plus)
        )
    )
    i = m + _ORIGIN_NORTH
    ii = nu / 2 * s * c
    iii = nu / 24 * s * c**3 * (5 - t**2 + 9 * eta2)
    iiia = nu / 720 * s * c**5 * (61 - 58 * t**2 + t**4)
    iv = nu * c
    v = nu / 6 * c**3 * (nu / rho - t**2)
    vi = nu / 120 * c**5 * (5 - 18 * t**2 + t**4 + 14 * eta2 - 58 * t**2 * eta2)
    d = longitude - _ORIGIN_LONGITUDE
    north = i + ii * d**2 + iii * d**4 + iiia * d**6
    east = _ORIGIN_EAST + iv * d + v * d**3 + vi * d**5
    return east, north
