"""From an ONNX file, as torch.onnx writes it for ResNets without dynamic masks, to a recipe. The graph is followed from the image on: a stem,
residual blocks, a classifier. What does not belong there is refused by its node.
"""
from typing import Dict, List, Optional, Tuple

import numpy as np
import torch

from families import CIFAR, EPSILON, IMAGENET, Options, option_a
from recipe import Block, Conv, ImportRefused, Recipe, require

PASS = ("Identity", "Dropout")


def slices(x: np.ndarray, starts, ends, axes=None, steps=None) -> np.ndarray:
    index = [slice(None)] * x.ndim
    axes = range(len(starts)) if axes is None else axes
    for i, axis in enumerate(axes):
        step, end = 1 if steps is None else int(steps[i]), int(ends[i])
        index[int(axis)] = slice(int(starts[i]), None if step < 0 and end < -x.shape[int(axis)] else end, step)
    return x[tuple(index)]


# What torch.onnx computes paddings with: nodes of constants.
EVALUATED = {
    "ConstantOfShape": lambda a, x: np.full([int(v) for v in x], a["value"].ravel()[0] if "value" in a else np.float32(0)),
    "Concat": lambda a, *x: np.concatenate(x, a["axis"]),
    "Reshape": lambda a, x, shape: x.reshape([int(v) for v in shape]),
    "Slice": lambda a, x, *more: slices(x, *more),
    "Transpose": lambda a, x: x.transpose(a.get("perm")),
    "Cast": lambda a, x: x.astype(a["numpy"]),
    "Unsqueeze": lambda a, x, axes=None: np.expand_dims(x, tuple(int(v) for v in (a["axes"] if axes is None else axes))),
    "Squeeze": lambda a, x, axes=None: np.squeeze(x, None if axes is None and "axes" not in a else tuple(int(v) for v in (
        a["axes"] if axes is None else axes))),
    "Gather": lambda a, x, i: np.take(x, i, a.get("axis", 0)),
}


class Graph:
    """Nodes by what they read and what they write; values of initializers and of what can be computed from them."""

    def __init__(self, path: str):
        import onnx
        from onnx import numpy_helper
        try:
            model = onnx.load(path)
        except Exception as error:
            raise ImportRefused(f"{path}: not an ONNX file ({str(error).strip().splitlines()[0][:100] if str(error).strip() else 'damaged'})") from error
        graph = model.graph
        require(len(graph.node) > 0, f"{path}: not an ONNX file, or an empty one")
        self.values: Dict[str, np.ndarray] = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        self.readers: Dict[str, list] = {}
        helper = onnx.helper
        self.nodes = []
        for index, item in enumerate(graph.node):
            attributes = {a.name: helper.get_attribute_value(a) for a in item.attribute}
            node = Node(item.name or f"node {index}", item.op_type, list(item.input), list(item.output), attributes)
            if node.op == "Constant":
                value = attributes.get("value")
                self.values[node.outputs[0]] = numpy_helper.to_array(value) if value is not None else np.array(
                    next(iter(attributes.values()), 0))
                continue
            if node.op in PASS and node.inputs[0] in self.values:
                self.values[node.outputs[0]] = self.values[node.inputs[0]]
                continue
            if node.op == "Pad" and (values := self.values.get(node.inputs[1]) if len(node.inputs) > 1 else attributes.get("pads")) is not None \
                    and not np.any(values):
                node.op = "Identity"
            if node.op in EVALUATED and all(name in self.values for name in node.inputs):
                self.evaluate(node)
                continue
            self.nodes.append(node)
            for name in node.inputs:
                self.readers.setdefault(name, []).append(node)
        images = [item for item in graph.input if item.name not in self.values]
        require(len(images) == 1, f"{path}: {len(images)} inputs, expected one image")
        self.image = images[0].name
        sizes = [d.dim_value for d in images[0].type.tensor_type.shape.dim]
        require(len(sizes) == 4 and all(size > 0 for size in sizes[1:]), f"{path}: input {self.image} has shape {sizes}, expected (N, C, H, W)")
        self.shape = sizes[1:]
        for name, value in self.values.items():
            require(not np.issubdtype(value.dtype, np.floating) or bool(np.isfinite(value).all()), f"{path}: tensor {name}: not finite")

    def evaluate(self, node: "Node") -> None:
        from onnx import TensorProto, mapping, numpy_helper
        attributes = dict(node.attributes)
        if isinstance(attributes.get("value"), TensorProto):
            attributes["value"] = numpy_helper.to_array(attributes["value"])
        if node.op == "Cast":
            attributes["numpy"] = mapping.TENSOR_TYPE_TO_NP_TYPE[attributes["to"]]
        try:
            self.values[node.outputs[0]] = EVALUATED[node.op](attributes, *(self.values[name] for name in node.inputs))
        except (ValueError, IndexError, KeyError, TypeError) as error:
            raise ImportRefused(f"{node.name} ({node.op}): cannot be computed ({error})") from error

    def after(self, value: str) -> List["Node"]:
        """What reads a value, through nodes that change nothing."""
        result = []
        for node in self.readers.get(value, []):
            if node.op in PASS:
                result += self.after(node.outputs[0])
            else:
                result.append(node)
        return result

    def only(self, value: str, what: str) -> "Node":
        nodes = [n for n in self.after(value) if n.op != "Shape"]
        require(len(nodes) > 0, f"{what}: the graph ends there")
        require(len(nodes) == 1, f"{nodes[0].name}: {what} is read by {len(nodes)} nodes ({', '.join(n.op for n in nodes)})")
        return nodes[0]

    def constant(self, name: str, node: "Node") -> np.ndarray:
        require(name in self.values, f"{node.name} ({node.op}): its input {name} is computed, expected a constant")
        return self.values[name]


