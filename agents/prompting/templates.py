"""Prompts as Jinja2 templates in files: found, checked, rendered, and told apart by a hash.

A template lies at ``<style>/<agent>.j2``; one for what an agent writes for itself before its program, at
``<style>/<agent>.thought.j2``; what an agent brings along from the start, if anything, at ``<agent>.yaml``. Style
"infill" uses the templates of "completion".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import yaml

from agents.agent import unknown
from agents.model_options import PromptStyle

TEMPLATES = Path(__file__).parent / "templates"
"""Where the templates of this package lie."""

VARIABLES: Mapping[str, str] = {
    "observation": "what is to be answered, see agents.prompting.observation.Observation for its parts",
    "history": "what the agent has brought along, the oldest first: examples, programs or reflections",
    "thought": "what it has written for itself before this program; empty for nothing",
}
"""What a template may use."""


class PromptTemplates:
    """The templates of one agent in one style.

    Attributes:
        fingerprint: hash of their sources, and of what is brought along; another hash, other prompts.
        luggage: what is brought along, as the YAML file holds it; None for nothing.
        thinks: whether there is a template for what is written before the program.

    Raises:
        ValueError: a file that is not there, cannot be read, is no template, or uses an unknown variable; one line.
    """

    def __init__(self, agent: str, style: PromptStyle, folder: str | None = None) -> None:
        """Read the templates.

        Args:
            agent: name of the agent.
            style: of the prompts that the model takes.
            folder: where templates are looked for first, laid out as :data:`TEMPLATES` is; None for those alone.
        """
        if folder is not None and not Path(folder).is_dir():
            raise ValueError(f"templates={folder!r} is not allowed: there is no such folder")
        folders = [Path(folder)] if folder is not None else []
        place = "instruct" if style == "instruct" else "completion"
        self._environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
        )
        path = _find(f"{place}/{agent}.j2", folders)
        if path is None:
            raise ValueError(f"there is no template {place}/{agent}.j2, in {TEMPLATES} or elsewhere")
        thought_path = _find(f"{place}/{agent}.thought.j2", folders)
        self._program = self._read(path)
        self._thought = None if thought_path is None else self._read(thought_path)
        luggage_path = _find(f"{agent}.yaml", folders)
        self.luggage = None if luggage_path is None else _read_yaml(luggage_path)
        sources = [source for source in (path, thought_path, luggage_path) if source is not None]
        digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources))
        self.fingerprint = f"sha256:{digest.hexdigest()[:16]}"

    @property
    def thinks(self) -> bool:
        return self._thought is not None

    def program_prompt(self, **variables: Any) -> str:
        """The prompt for a program; ``variables`` are those of :data:`VARIABLES`. Raises ValueError, one line."""
        return _render(self._program, variables)

    def thought_prompt(self, **variables: Any) -> str:
        """The prompt for what is written before the program. Raises ValueError, one line."""
        assert self._thought is not None
        return _render(self._thought, variables)

    def _read(self, path: Path) -> jinja2.Template:
        try:
            source = path.read_text()
            tree = self._environment.parse(source)
            template = self._environment.from_string(source)
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"template {path} cannot be read: {error}") from None
        except jinja2.TemplateSyntaxError as error:
            raise ValueError(f"template {path}, line {error.lineno}: {error.message}") from None
        for name in sorted(jinja2.meta.find_undeclared_variables(tree) - VARIABLES.keys()):
            raise ValueError(unknown("variable", name, VARIABLES, f" in template {path}"))
        template.filename = str(path)
        return template


def _find(name: str, folders: list[Path]) -> Path | None:
    return next((folder / name for folder in [*folders, TEMPLATES] if (folder / name).is_file()), None)


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())[:300]}") from None


def _render(template: jinja2.Template, variables: Mapping[str, Any]) -> str:
    try:
        return template.render(**variables)
    except (jinja2.TemplateError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"template {template.filename}: {' '.join(str(error).split())[:300]}") from None
