#!/usr/bin/env python3
"""Checks who includes whom, how long files and functions are, and that pure folders have no hidden inputs.

Usage: tools/check_layers.py [--root DIR]. Prints one line a finding and exits 1 if there are any.
The table LAYERS is the one of ARCHITECTURE.md: a folder may include itself and the folders named here.
"""
import argparse
import pathlib
import re
import sys

CORES = {"base", "model", "proto", "allocator", "election", "master", "agent", "ports"}
LAYERS = {
    "base": set(),
    "proto": set(),
    "model": {"base", "proto"},
    "allocator": {"base", "model"},
    "election": {"base"},
    "master": {"base", "model", "proto", "allocator"},
    "agent": {"base", "model", "proto"},
    "ports": {"base", "model", "proto"},
    "codec": {"base", "proto"},
    "net": {"base"},
    "http": {"base", "net"},
    "zookeeper": {"base", "net"},
    "coordination": {"base", "proto", "codec", "net", "election", "zookeeper"},
    "security": {"base", "proto", "codec"},
    "api": {"base", "model", "proto", "codec", "http", "net", "security", "election", "master", "agent", "ports"},
    "store": {"base", "model", "proto", "ports", "net", "zookeeper"},
    "containers": {"base", "model", "proto", "ports", "net", "http"},
    "fetcher": {"base", "ports", "net", "http"},
    "sdk": {"base", "model", "net", "http", "codec", "proto", "election", "zookeeper", "coordination"},
    "sim": CORES | {"codec"},
    "daemon": None,  # None: everything above.
    "cli": {"base", "model", "net", "http", "codec", "proto", "election", "zookeeper", "coordination", "sdk", "daemon"},
}
PURE = {"model", "allocator", "election", "master", "agent"}
HEAVY = re.compile(r'#include\s*[<"](boost/|google/protobuf/|mesos/v1/.*\.pb\.h|stoa/.*\.pb\.h|simdjson|sqlite3|zookeeper/zookeeper\\.h)')
HIDDEN = re.compile(
    r"system_clock::now|steady_clock::now|\brandom_device\b|\bgetenv\b|std::thread|std::mutex|<fstream>|<thread>|"
    r"\b(?:open|socket|fork|usleep|nanosleep)\s*\(|std::this_thread|<filesystem>|\btime\(nullptr\)|\brand\(\)")
INCLUDE = re.compile(r'^\s*#include\s*"([a-z_0-9]+)/')
FILE_LINES_MAX = 800
TEST_LINES_MAX = 1500
FUNCTION_LINES_MAX = 70


def functions(lines):
    """Yields (first line, length) of function bodies, taken from clang-formatted text: a line that ends in `{` and is
    not a namespace, class, enum or initializer opens one; the first line that is only its indentation and `}` closes it."""
    opener = re.compile(r"^(\s*)(?!namespace\b|class\b|struct\b|enum\b|union\b|extern\b|//|#).*\)[^;]*\{$")
    index = 0
    while index < len(lines):
        match = opener.match(lines[index])
        if match and not re.match(r"^\s*(?:if|for|while|switch|\} else|TEST|TEST_F|TEST_P)\b", lines[index]):
            close = match.group(1) + "}"
            for end in range(index + 1, len(lines)):
                if lines[end].startswith(close) and not lines[end].startswith(close + ")"):
                    yield index + 1, end - index + 1
                    break
            if match.group(1):
                index += 1
                continue
            index = max(index + 1, end if index + 1 < len(lines) else index + 1)
        else:
            index += 1


def check(path, folder, findings):
    text = path.read_text()
    lines = text.splitlines()
    is_test = path.name.endswith("_test.cpp") or "testing" in path.name
    limit = TEST_LINES_MAX if is_test else FILE_LINES_MAX
    if len(lines) > limit:
        findings.append(f"{path}: {len(lines)} lines, at most {limit}")
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match and match.group(1) in LAYERS and match.group(1) != folder:
            allowed = LAYERS[folder]
            if allowed is not None and match.group(1) not in allowed and not (is_test and match.group(1) == "base"):
                findings.append(f"{path}:{number}: {folder} may not include {match.group(1)}")
        if path.suffix == ".h" and HEAVY.search(line) and path.name != "pch.h":
            findings.append(f"{path}:{number}: heavy include in a header; forward-declare and include it in the .cpp")
        if folder in PURE and not is_test and HIDDEN.search(line.split("//")[0]):
            findings.append(f"{path}:{number}: hidden input in a pure folder: {line.strip()}")
    if not is_test:
        for first, length in functions(lines):
            if length > FUNCTION_LINES_MAX:
                findings.append(f"{path}:{first}: function of {length} lines, at most {FUNCTION_LINES_MAX}")
    if path.suffix == ".h" and "#pragma once" not in text:
        findings.append(f"{path}: no #pragma once")
    if lines and not lines[0].startswith("//") and not is_test and path.suffix == ".h":
        findings.append(f"{path}:1: a header opens with why it exists")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent, type=pathlib.Path)
    root = args.parse_args().root
    findings = []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        if folder not in LAYERS:
            findings.append(f"{path}: folder {folder} is not in the table of layers")
            continue
        check(path, folder, findings)
    for finding in findings:
        print(finding)
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
