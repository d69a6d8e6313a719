"""XML whose tags are the columns' names without brackets, and SOAP that carries such a document as base64."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence

_OUTSIDE_TAGS = str.maketrans("", "", "()（）/")
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soapenv:Header/><soapenv:Body>"
    '<ns1:pushResponse xmlns:ns1="http://service.exchange/"><return>{body}</return></ns1:pushResponse>'
    "</soapenv:Body></soapenv:Envelope>\n"
)


def tag(column: str) -> str:
    """`标的额(元)` -> `标的额元`."""
    return column.translate(_OUTSIDE_TAGS)


def document(columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, encoding: str) -> bytes:
    """A document of records, with the encoding in its prolog."""
    lines = [f'<?xml version="1.0" encoding="{encoding.upper()}"?>', "<records>"]
    for row in rows:
        cells = (f"<{tag(c)}>{html.escape(row.get(c, ''), quote=False)}</{tag(c)}>" for c in columns)
        lines.append(f"<record>{''.join(cells)}</record>")
    return "\n".join([*lines, "</records>", ""]).encode(encoding)


def soap(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """An envelope around the base64 of a document."""
    body = base64.b64encode(document(columns, rows, encoding="utf-8")).decode()
    return _ENVELOPE.format(body=body).encode()
