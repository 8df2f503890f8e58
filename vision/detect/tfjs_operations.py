"""The operations of TensorFlow that `vision.detect.tfjs` knows, each as what ONNX has for it.

TensorFlow lays pictures out as rows, columns, channels; ONNX as channels, rows, columns. A transposition is not written
down where it stands in the graph but remembered with its value, and written only where the next operation wants another
order: those between the two worlds cancel, and the network that comes out has none but at its ends.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from vision.errors import VisionError

Array = NDArray[Any]
Node = Mapping[str, Any]

#: Batch, rows, columns, channels, counted in the axes of a tensor of batch, channels, rows, columns.
_PICTURE = (0, 2, 3, 1)


@dataclass(frozen=True)
class Value:
    """What a node gives: a tensor of the ONNX graph, seen through a transposition that is not yet written down.

    Attributes:
        tensor: its name.
        order: axis i of the value is axis ``order[i]`` of the tensor.
    """

    tensor: str
    order: tuple[int, ...]

    @property
    def back(self) -> list[int]:
        """Axis i of the tensor is axis ``back[i]`` of the value."""
        return [self.order.index(axis) for axis in range(len(self.order))]


@dataclass
class Making:
    """An ONNX graph under way.

    Attributes:
        known: the values that are numbers already.
        values: the others.
        nodes: what is written down, in the order of computing.
        weights: the numbers that it uses.
    """

    known: dict[str, Array]
    values: dict[str, Value] = field(default_factory=dict)
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def emit(
        self, operation: str, inputs: Sequence[str], name: str, *, count: int = 1, **attributes: Any
    ) -> list[str]:
        """Write an operation down; the names of what it gives."""
        outputs = [name, *(f"{name}:{number}" for number in range(1, count))]
        self.nodes.append(helper.make_node(operation, inputs, outputs, name=name, **attributes))
        return outputs

    def weight(self, name: str, numbers: Array) -> str:
        """Keep numbers in the graph; their name."""
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(numbers), name)
        return name

    def ordered(self, name: str, order: Sequence[int]) -> str:
        """The tensor of which a value is the transposition by an order."""
        value = self.values[name]
        if value.order == tuple(order):
            return value.tensor
        turn = [value.order[axis] for axis in Value(name, tuple(order)).back]
        label = f"{name}/turned_{''.join(map(str, order))}"
        if all(node.name != label for node in self.nodes):
            self.emit("Transpose", [value.tensor], label, perm=turn)
        return label

    def plain(self, name: str) -> str:
        """The tensor that is a value as it stands."""
        return self.ordered(name, range(len(self.values[name].order)))

    def keep(self, node: Node, tensor: str, order: Sequence[int]) -> None:
        """Say what a node gives."""
        self.values[node["name"]] = Value(tensor, tuple(order))


def _dense(places: Array, shape: Array, numbers: Array, default: Array) -> Array:
    """``SparseToDense``: numbers at their places in an array that is full of another."""
    made = np.full([int(size) for size in shape], default)
    made[tuple(places.T)] = numbers
    return made


#: What is computed at once where all inputs are known.
FOLDED: dict[str, Callable[..., Array]] = {"AddV2": np.add, "SparseToDense": _dense}
#: What writes the others down.
MAKERS: dict[str, Callable[[Making, Node], None]] = {}


def _makes(*operations: str) -> Callable[[Callable[[Making, Node], None]], Callable[[Making, Node], None]]:
    def register(function: Callable[[Making, Node], None]) -> Callable[[Making, Node], None]:
        MAKERS.update(dict.fromkeys(operations, function))
        return function

    return register


def _sides(node: Node, attribute: str) -> list[int]:
    """What an attribute says of rows and columns."""
    return [int(number) for number in node["attr"][attribute]["list"]["i"]][1:3]


def _unpadded(node: Node) -> None:
    if base64.b64decode(node["attr"]["padding"]["s"]) != b"VALID":
        raise VisionError("The padding of %(name)s is not known.", field="model", name=node["name"])


@_makes("Conv2D")
def _convolution(making: Making, node: Node) -> None:
    _unpadded(node)
    source, kernel = node["input"]
    operands = [
        making.ordered(source, _PICTURE),
        making.weight(f"{node['name']}/kernel", making.known[kernel].transpose(3, 2, 0, 1)),
    ]
    dilations = _sides(node, "dilations")
    made = making.emit("Conv", operands, node["name"], strides=_sides(node, "strides"), dilations=dilations)
    making.keep(node, made[0], _PICTURE)


@_makes("MaxPool")
def _pool(making: Making, node: Node) -> None:
    _unpadded(node)
    operands = [making.ordered(node["input"][0], _PICTURE)]
    sides: dict[str, Any] = {"kernel_shape": _sides(node, "ksize"), "strides": _sides(node, "strides")}
    making.keep(node, making.emit("MaxPool", operands, node["name"], **sides)[0], _PICTURE)


@_makes("Pad", "PadV2")
def _pad(making: Making, node: Node) -> None:
    source, widths, *filling = node["input"]
    value, name = making.values[source], node["name"]
    wide = making.known[widths][value.back].T.reshape(-1).astype(np.int64)
    operands = [value.tensor, making.weight(f"{name}/widths", wide)]
    if filling:
        # What is less than any number would be no number in a runtime that multiplies it.
        least = np.maximum(making.known[filling[0]], np.finfo(np.float32).min)
        operands.append(making.weight(f"{name}/filling", least))
    making.keep(node, making.emit("Pad", operands, name)[0], value.order)


@_makes("Add", "AddV2")
def _add(making: Making, node: Node) -> None:
    first = next(making.values[one] for one in node["input"] if one in making.values)
    tensors = []
    for name in node["input"]:
        if name in making.values:
            tensors.append(making.ordered(name, first.order))
        else:
            numbers = making.known[name]
            # By its last axes a constant joins a value, whose axes are not those of the tensor.
            numbers = numbers.reshape((1,) * (len(first.order) - numbers.ndim) + numbers.shape)
            tensors.append(making.weight(f"{node['name']}/added", numbers.transpose(first.back)))
    making.keep(node, making.emit("Add", tensors, node["name"])[0], first.order)


@_makes("LeakyRelu", "Sigmoid", "Identity")
def _pointwise(making: Making, node: Node) -> None:
    value = making.values[node["input"][0]]
    slope: dict[str, Any] = {"alpha": float(node["attr"]["alpha"]["f"])} if node["op"] == "LeakyRelu" else {}
    making.keep(node, making.emit(node["op"], [value.tensor], node["name"], **slope)[0], value.order)


@_makes("Transpose")
def _transpose(making: Making, node: Node) -> None:
    source, turn = node["input"]
    value = making.values[source]
    making.keep(node, value.tensor, [value.order[axis] for axis in making.known[turn]])


@_makes("ConcatV2")
def _concatenation(making: Making, node: Node) -> None:
    *parts, axis = node["input"]
    order = making.values[parts[0]].order
    tensors = [making.ordered(part, order) for part in parts]
    made = making.emit("Concat", tensors, node["name"], axis=order[int(making.known[axis])])
    making.keep(node, made[0], order)


@_makes("SplitV")
def _split(making: Making, node: Node) -> None:
    source, sizes, axis = node["input"]
    value, wide = making.values[source], making.known[sizes].astype(np.int64)
    operands = [value.tensor, making.weight(f"{node['name']}/sizes", wide)]
    along = value.order[int(making.known[axis])]
    made = making.emit("Split", operands, node["name"], count=wide.size, axis=along)
    making.values.update({name: Value(name, value.order) for name in made})


@_makes("Reshape")
def _reshape(making: Making, node: Node) -> None:
    source, shape = node["input"]
    sizes = making.known[shape].astype(np.int64)
    operands = [making.plain(source), making.weight(f"{node['name']}/shape", sizes)]
    making.keep(node, making.emit("Reshape", operands, node["name"])[0], range(sizes.size))


@_makes("ResizeBilinear")
def _resize(making: Making, node: Node) -> None:
    if node["attr"]["align_corners"]["b"] or not node["attr"]["half_pixel_centers"]["b"]:
        raise VisionError("The scaling of %(name)s is not known.", field="model", name=node["name"])
    source, size = node["input"]
    tensor = making.ordered(source, _PICTURE)
    # The number of pictures and of channels stays; ONNX wants them all the same.
    shape = making.emit("Shape", [tensor], f"{node['name']}/from", start=0, end=2)
    ends = making.weight(f"{node['name']}/to", making.known[size].astype(np.int64))
    sizes = making.emit("Concat", [*shape, ends], f"{node['name']}/sizes", axis=0)
    how: dict[str, Any] = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    made = making.emit("Resize", [tensor, "", "", *sizes], node["name"], **how)
    making.keep(node, made[0], _PICTURE)
