"""The miner and Drain3 on the same lines, in the same run: speed, grouping accuracy, memory.

    python3 -m venv .venv && .venv/bin/pip install drain3==0.9.11
    .venv/bin/python crates/templates/benches/drain3/compare.py [--lines 1000000]

Builds the examples `corpus` and `mine` in release, makes the lines, gives them to both, one after the other on one core, and
prints Markdown tables. Lines are in memory before the clock starts, and the clock stops when the last is mined. Both are
single-threaded, and processor time is what counts: it says the same on a busy machine, or nearly.

Grouping accuracy is Loghub's (Zhu et al. 2019): the share of lines whose group holds exactly the lines of their true
group. There are two truths: by statement (one logging call is one group), and by outcome (its 200s and its 500s are two).
"""

import argparse
import array
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time

WORKSPACE = pathlib.Path(__file__).resolve().parents[4]

# Masks in the manner of Drain3's own examples, the narrower first. Drain3 gets the same help as the miner gives itself:
# times, identifiers, addresses, numbers with units.
MASKS = [
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "*"),
    (r"\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?Z?", "*"),
    (r"\b\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", "*"),
    (r"\b[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d\b", "*"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d+)?\b", "*"),
    (r"\b0x[0-9a-f]+\b", "*"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b", "*"),
    (r"((?<=[^A-Za-z0-9])|^)[-+]?\d+(\.\d+)?(?=(ms|µs|s|m|MB|M)?([^A-Za-z0-9]|$))", "*"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5, help="runs of the miner, of which the fastest counts; Drain3 has one")
    parser.add_argument("--templates", action="store_true", help="list both sides' templates on standard error")
    parser.add_argument("--drain3", metavar="FILE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.drain3:
        print(json.dumps(run_drain3(arguments.drain3)))
        return
    with tempfile.TemporaryDirectory() as directory:
        compare(arguments, pathlib.Path(directory))


def compare(arguments, directory):
    """Runs both, each in a process of its own, so that memory is its own too."""
    binaries = build()
    subprocess.run([binaries / "corpus", str(arguments.lines), directory], check=True)
    lines = directory / "lines"
    truth = [tuple(row.split("\t")) for row in (directory / "truth").read_text().splitlines()]
    print(f"{arguments.lines:,} lines, {lines.stat().st_size / arguments.lines:.0f} bytes each; "
          f"{len({statement for statement, _ in truth})} statements, {len(set(truth))} with their outcomes\n")

    listing = ["--templates"] if arguments.templates else []
    miner = min((mine(binaries, lines, directory, listing) for _ in range(arguments.runs)), key=lambda run: run["cpu_seconds"])
    groups = [tuple(row.split("\t")) for row in (directory / "groups").read_text().splitlines()]
    out = subprocess.run([sys.executable, __file__, "--drain3", lines], check=True, stdout=subprocess.PIPE)
    drain3 = json.loads(out.stdout)
    clusters = drain3.pop("groups")
    if arguments.templates:
        print(*drain3.pop("texts"), sep="\n", file=sys.stderr)

    by_statement = [statement for statement, _ in truth]
    print("| | lines/s of processor time | × Drain3 | lines/s by the clock | accuracy by statement | by outcome | groups | memory added |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, result, statements, outcomes, count in [
        ("miner", miner, [template for template, _ in groups], groups, f"{miner['templates']}, {miner['outcomes']} outcomes"),
        ("Drain3", drain3, clusters, clusters, drain3["templates"]),
    ]:
        print(f"| {name} | {len(truth) / result['cpu_seconds']:,.0f} | {drain3['cpu_seconds'] / result['cpu_seconds']:.1f} "
              f"| {len(truth) / result['seconds']:,.0f} | {accuracy(statements, by_statement):.4f} | {accuracy(outcomes, truth):.4f} "
              f"| {count} | {result['added_kib'] / 1024:.1f} MiB |")

    print("\n| hostile lines | lines/s of processor time | outcomes kept | memory added |\n|---|--:|--:|--:|")
    for kind in sorted((directory / "hostile").iterdir()):
        runs = [mine(binaries, kind, directory) for _ in range(arguments.runs)]
        result = min(runs, key=lambda run: run["cpu_seconds"])
        print(f"| {kind.name} | {result['lines'] / result['cpu_seconds']:,.0f} | {result['outcomes']} "
              f"| {result['added_kib'] / 1024:.1f} MiB |")


def mine(binaries, lines, directory, listing=()):
    out = subprocess.run([binaries / "mine", lines, directory / "groups", *listing], check=True, stdout=subprocess.PIPE)
    return json.loads(out.stdout)


def build():
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "marple-templates", "--examples"], cwd=WORKSPACE, check=True)
    metadata = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=WORKSPACE, check=True,
                              stdout=subprocess.PIPE)
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "release" / "examples"


def accuracy(groups, truth):
    """Share of lines whose predicted group and true group hold the same lines."""
    of_truth, of_group, both = collections.Counter(truth), collections.Counter(groups), collections.Counter(zip(groups, truth))
    right = sum(count for (group, true), count in both.items() if count == of_group[group] == of_truth[true])
    return right / len(truth)


def run_drain3(path):
    from drain3 import TemplateMiner
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig

    lines = pathlib.Path(path).read_text().split("\0")[:-1]
    config = TemplateMinerConfig()
    config.masking_instructions = [MaskingInstruction(pattern, mask) for pattern, mask in MASKS]
    miner = TemplateMiner(config=config)
    clusters = array.array("q", [0]) * len(lines)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = memory_kib("VmRSS:")
    started, cpu_before = time.perf_counter(), time.process_time()
    for index, line in enumerate(lines):
        clusters[index] = miner.add_log_message(line)["cluster_id"]
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "added_kib": memory_kib("VmHWM:") - before,
        "templates": len(miner.drain.clusters),
        "groups": clusters.tolist(),
        "texts": [f"{cluster.size:>8} {cluster.get_template()!r}" for cluster in miner.drain.clusters],
    }


def memory_kib(row):
    status = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(row))


if __name__ == "__main__":
    main()
