"""Files of networks: read and checked before anything computes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx

from vision.errors import VisionError

MAX_BYTES = 500_000_000
#: What one side of an input may have, in pixels.
MAX_SIDE = 4096
_OWN_DOMAINS = {"", "ai.onnx"}


@dataclass(frozen=True)
class Facts:
    """What a file says of its network.

    Attributes:
        input: the sizes of its one input; 0 for each that is open.
        outputs: how many it has.
        metadata: whatever its maker wrote beside it.
    """

    input: tuple[int, ...]
    outputs: int
    metadata: Mapping[str, str]


def checked(path: Path) -> Facts:
    """What the file of a network says, once it was seen to be one that may be computed.

    Raises:
        VisionError: it is no ONNX file, too large, keeps weights in other files, uses operations that are not ONNX's own,
            or takes something else than one picture.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise VisionError(
                "%(name)s is larger than %(most)d MB.",
                field="file",
                name=path.name,
                most=MAX_BYTES // 1_000_000,
            )
        model = onnx.load(str(path), load_external_data=False)
    except OSError as error:
        raise VisionError("%(name)s cannot be read.", field="file", name=path.name) from error
    except Exception as error:
        raise _foreign(path, "it is no ONNX file") from error
    _refuse_foreign(path, model)
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise _foreign(path, str(error).strip().splitlines()[0][:200]) from error
    constants = {one.name for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in constants]
    if len(inputs) != 1 or inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise _foreign(path, "it must take one input of 32-bit numbers")
    sizes = tuple(max(dim.dim_value, 0) for dim in inputs[0].type.tensor_type.shape.dim)
    if len(sizes) != 4 or sizes[0] > 1 or sizes[1] not in {0, 3} or max(sizes) > MAX_SIDE:
        raise _foreign(path, f"its input must be 1 x 3 x rows x columns of {MAX_SIDE} at most")
    metadata = {one.key: one.value for one in model.metadata_props}
    return Facts(sizes, len(model.graph.output), metadata)


def _refuse_foreign(path: Path, model: onnx.ModelProto) -> None:
    domains = {one.domain for one in model.opset_import} | {
        node.domain for graph in _graphs(model.graph) for node in graph.node
    }
    if model.functions or domains - _OWN_DOMAINS:
        raise _foreign(path, "it uses operations that are not ONNX's own")
    for graph in _graphs(model.graph):
        tensors = [
            *graph.initializer,
            *(one.values for one in graph.sparse_initializer),
            *(one.t for node in graph.node for one in node.attribute if one.HasField("t")),
        ]
        if any(one.data_location == onnx.TensorProto.EXTERNAL for one in tensors):
            raise _foreign(path, "it keeps weights in other files; save it with its weights inside")


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and all that lie in its operations."""
    yield graph
    for node in graph.node:
        for one in node.attribute:
            for inner in (*([one.g] if one.HasField("g") else []), *one.graphs):
                yield from _graphs(inner)


def _foreign(path: Path, problem: str) -> VisionError:
    return VisionError("%(name)s cannot be used: %(problem)s.", field="file", name=path.name, problem=problem)
