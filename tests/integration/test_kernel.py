"""What the kernel's real drivers and its input layer make of our devices: the programs of tests/kernel, in virtual
machines. Each of their cases is one here; one that has no result, because its program died, has failed."""
import os
import platform
import re
import shutil
import subprocess

import pytest

from conftest import BUILD

SOURCE = os.path.join(os.path.dirname(__file__), "..", "kernel")
KERNEL_VM = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "kernel-vm")
TIMEOUT_S = 200
SESSIONS = os.path.abspath(os.path.join(SOURCE, "sessions.py"))
# Runs each program in turn and says where its output begins and how it ended.
RUN_ALL = 'for p; do echo "# begin $p"; "$p"; echo "# end $?"; done'
# Whole sessions, by pytest itself.
RUN_SESSIONS = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--tb=short", SESSIONS]


def programs():
    """{name: cases} of the sources that have cases."""
    found = {}
    for name in sorted(os.listdir(SOURCE)):
        if name.endswith(".c"):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as text:
                cases = re.findall(r"\bcmocka_unit_test\w*\(\s*(\w+)", text.read())
            if cases:
                found["kernel-" + name.removesuffix(".c").replace("_", "-")] = cases
    with open(SESSIONS, encoding="utf-8") as text:
        found["sessions"] = re.findall(r"^def (test_\w+)", text.read(), re.MULTILINE)
    return found


PROGRAMS = programs()


def why_not():
    if platform.machine() != "x86_64":
        return f"the virtual machine is x86_64, this one {platform.machine()}"
    if not shutil.which("qemu-system-x86_64"):
        return "no qemu-system-x86_64; scripts/install-deps installs it"
    return None


def start(*command):
    return subprocess.Popen([KERNEL_VM, "--timeout", str(TIMEOUT_S), *command], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, errors="replace",
                            env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})


@pytest.fixture(scope="module")
def results():
    """{program: {case: its result}} and what was printed. The programs and the sessions have a machine each, because
    they would find each other's controllers."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    paths = [os.path.join(BUILD, "tests", "kernel", name) for name in PROGRAMS if name != "sessions"]
    machines = [start("sh", "-c", RUN_ALL, "sh", *paths), start(*RUN_SESSIONS)]
    outputs = [machine.communicate() for machine in machines]
    found, cases = {"sessions": {}}, {}
    for line in outputs[0][0].splitlines():
        begun = re.match(r"# begin (.*)", line)
        case = re.match(r"((?:not )?ok) \d+ - (\w+)", line)
        if begun:
            cases = found.setdefault(os.path.basename(begun.group(1)), {})
        elif case:
            cases[case.group(2)] = case.group(1)
    for line in outputs[1][0].splitlines():
        session = re.match(r"(PASSED|FAILED|ERROR) \S*::(test_\w+)", line)
        if session:
            found["sessions"][session.group(2)] = "ok" if session.group(1) == "PASSED" else "not ok"
    return found, "".join(part for output in outputs for part in output)


@pytest.mark.parametrize("program,case", [(p, c) for p, cases in PROGRAMS.items() for c in cases])
def test_kernel(results, program, case):
    found, text = results
    assert found.get(program, {}).get(case) == "ok", text
