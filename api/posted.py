"""Bodies of requests that are sent with POST: as text, within a bound, and forms in them.

In:   a request, and how many bytes its body may have
Out:  its text, or the fields of a form
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from api.failures import Failure

FORM = "application/x-www-form-urlencoded"

MOST_FIELDS = 100


def media_type_of(request: Request) -> str:
    """Give the media type of a body, without its parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def read_text(request: Request, most: int, otherwise: str) -> str:
    """Read a body as UTF-8 text.

    otherwise   the code of the failure where it is no such text

    Raises Failure: body-too-large as soon as more than `most` bytes have come.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Failure("body-too-large", f"The body is longer than {most:,} bytes.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(otherwise, "The body is not UTF-8 text.") from None


def read_form(text: str, otherwise: str) -> list[tuple[str, str]]:
    """Read the fields of a form, empty ones too.

    Raises Failure with the code `otherwise` if it is not one.
    """
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Failure(
            otherwise, f"The body is not a form of at most {MOST_FIELDS} fields in UTF-8."
        ) from None
