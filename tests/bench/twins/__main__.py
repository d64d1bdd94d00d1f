"""Simulates calls of services with identical prompts and overlapping instrumentations: `python -m tests.bench.twins`."""

import argparse
import sys

from tests.bench.twins.simulation import simulate


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calls", type=int, default=100_000)
    asked.add_argument("--seed", type=int, action="append", help="repeat it for more than one")
    args = asked.parse_args()
    good = True
    for seed in args.seed or [1]:
        found = simulate(calls=args.calls, seed=seed)
        good = good and found.is_good
        of_calls = f"{found.missed} missed, {found.merged} calls lost in another, {found.crossed} crossed"
        cost = f"{found.micros_per_record:.1f} microseconds of CPU a record, {found.index_bytes >> 20} MiB"
        sys.stdout.write(f"seed {seed}: {found.calls:,} calls, {found.twins:,} twins, {of_calls}; {cost}\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
