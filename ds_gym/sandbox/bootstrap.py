"""Script by which the zygote's interpreter starts: ``bootstrap.py CONTROL_DESCRIPTOR PARENT_PID WITHOUT DIRECTORY...``.

Gives the sandbox's modules their usual names without running ``ds_gym/__init__.py``: the environments, tasks and their
data have no business in a process whose forks run foreign code. A parent number of 0 says that a wrapper stands in
between, which sees to the namespaces and to the end of its child.
"""

import contextlib
import os
import sys
import types


def _name_packages() -> None:
    sandbox_directory = os.path.dirname(os.path.abspath(__file__))
    for name, directory in (("ds_gym", os.path.dirname(sandbox_directory)), ("ds_gym.sandbox", sandbox_directory)):
        package = types.ModuleType(name)
        package.__path__ = [directory]
        sys.modules[name] = package


def _start(control_descriptor: int, parent_pid: int, without: list[str]) -> None:
    from ds_gym.sandbox import confine, namespaces

    with contextlib.suppress(OSError):  # elsewhere than on Linux the closed control socket has to do
        confine.die_with_parent(parent_pid or None)
    first_own_user = namespaces.first_own_user(os.getpid())
    if not parent_pid:
        state = confine.ACTIVE
    elif "namespaces" in without:
        state = confine.SWITCHED_OFF
    else:
        state = namespaces.go_inside()

    from ds_gym.sandbox.zygote import main  # not before: what waits outside of the namespaces shall stay small

    main(control_descriptor, first_own_user, state, without)


if __name__ == "__main__":
    _name_packages()
    sys.path.extend(directory for directory in sys.argv[4:] if directory not in sys.path)
    _start(int(sys.argv[1]), int(sys.argv[2]), [layer for layer in sys.argv[3].split(",") if layer])
