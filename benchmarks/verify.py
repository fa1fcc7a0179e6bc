"""Executes the programs of results again and compares: ``python benchmarks/verify.py runs/default``. See ``--help``."""

import sys
from pathlib import Path

# Python puts a script's folder on the path, where its modules could hide others; the repository is meant.
sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    from benchmarks.verification.cli import main

    sys.exit(main())
