"""Where chance begins: ``TOCSIN_SEED=17 make test`` has other offsets, other storms and other fault points."""

import os
import random

SEED = int(os.environ.get("TOCSIN_SEED", "0"))
FAULTS = int(os.environ.get("TOCSIN_FAULTS", "2"))  # that meet in one night
TOLD = f"TOCSIN_SEED={SEED}"  # for whoever reads a failure


def seeds(number: int) -> range:
    return range(1000 * SEED, 1000 * SEED + number)


def chance(name: str) -> random.Random:
    return random.Random(f"{SEED} {name}")
