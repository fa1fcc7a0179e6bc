"""Tunes learners in equal numbers of trials: ``python benchmarks/tune.py``. ``--help`` tells the options."""

import sys
from pathlib import Path

# Python puts a script's folder on the path, where its modules could hide others; the repository is meant.
sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    from benchmarks.tuning.cli import main

    sys.exit(main())
