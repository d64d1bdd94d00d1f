"""OTLP's requests of spans and log records as far as they are read: attributes stay bytes, and all other fields are skipped.

It is OTLP's own schema with fewer fields, so it decodes any request. Generated code can't leave attributes undecoded.
"""

from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "tokens.quick"
_BYTES, _TEXT, _INT = FieldDescriptorProto.TYPE_BYTES, FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_INT32
_TIME, _MESSAGE = FieldDescriptorProto.TYPE_FIXED64, FieldDescriptorProto.TYPE_MESSAGE
_SPAN = {
    "trace_id": (1, _BYTES),
    "span_id": (2, _BYTES),
    "parent_id": (4, _BYTES),
    "name": (5, _TEXT),
    "kind": (6, _INT),
    "started_at": (7, _TIME),
    "ended_at": (8, _TIME),
    "status": (15, _BYTES),
}
_LOG = {
    "time": (1, _TIME),
    "trace_id": (9, _BYTES),
    "span_id": (10, _BYTES),
    "observed": (11, _TIME),
    "name": (12, _TEXT),
}


def _request(name: str, leaf: dict[str, tuple[int, int]], attributes: int) -> Any:
    """Returns the class of a request whose records have these fields, and their attributes under this number."""
    file = FileDescriptorProto(name=f"{name}.proto", package=_PACKAGE, syntax="proto3")
    leaves = file.message_type.add(name="Leaf")
    for field, (number, kind) in leaf.items():
        leaves.field.add(name=field, number=number, type=kind)
    _repeat(leaves, "attributes", attributes)
    for group, shared, listed in (("Scope", "scope", "Leaf"), ("Group", "resource", "Scope"), ("Request", "", "Group")):
        message = file.message_type.add(name=group)
        if shared:
            _repeat(message, shared, 1)
        _repeat(message, "listed", 2 if shared else 1, f".{_PACKAGE}.{listed}")
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Request"))


def _repeat(message: DescriptorProto, name: str, number: int, kind: str = "") -> None:
    """Adds a repeated field of a kind of message, or of bytes."""
    message.field.add(
        name=name,
        number=number,
        type=_MESSAGE if kind else _BYTES,
        type_name=kind or None,
        label=FieldDescriptorProto.LABEL_REPEATED,
    )


REQUESTS: dict[str, Any] = {"traces": _request("spans", _SPAN, 9), "logs": _request("logs", _LOG, 6)}
"""The class of each signal's request. A resource, and a scope, is repeated bytes: together they are the whole message."""
