"""Language models behind servers that speak OpenAI's protocol."""

from agents.prompting.served.model import ServedModel
from agents.prompting.served.options import ServedOptions

__all__ = ["ServedModel", "ServedOptions"]
