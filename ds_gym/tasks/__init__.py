"""What is to be solved: tasks, and the registry that finds them by name."""

from ds_gym.tasks.registry import get_task, list_suites, list_tasks, register_task
from ds_gym.tasks.task import Solution, Task

__all__ = ["Solution", "Task", "get_task", "list_suites", "list_tasks", "register_task"]
