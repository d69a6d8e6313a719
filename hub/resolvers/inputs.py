"""Arguments of a mutation become what its verb is given: ids told apart, texts checked, codes named for their lists."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import orjson

from hub.errors import BadKey, BadText, HubError, ListTooLong, MalformedId
from hub.procedures.doing import Request
from hub.resolvers.values import checked_text
from hub.rules import wording
from hub.schema.declare import camel
from hub.schema.model import Model
from hub.schema.scalars import Kind
from hub.schema.verbs import KEY, VERSION, Id, Input, Verb

_KEY = re.compile(r"[!-~]{8,128}")

Codes = list[tuple[str, str, str]]


def request_of(verb: Verb, arguments: Mapping[str, Any], model: Model) -> Request:
    """The request of a mutation's field. BadKey, MalformedId, BadText or ListTooLong, with the argument's name."""
    key = arguments[KEY.name]
    if not _KEY.fullmatch(key):
        raise _named(BadKey(), KEY.name)
    row = _row(verb, arguments, model)
    codes: Codes = []
    inputs = {
        each.name: _read(each, arguments[each.graph], model, codes, each.graph)
        for each in verb.inputs
        if each.graph in arguments
    }
    said = {name: value for name, value in arguments.items() if name != KEY.name}
    payload = orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS).decode()
    return Request(row, arguments.get(VERSION.name), key, inputs, payload, codes)


def _row(verb: Verb, arguments: Mapping[str, Any], model: Model) -> str | None:
    if verb.subject is None:
        return None
    name = camel(verb.called)
    return _id(verb.subject.declared.name, arguments[name], model, name)


def _id(noun: str, value: str, model: Model, path: str) -> str:
    if not model[noun].id_pattern.fullmatch(value):
        raise _named(MalformedId(), path)
    return value


def _read(given: Input, value: Any, model: Model, codes: Codes, path: str) -> Any:
    if value is None:
        return None
    if not given.many:
        return _one(given, value, model, codes, path)
    if len(value) > given.most:
        raise _named(ListTooLong(limit=given.most), path)
    return tuple(_one(given, each, model, codes, f"{path}.{number}") for number, each in enumerate(value))


def _one(given: Input, value: Any, model: Model, codes: Codes, path: str) -> Any:
    if given.record is not None:
        parts = {
            part.name: _read(part, value[part.graph], model, codes, f"{path}.{part.graph}")
            for part in given.parts
            if part.graph in value
        }
        return given.record(**parts)
    if given.values is not None:
        return given.values[str(getattr(value, "name", value))]
    if given.target is not None:
        return Id(_id(given.target.declared.name, value, model, path))
    if given.kind is Kind.INSTANT:
        return dt.datetime.fromisoformat(value)
    return _text(given, value, codes, path) if given.kind is Kind.TEXT else value


def _text(given: Input, value: str, codes: Codes, path: str) -> str:
    try:
        text = checked_text(value)
    except BadText as error:
        raise _named(error, path) from None
    seen = wording.visible(text)
    if seen is None:
        raise _named(BadText(), path)
    text = seen
    if len(text) > given.text.most or not (given.text.blank or text.strip()):
        raise _named(BadText(), path)
    if given.list is not None:
        codes.append((path, given.list, text))
    return text


def _named(error: HubError, argument: str) -> HubError:
    error.argument = argument
    return error
