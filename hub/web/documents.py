"""GraphQL documents that the transports make themselves: errors only."""

from collections.abc import Sequence

import orjson

from hub.errors import HubError


def error_document(errors: HubError | Sequence[HubError], *, request_id: str | None = None) -> bytes:
    """A GraphQL document of errors only: `message`, `path` where there is one, `extensions: {code, hub}`."""
    listed = [errors] if isinstance(errors, HubError) else errors
    return orjson.dumps({"errors": [error.entry(request_id) for error in listed]})
