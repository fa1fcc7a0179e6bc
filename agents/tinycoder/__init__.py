"""The embedded code language model: small enough for a laptop, pretrained on a grammar of scikit-learn programs.

``python -m agents.tinycoder.build`` remakes it from nothing.
"""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
"""Folder that ``AutoModelForCausalLM.from_pretrained`` and ``AutoTokenizer.from_pretrained`` load."""
