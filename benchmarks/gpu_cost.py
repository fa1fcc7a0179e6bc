"""What generation and updates cost at the size of real models: ``python benchmarks/gpu_cost.py --help``."""

import sys
from pathlib import Path

# Python puts a script's folder on the path, where its modules could hide others; the repository is meant.
sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    from benchmarks.learner_cost.gpu_cli import main

    sys.exit(main())
