"""Script by which the zygote's interpreter starts: ``python bootstrap.py CONTROL_DESCRIPTOR PARENT_PID DIRECTORY...``.

Gives the sandbox's modules their usual names without running ``ds_gym/__init__.py``: the environments, tasks and their
data have no business in a process whose forks run foreign code.
"""

import os
import sys
import types


def _name_packages() -> None:
    sandbox_directory = os.path.dirname(os.path.abspath(__file__))
    for name, directory in (("ds_gym", os.path.dirname(sandbox_directory)), ("ds_gym.sandbox", sandbox_directory)):
        package = types.ModuleType(name)
        package.__path__ = [directory]
        sys.modules[name] = package


if __name__ == "__main__":
    _name_packages()
    sys.path.extend(directory for directory in sys.argv[3:] if directory not in sys.path)
    from ds_gym.sandbox.zygote import main

    main(int(sys.argv[1]), int(sys.argv[2]))