class Node:
    def __init__(self, name: str, op: str, inputs: List[str], outputs: List[str], attributes: Dict):
        self.name, self.op, self.inputs, self.outputs, self.attributes = name, op, inputs, outputs, attributes


def expect(node: Node, *ops: str) -> Node:
    require(node.op in ops, f"{node.name}: {node.op}, expected {' or '.join(ops)}: the accelerator has stems, residual blocks and a classifier")
    return node


def read_conv(graph: Graph, node: Node, padded: Optional[List[int]] = None) -> Tuple[Conv, str]:
    """A convolution, with the BatchNorm after it if it was not folded; and its output. padded: what a Pad before it has added."""
    expect(node, "Conv")
    name, attributes = node.name, node.attributes
    weight = torch.from_numpy(graph.constant(node.inputs[1], node).astype(np.float64))
    require(weight.ndim == 4 and weight.shape[2] == weight.shape[3], f"{name}: kernel {list(weight.shape[2:])}, expected a square one")
    require(attributes.get("group", 1) == 1, f"{name}: {attributes.get('group')} groups, the accelerator has no grouped convolution")
    require(all(d == 1 for d in attributes.get("dilations", [1, 1])), f"{name}: dilations {attributes.get('dilations')}, expected 1")
    strides = list(attributes.get("strides", [1, 1]))
    require(strides in ([1, 1], [2, 2]), f"{name}: strides {strides}, the accelerator has 1 and 2")
    bias = torch.zeros(len(weight), dtype=torch.float64)
    if len(node.inputs) > 2 and node.inputs[2]:
        bias = torch.from_numpy(graph.constant(node.inputs[2], node).astype(np.float64))
    pads, auto = list(attributes.get("pads", [0, 0, 0, 0])), attributes.get("auto_pad", b"NOTSET").decode()
    require(auto in ("NOTSET", "SAME_UPPER", "VALID"), f"{name}: auto_pad {auto}")
    if padded is not None:
        pads = [a + b for a, b in zip(pads, padded)]
    half = weight.shape[2] // 2
    same = auto == "SAME_UPPER" or (strides[0] == 2 and half == 1 and pads == [0, 0, 1, 1])
    if auto != "SAME_UPPER":
        require(same or pads == [half] * 4, f"{name}: pads {pads} of a {weight.shape[2]}x{weight.shape[2]} kernel at stride {strides[0]}, the "
                                            f"accelerator has {[half] * 4}, and [0, 0, 1, 1] for 3x3 at stride 2")
    same = same and strides[0] == 2 and half == 1
    out = node.outputs[0]
    readers = graph.after(out)
    if len(readers) == 1 and readers[0].op == "BatchNormalization":
        norm = readers[0]
        gamma, beta, mean, variance = (torch.from_numpy(graph.constant(n, norm).astype(np.float64)) for n in norm.inputs[1:5])
        scale = gamma / (variance + norm.attributes.get("epsilon", EPSILON)).sqrt()
        weight, bias = weight * scale[:, None, None, None], (bias - mean) * scale + beta
        out = norm.outputs[0]
    return Conv(name, weight, bias, strides[0], same), out


