"""Runs the cases that make_files.py wrote and tells the wall time and the peak memory of each refusal.

    measure.py DYCE CASES.json

Exits with 1 when one takes more than 100 ms or 64 MiB above `dyce --version`, or is no refusal. This process
stays small and reads no big file: a child's peak counts that of the process it was started from.
"""
import json
import os
import sys
import time

LIMIT_MS, LIMIT_MIB = 100, 64
ATTEMPTS = 5  # what is too slow once may have met a busy machine
dyce = sys.argv[1]
null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]


def run(command):
    """Exit status (negative: a signal), milliseconds, MiB."""
    start = time.perf_counter()
    pid = os.posix_spawn(dyce, [dyce, *command], os.environ, file_actions=null)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), 1000 * (time.perf_counter() - start), usage.ru_maxrss / 1024


def measured(case):
    for _ in range(ATTEMPTS):
        status, ms, mib = run(case["command"])
        case.update(status=status, ms=min(ms, case.get("ms", ms)), mib=mib - idle)
        if case["ms"] <= LIMIT_MS or case["decodes"]:
            break
    return case


def fault(case):
    if case["status"] not in case["allowed"]:
        return f"exit status {case['status']}"
    if not case["decodes"] and (case["ms"] > LIMIT_MS or case["mib"] > LIMIT_MIB):
        return "over the limit"
    return ""


def line(case):
    return f"{case['ms']:8.1f} ms  {case['mib']:7.1f} MiB  {case['kind']}: {case['name']}  {fault(case)}".rstrip()


_, start_ms, idle = run(["--version"])
print(f"dyce --version: {start_ms:.1f} ms, {idle:.1f} MiB; memory below is above that")
with open(sys.argv[2]) as file:
    cases = [measured(case) for case in json.load(file)]
for kind in dict.fromkeys(case["kind"] for case in cases):
    own = [case for case in cases if case["kind"] == kind]
    for decodes, title in ((False, ""), (True, ", refused while decoding (no limit here)")):
        some = [case for case in own if case["decodes"] == decodes]
        if not some:
            continue
        print(f"\n{kind}: {len(some)} refusals{title}; the slowest and the largest")
        for worst in (max(some, key=lambda c: c["ms"]), max(some, key=lambda c: c["mib"])):
            print(line(worst))
faults = [case for case in cases if fault(case)]
if faults:
    print(f"\n{len(faults)} of {len(cases)} are not as they must be")
    print("\n".join(map(line, faults)))
sys.exit(1 if faults else 0)
