"""ds_gym: a Gymnasium suite in which a language model does data science by writing code.

Importing the package registers ``DataSci-v0``: ``gymnasium.make("DataSci-v0", task="balance_scale")``.
"""

from ds_gym.failures import Failure, SandboxError
from ds_gym.registration import register_envs
from ds_gym.tasks import Solution, Task, get_task, list_suites, list_tasks, register_task

__version__ = "0.1.0"

__all__ = [
    "Failure",
    "SandboxError",
    "Solution",
    "Task",
    "__version__",
    "get_task",
    "list_suites",
    "list_tasks",
    "register_task",
]

register_envs()
