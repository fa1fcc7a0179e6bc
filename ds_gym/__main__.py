"""``python -m ds_gym``: the command line; also installed as ``ds-gym``."""

import sys

from ds_gym.cli import main

if __name__ == "__main__":
    sys.exit(main(prog_name="python -m ds_gym"))
