#!/usr/bin/env python3
"""check_kills.py DYCE MODEL IMAGES [--points 200] [--seed 17] [-- MORE OPTIONS OF CLASSIFY]

Kills `dyce classify --progress` with SIGKILL at points chosen by a seeded list of delays, goes on, and compares what it
wrote with the output of an undisturbed run, byte for byte. Tells how many kills hit it inside a network and inside a
commit (by the slots of the file, docs/interruption.md). Exit code 1 when an output differs, or when fewer than a quarter
of the points fell inside a network or a tenth inside a commit. Needs libxxhash."""
import argparse, ctypes, os, random, struct, subprocess, sys, tempfile, time

HEADING, SLOT_HEAD, DIGITS = 4096, 64, 32


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


xxhash = ctypes.CDLL("libxxhash.so.0")
xxhash.XXH3_128bits.restype = Hash128
xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def digest(*fields):
    data = b"".join(struct.pack("<Q", len(field)) + field for field in fields)
    value = xxhash.XXH3_128bits(data, len(data))
    return b"%016x%016x" % (value.high, value.low)


def slots(path, images):
    """(sequence, payload or None when it is not whole) of each slot that was ever begun."""
    with open(path, "rb") as file:
        data = file.read()
    heading = data[:HEADING]
    if len(heading) < HEADING or not heading.startswith(b"dyce.progress/1"):
        return []
    size = (len(data) - HEADING - 8 * images) // 2
    found = []
    for i in range(2):
        slot = data[HEADING + i * size:HEADING + (i + 1) * size]
        sequence, used = struct.unpack_from("<QQ", slot)
        payload = slot[SLOT_HEAD:SLOT_HEAD + used]
        whole = digest(heading, slot[:SLOT_HEAD - DIGITS], payload) == slot[SLOT_HEAD - DIGITS:SLOT_HEAD]
        if any(slot[:SLOT_HEAD + 64]):
            found.append((sequence, payload if whole else None))
    return found


def member_of(payload):
    at = 16
    for _ in range(2):  # digest of the output's end, notes
        at += 4 + struct.unpack_from("<I", payload, at)[0]
    return struct.unpack_from("<i", payload, at)[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dyce"), parser.add_argument("model"), parser.add_argument("images")
    parser.add_argument("--points", type=int, default=200), parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("more", nargs="*")
    arguments = parser.parse_args()
    chosen = random.Random(arguments.seed)
    work = tempfile.mkdtemp(prefix="dyce_kills_")
    kept, out = os.path.join(work, "kept"), os.path.join(work, "out")
    command = [arguments.dyce, "classify", arguments.model, arguments.images, "-r", "--jsonl", "--quiet", "--threads", "1",
               "--progress", kept, "--output", out] + arguments.more

    def forget():
        for path in (kept, out):
            if os.path.exists(path):
                os.remove(path)

    points = inside_network = inside_commit = runs = differing = 0
    for durability in ("process", "power"):
        line = command + ["--durability", durability, "--progress-every", "stage"]
        forget()
        start = time.monotonic()
        subprocess.run(line, check=True)
        whole = time.monotonic() - start
        with open(out, "rb") as file:
            expected = file.read()
        images = expected.count(b"\n")
        forget()
        goal = arguments.points * (0.7 if durability == "process" else 1)
        while points < goal:
            process = subprocess.Popen(line)
            try:
                process.wait(0.02 + chosen.random() * whole / 4)
            except subprocess.TimeoutExpired:
                process.kill()
            if process.wait() >= 0:
                assert process.returncode == 0, process.returncode
                runs += 1
                with open(out, "rb") as file:
                    differing += file.read() != expected
                forget()
                continue
            if not os.path.exists(kept):
                continue  # it had not begun
            points += 1
            found = slots(kept, images)
            good = [slot for slot in found if slot[1] is not None]
            inside_commit += len(good) < len(found)
            inside_network += bool(good) and member_of(max(good)[1]) >= 0
        subprocess.run(line, check=True)
        runs += 1
        with open(out, "rb") as file:
            differing += file.read() != expected
    forget()
    os.rmdir(work)
    print(f"{points} kills, {inside_network} inside a network, {inside_commit} inside a commit; {runs} runs came to their "
          f"end, {differing} outputs differ")
    sys.exit(differing > 0 or inside_network < points // 4 or inside_commit < points // 10)


main()
