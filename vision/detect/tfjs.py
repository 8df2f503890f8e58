"""Graphs in the format of TensorFlow.js, made into ONNX: what the shipped weights need, and no more.

A graph model is a JSON file of TensorFlow nodes beside a file of weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vision.detect.tfjs_operations import FOLDED, MAKERS, Array, Making, Node, Value
from vision.errors import VisionError

#: Which operations there are, and how they are written: old enough for every runtime.
OPSET, FORMAT = 17, 8

_TYPES = {"float32": np.float32, "float16": np.float16, "int32": np.int32}


def converted(
    topology: Mapping[str, Any], groups: Sequence[Mapping[str, Any]], weights: bytes
) -> onnx.ModelProto:
    """A graph model as an ONNX model with the same inputs, and an output ``NAME/output`` for each node that ends it.

    Args:
        topology: `modelTopology` of the JSON file.
        groups: its `weightsManifest`.
        weights: the files that the manifest names, one after the other.

    Raises:
        VisionError: it uses an operation or a number format that is not known here, or is damaged.
    """
    try:
        graph = _graph(topology["node"], _arrays(groups, weights))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = FORMAT
        onnx.checker.check_model(model, full_check=True)
    except (
        *(KeyError, TypeError, IndexError, AttributeError, ValueError),
        *(CycleError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError),
    ) as error:
        if isinstance(error, VisionError):
            raise
        raise VisionError(
            "The graph cannot be read: %(problem)s.", field="model", problem=repr(error)
        ) from error
    return model


def of_any_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """A network of pictures of one size as one of pictures of every size that its grids divide.

    What it scales is scaled by the same factors as before, and no longer to the same sizes.
    """
    sized = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        one.name: [dim.dim_value for dim in one.type.tensor_type.shape.dim]
        for one in (*sized.input, *sized.value_info, *sized.output)
    }
    freed = onnx.ModelProto()
    freed.CopyFrom(model)
    graph = freed.graph
    for node in graph.node:
        if node.op_type == "Resize":
            ratio = np.divide(shapes[node.output[0]], shapes[node.input[0]]).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(ratio, f"{node.name}/ratio"))
            node.input[:] = [node.input[0], "", f"{node.name}/ratio"]
    for one in (*graph.input, *graph.output):
        for number, dim in enumerate(one.type.tensor_type.shape.dim):
            if number >= 2 or one in graph.output:
                dim.dim_param = f"{one.name}/{number}"
    nodes, needed = _needed(graph.node, {one.name for one in graph.output})
    constants = [one for one in graph.initializer if one.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(constants)
    onnx.checker.check_model(freed, full_check=True)
    return freed


def _arrays(groups: Sequence[Mapping[str, Any]], weights: bytes) -> dict[str, Array]:
    """The numbers of all constants; those kept at half their precision are widened."""
    found: dict[str, Array] = {}
    at = 0
    for one in (one for group in groups for one in group["weights"]):
        kept = one.get("quantization", {}).get("dtype", one["dtype"])
        if kept not in _TYPES or one["dtype"] not in _TYPES:
            raise VisionError("Numbers of the kind %(kind)s are not known.", field="model", kind=kept)
        count, kind = math.prod(one["shape"]), np.dtype(_TYPES[kept]).newbyteorder("<")
        flat = np.frombuffer(weights, kind, count, at)
        at += flat.nbytes
        found[one["name"]] = flat.reshape(one["shape"]).astype(_TYPES[one["dtype"]])
    if at != len(weights):
        raise VisionError(
            "The weights have %(are)d bytes in place of %(due)d.", field="model", are=len(weights), due=at
        )
    return found


def _graph(nodes: Sequence[Node], known: dict[str, Array]) -> onnx.GraphProto:
    named = {node["name"]: node for node in nodes}
    sources = {name: [one.partition(":")[0] for one in node.get("input", [])] for name, node in named.items()}
    making = Making(known)
    inputs = []
    for name in TopologicalSorter(sources).static_order():
        node = named[name]
        if node["op"] == "Placeholder":
            sizes = [int(one["size"]) for one in node["attr"]["shape"]["shape"]["dim"]]
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
            making.values[name] = Value(name, tuple(range(len(sizes))))
        elif node["op"] != "Const":
            _take(making, node)
    ends = sorted(set(named) - {one for used in sources.values() for one in used})
    outputs = [making.emit("Identity", [making.plain(name)], f"{name}/output")[0] for name in ends]
    kept, needed = _needed(making.nodes, set(outputs))
    return helper.make_graph(
        kept,
        "converted",
        inputs,
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, [None] * len(making.values[name].order))
            for name, output in zip(ends, outputs, strict=True)
        ],
        [tensor for name, tensor in making.weights.items() if name in needed],
    )


def _take(making: Making, node: Node) -> None:
    """Compute a node whose inputs are all known; make any other into what ONNX has for it."""
    operation, inputs = node["op"], node["input"]
    if operation in FOLDED and all(one in making.known for one in inputs):
        making.known[node["name"]] = FOLDED[operation](*(making.known[one] for one in inputs))
    elif operation in MAKERS:
        MAKERS[operation](making, node)
    else:
        raise VisionError(
            "The operation %(operation)s is not known.", field="model", operation=str(operation)
        )


def _needed(nodes: Sequence[onnx.NodeProto], wanted: set[str]) -> tuple[list[onnx.NodeProto], set[str]]:
    """The nodes without which some results cannot be had, and the names of all that they use."""
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            kept.append(node)
            wanted = wanted | set(node.input)
    return kept[::-1], wanted
