"""Right containers whose graph or preprocessing is wrong. The digests stay as they were: they are checked last."""
import copy
import json

import containers

LARGEST = (1 << 63) - 1


def add(cases):
    metadata, tensors, data = containers.parts(cases.model)
    recipe, graph = json.loads(metadata["dyce.preprocess"]), json.loads(metadata["dyce.graph"])

    def write(name, change):
        """`change` is a dictionary of metadata; None removes a key."""
        header = {"__metadata__": {k: v for k, v in (metadata | change).items() if v is not None}, **tensors}
        cases.add(name, containers.container(json.dumps(header), data), ".safetensors", "inspect", "@")

    def edited(name, edit):
        changed = copy.deepcopy(graph)
        edit(changed["nodes"], changed)
        write(name, {"dyce.graph": json.dumps(changed)})

    def attribute(name, key, value):
        edited(name, lambda nodes, _: nodes[0].setdefault("attributes", {}).update({key: value}))

    for key in ("dyce.format", "dyce.graph", "dyce.preprocess", "dyce.digest"):
        write(f"no {key}", {key: None})
    write("format of the future", {"dyce.format": "dyce.model/9"})
    write("other preprocessing", {"dyce.preprocess": json.dumps(recipe | {"mean": [0.5, 0.5, 0.5]})})
    for key, value in [("std", [0.2, 0, 0.2]), ("crop", 0), ("crop", 10**9), ("resize", 10**9), ("height", 10**9),
                       ("height", LARGEST)]:
        write(f"{key} {value}", {"dyce.preprocess": json.dumps(recipe | {key: value})})
    write("crop NaN", {"dyce.preprocess": json.dumps(recipe | {"crop": float("nan")})})
    write("one label", {"dyce.labels": '["one"]'})
    write("1,000,000 labels", {"dyce.labels": json.dumps(["x"] * 1000000)})
    write("graph of depth 10,000", {"dyce.graph": "[" * 10000})
    write("graph of 8 MiB of brackets", {"dyce.graph": "[" * (8 << 20)})
    write("graph of 8 MiB of numbers", {"dyce.graph": "[" + "0," * (4 << 20) + "0]"})

    for name, variant in [("tau", {"gate_threshold": 0.3}), ("tau 2", {"gate_threshold": 2}), ("a width", {"width": 0.5}),
                          ("NaN for tau", {"gate_threshold": float("nan")}), ("a million members", {str(i): i for i in range(10**6)})]:
        write(f"variant with {name}", {"dyce.variant": json.dumps(variant)})
    write("variant of a member that is not there", {"dyce.variant.7": "{}"})
    gate = {"site": 0, "type": "gate-ff16", "output": graph["outputs"][0], "role": "gate", "skips": 1}
    for name, change in [("", {}), (" that skips all", {"skips": LARGEST}), (" in a cycle", {"chain": 0})]:
        write("gate" + name, {"dyce.exits": json.dumps({"sites": [], "heads": [gate | change]})})

    edited("unknown operator", lambda nodes, _: nodes[1].update(op="Rleu"))
    edited("extra attribute", lambda nodes, _: nodes[1].update(attributes={"x": 1}))
    edited("missing attribute", lambda nodes, _: nodes[1].update(op="MaxPool"))
    attribute("wrong kind of attribute", "strides", "2")
    edited("cycle", lambda nodes, _: nodes[0]["inputs"].__setitem__(0, nodes[1]["outputs"][0]))
    edited("made twice", lambda nodes, _: nodes[1].update(outputs=nodes[0]["outputs"]))
    edited("missing tensor", lambda nodes, _: nodes[0]["inputs"].__setitem__(1, "none"))
    edited("shapes that do not fit", lambda nodes, _: nodes[2]["inputs"].__setitem__(1, nodes[0]["inputs"][1]))
    for scale in (0, -1, float("nan"), 1e300, "1"):
        quantization = {"type": "u8", "scale": scale}
        edited(f"scale {scale!r}", lambda nodes, _: nodes[1].update(quantization=quantization))
    edited("no scale", lambda nodes, _: nodes[1].update(quantization={"type": "u8"}))
    attribute("kernel 0", "kernel_shape", [0, 0])
    attribute("stride 0", "strides", [0, 0])
    attribute("negative pad", "pads", [0, 0, -1, 0])
    attribute("pad 2^31", "pads", [0, 1 << 31, 0, 0])
    attribute("stride 2^63-1", "strides", [1, LARGEST])
    attribute("groups that do not divide", "group", 2)
    attribute("output blow-up", "pads", [32768] * 4)
    attribute("1,000,000 strides", "strides", [1] * 1000000)

    def chained(count):
        def edit(nodes, changed):
            first = nodes[0]["inputs"][0]
            changed["nodes"] = [{"name": f"r{i}", "op": "Relu", "inputs": [f"v{i - 1}" if i else first],
                                 "outputs": [f"v{i}"]} for i in range(count)]
            changed["outputs"] = [f"v{count - 1}"]
        return edit

    edited("20,000 nodes and unread tensors", chained(20000))
    edited("20,001 nodes", chained(20001))
    edited("150,000 nodes", chained(150000))
    small = '{"name":"n","op":"Relu","inputs":[],"outputs":[]},'
    write("300,000 nodes", {"dyce.graph": '{"nodes":[' + small * 200000 + "{}]}"})
    edited("20,000 inputs of a node", lambda nodes, _: nodes[1].update(inputs=nodes[0]["inputs"] * 10000))
    edited("a million inputs of a node", lambda nodes, _: nodes[1].update(inputs=["x"] * 1000000))

    big = bytearray(data)
    big[-4:] = b"\x00\x00\xc0\x7f"
    header = {"__metadata__": metadata, **tensors}
    cases.add("NaN weight", containers.container(json.dumps(header), bytes(big)), ".safetensors", "inspect", "@")
    big[-4:] = b"\x00\x00\x00\x00"
    cases.add("changed weight", containers.container(json.dumps(header), bytes(big)), ".safetensors", "inspect", "@")