def read_padded_conv(graph: Graph, node: Node) -> Tuple[Conv, str]:
    """A Conv, or a Pad with zeros and a Conv."""
    if node.op != "Pad":
        return read_conv(graph, node)
    pads = [int(v) for v in (graph.constant(node.inputs[1], node) if len(node.inputs) > 1 else node.attributes.get("pads", []))]
    require(len(pads) == 8 and pads[0:2] == [0, 0] and pads[4:6] == [0, 0], f"{node.name}: Pad {pads} before a convolution, expected rows and columns")
    return read_conv(graph, graph.only(node.outputs[0], node.name), [pads[2], pads[3], pads[6], pads[7]])


def read_option_a(graph: Graph, node: Node, width: int) -> Tuple[Optional[Conv], str, int]:
    """Slices at a stride of two and zero channels: option A; the shortcut without its size, what it makes, and channels added before."""
    stride, before, out = 1, 0, ""
    while node.op in ("Slice", "Pad"):
        if node.op == "Slice":
            arguments = [graph.constant(n, node) for n in node.inputs[1:]] if len(node.inputs) > 1 else []
            steps = [int(v) for v in arguments[3]] if len(arguments) > 3 else [1]
            axes = [int(v) for v in arguments[2]] if len(arguments) > 2 else []
            starts = [int(v) for v in arguments[0]] if arguments else []
            require(all(s == 0 for s in starts) and set(steps) <= {1, 2} and all(a in (2, 3) for a, s in zip(axes, steps) if s == 2),
                    f"{node.name}: Slice {starts} {axes} {steps}, expected every second row and column")
            stride = max(stride, max(steps))
        else:
            pads = [int(v) for v in (graph.constant(node.inputs[1], node) if len(node.inputs) > 1 else node.attributes.get("pads", []))]
            require(len(pads) == 8 and [p for i, p in enumerate(pads) if i not in (1, 5)] == [0] * 6 and pads[1] == pads[5],
                    f"{node.name}: Pad {pads}, expected as many zero channels before as after")
            before = pads[1]
        out = node.outputs[0]
        node = graph.only(out, node.name)
    conv = option_a(node.name, width, width + 2 * before, stride)
    return conv, out, before


def read_block(graph: Graph, value: str, width: int, number: int) -> Tuple[Block, str]:
    """From the value that a block reads to the one that it makes."""
    nodes = [n for n in graph.after(value) if n.op != "Shape"]
    ends: Dict[str, Optional[Conv]] = {}
    convs: List[Tuple[List[Conv], str]] = []
    for node in nodes:
        if node.op == "Add":
            ends[value] = None
        elif node.op == "Slice" or (node.op == "Pad" and is_channel_pad(graph, node)):
            shortcut, out, _ = read_option_a(graph, node, width)
            ends[out] = shortcut
        else:
            chain: List[Conv] = []
            out = value
            while node.op != "Add":
                conv, out = read_padded_conv(graph, node)
                chain.append(conv)
                node = graph.only(out, conv.source)
                if node.op == "Relu":
                    out = node.outputs[0]
                    node = graph.only(out, node.name)
                elif node.op != "Add":
                    expect(node, "Relu", "Add")
            convs.append((chain, out))
    for chain, out in list(convs):
        if len(chain) == 1 and len(convs) > 1:
            ends[out] = chain[0]
            convs.remove((chain, out))
    require(len(convs) == 1 and len(ends) == 1, f"{nodes[0].name if nodes else value}: not a residual block: {len(convs)} paths with "
                                                f"convolutions and {len(ends)} shortcuts")
    chain, out = convs[0]
    require(len(chain) in (2, 3), f"{chain[0].source}: a block of {len(chain)} convolutions, the accelerator has 2 (basic) and 3 (bottleneck)")
    add = expect(graph.only(out, chain[-1].source), "Add")
    require(set(add.inputs) == {out, next(iter(ends))}, f"{add.name}: adds {add.inputs}, expected the block and its shortcut")
    relu = expect(graph.only(add.outputs[0], add.name), "Relu")
    kind = "basic" if len(chain) == 2 else "bottleneck"
    stride = max(conv.stride for conv in chain)
    block = Block(f"b{number}", chain[0].source, kind, 1, stride, {f"conv{i + 1}": conv for i, conv in enumerate(chain)}, next(iter(ends.values())))
    return block, relu.outputs[0]


def is_channel_pad(graph: Graph, node: Node) -> bool:
    pads = graph.values.get(node.inputs[1]) if len(node.inputs) > 1 else node.attributes.get("pads")
    return pads is not None and len(pads) == 8 and int(pads[1]) > 0


def read_head(graph: Graph, value: str, size: Tuple[int, int]) -> Tuple[str, torch.Tensor, torch.Tensor]:
    """Mean over all positions, then one layer: name, weights, biases."""
    node = graph.only(value, "the last block")
    expect(node, "GlobalAveragePool", "AveragePool", "ReduceMean")
    if node.op == "AveragePool":
        kernel = list(node.attributes.get("kernel_shape", []))
        require(kernel == list(size), f"{node.name}: average over {kernel}, the accelerator's is over the whole map, {list(size)}")
    node = graph.only(node.outputs[0], node.name)
    while node.op in ("Flatten", "Reshape", "Squeeze"):
        node = graph.only(node.outputs[0], node.name)
    expect(node, "Gemm", "MatMul")
    weight = torch.from_numpy(graph.constant(node.inputs[1], node).astype(np.float64))
    if node.op == "MatMul" or not node.attributes.get("transB", 0):
        weight = weight.T.contiguous()
    bias, name = torch.zeros(len(weight), dtype=torch.float64), node.name
    if node.op == "Gemm" and len(node.inputs) > 2:
        bias = torch.from_numpy(graph.constant(node.inputs[2], node).astype(np.float64))
    following = graph.after(node.outputs[0])
    if node.op == "MatMul" and following and following[0].op == "Add":
        bias = torch.from_numpy(graph.constant(next(n for n in following[0].inputs if n in graph.values), following[0]).astype(np.float64))
        following = graph.after(following[0].outputs[0])
    require(not following or following[0].op == "Softmax", f"{following[0].name if following else ''}: {following[0].op if following else ''} after the classifier")
    return name, weight, bias


def read(path: str, options: Options) -> Recipe:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ImportRefused(f"{path}: needs python3-onnx, which is not installed") from error
    import os
    require(os.path.isfile(path), f"{path}: there is no such file")
    graph = Graph(path)
    channels, height, width = graph.shape
    stem, value = read_padded_conv(graph, graph.only(graph.image, "the image"))
    relu = expect(graph.only(value, stem.source), "Relu")
    value, pool = relu.outputs[0], False
    following = graph.after(value)
    if len(following) == 1 and following[0].op == "MaxPool":
        node = following[0]
        form = (list(node.attributes.get("kernel_shape", [])), list(node.attributes.get("strides", [])), list(node.attributes.get("pads", [])))
        require(form == ([3, 3], [2, 2], [1, 1, 1, 1]), f"{node.name}: MaxPool {form}, the accelerator has 3x3, stride 2, pads of 1")
        value, pool = node.outputs[0], True
    blocks: List[Block] = []
    rows, columns = (-(-side // stem.stride) for side in (height, width))
    rows, columns = (-(-side // 2) if pool else side for side in (rows, columns))
    stage, wide = 1, stem.weight.shape[0]
    while not any(n.op in ("GlobalAveragePool", "AveragePool", "ReduceMean") for n in graph.after(value)):
        block, value = read_block(graph, value, wide, len(blocks) + 1)
        stage += block.stride == 2
        block.stage, wide = stage, block.width_out
        rows, columns = (-(-side // block.stride) for side in (rows, columns))
        blocks.append(block)
    source, weight, bias = read_head(graph, value, (rows, columns))
    recipe = Recipe(f"ONNX ResNet-{2 + sum(len(b.convs) for b in blocks)}", stem, pool, blocks, source, weight, bias, height, width,
                    IMAGENET if stem.stride == 2 else CIFAR)
    if recipe.classes in (10, 100) and stem.stride == 1:
        recipe.dataset = f"cifar{recipe.classes}"
    elif recipe.classes == 1000:
        recipe.dataset = "imagenet"
    return recipe
