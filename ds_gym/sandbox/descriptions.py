"""From an exception to text that a model can repair its program from, the same text in every run."""

from __future__ import annotations

import difflib
import errno
import re
import sys
import unicodedata
from collections.abc import Iterable
from types import FrameType, TracebackType

from ds_gym.failures import Failure, FailureKind

PROGRAM_FILENAME = "<build_model>"
"""File name under which programs are compiled; marks their frames in a traceback."""

MAX_MESSAGE_CHARACTERS = 300
_SHORT_LINE = 40
_SIMILARITY = 0.75
_CUT_BEFORE_CLEANING = 20 * MAX_MESSAGE_CHARACTERS
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{5,}")
_MODULE_LOCATION = re.compile(r"\s*\((?:/[^()]*|[A-Za-z]:\\[^()]*|unknown location)\)")
_ABSOLUTE_PATH = re.compile(r"(?<![\w/:.)\]])/(?:[^\s/'\"(),:;]+/)+(?=[^\s/'\"(),:;])")
_NAME_OF_TYPE = type.__dict__["__name__"].__get__
_SYNTAX_ERRORS = (SyntaxError, IndentationError, TabError)
_DENIED_HINT = "a program may not open files, start processes or use the network"


def describe_exception(exc: BaseException, source: str) -> Failure:
    """Describe what a program raised.

    Args:
        exc: the exception, with its traceback.
        source: the program, compiled under the name :data:`PROGRAM_FILENAME`.

    Returns:
        A failure whose message begins with the exception's type and holds no address, no path that the program does
        not name itself, no control character, and at most :data:`MAX_MESSAGE_CHARACTERS` characters; its line is the
        innermost line of the program that took part, or None.
    """
    if type(exc) in _SYNTAX_ERRORS and exc.filename == PROGRAM_FILENAME:  # type: ignore[attr-defined]
        line = exc.lineno  # type: ignore[attr-defined]  # of any type, if the program made the exception
        line = min(line, source.count("\n") + 1) if type(line) is int and line > 0 else None
        return Failure("syntax", clean_message(f"{type_name(exc)}: {exc.msg}"), line)  # type: ignore[attr-defined]
    frames = _program_frames(exc.__traceback__)
    line = frames[-1][1] if frames else None
    name = "MemoryError" if isinstance(exc, MemoryError) else type_name(exc)
    if isinstance(exc, SystemExit):
        return Failure("killed", "SystemExit: the program ended its process instead of returning a model", line)
    text = _informative_lines(_text(exc))
    kind: FailureKind = "exception"
    if isinstance(exc, MemoryError):
        kind, text = "memory", text or "the memory limit was reached"
    elif _was_denied(exc):
        kind, text = "denied", f"{text} ({_DENIED_HINT})"
    else:
        text += _cause(exc) + _suggestion(exc, frames[-1][0] if frames else None, line is not None)
    return Failure(kind, clean_message(_without_paths(f"{name}: {text}" if text else name, source)), line)


def clean_message(text: str) -> str:
    """Make untrusted text printable: one line, addresses masked, control and invisible characters replaced, cut."""
    text = _ADDRESS.sub("0x...", text[:_CUT_BEFORE_CLEANING])
    text = "".join(_printable(character) for character in text)
    text = " ".join(text.split())
    if len(text) > MAX_MESSAGE_CHARACTERS:
        text = text[: MAX_MESSAGE_CHARACTERS - 4] + " ..."
    return text


def spelled_out(name: str) -> str:
    """A name, with the code points of its letters that may look like others."""
    code_points = [f"U+{ord(character):04X}" for character in sorted(set(name)) if not character.isascii()]
    return f"{name} (with {', '.join(code_points[:3])})" if code_points else name


def _printable(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " "
    # Cc control, Cf bidi and zero-width, Cs surrogate, Co private, Cn unassigned, Zl and Zp line ends.
    return "?" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} else character


def type_name(value: object) -> str:
    """Name of a value's type, whatever its metaclass says; at most 80 characters."""
    return str.__getitem__(_NAME_OF_TYPE(type(value)), slice(80))


def _text(exc: BaseException) -> str:
    try:
        return _start(str(exc))
    except MemoryError:
        raise
    except BaseException:  # __str__ is the program's
        return ""


def _start(text: str) -> str:
    """The first characters of a text, which may be of a program's own subclass of str, as a plain string."""
    return str.__getitem__(text, slice(_CUT_BEFORE_CLEANING))


def _informative_lines(text: str) -> str:
    """The first line; more where it says little; the last one too where it reports the fits of a search."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    if "Traceback (most recent call last)" in text:
        return f"{lines[0]} {lines[-1]}"
    kept = lines[0]
    for line in lines[1:]:
        if len(kept) >= _SHORT_LINE and not kept.endswith(":"):
            break
        kept = f"{kept} {line}"
    return kept


def _without_paths(text: str, source: str) -> str:
    text = _MODULE_LOCATION.sub("", text)
    return _ABSOLUTE_PATH.sub(lambda match: match[0] if match[0] in source else "", text)


def _was_denied(exc: BaseException) -> bool:
    # A program that raises such an error itself only mislabels its own failure, on which nothing but statistics rests.
    # File too large: what the file-size limit answers where no other layer refuses to write.
    return isinstance(exc, PermissionError) or (isinstance(exc, OSError) and exc.errno == errno.EFBIG)


def _cause(exc: BaseException) -> str:
    """scikit-learn says why a method is missing in the cause: "predict_proba is not available when ..."."""
    cause = exc.__cause__
    if not isinstance(exc, AttributeError) or not isinstance(cause, AttributeError):
        return ""
    text = _informative_lines(_text(cause))
    return f" ({text})" if text and text != _informative_lines(_text(exc)) else ""


def _program_frames(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    frames: list[tuple[FrameType, int]] = []
    while traceback is not None and len(frames) < 10_000:
        if traceback.tb_frame.f_code.co_filename == PROGRAM_FILENAME:
            frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _suggestion(exc: BaseException, frame: FrameType | None, in_program: bool) -> str:
    """The nearest valid name, as Python's own display of an uncaught exception would suggest it."""
    try:
        wrong, candidates = _candidates(exc, frame, in_program)
    except MemoryError:
        raise
    except BaseException:  # __dir__ is the program's
        return ""
    if not wrong:
        return ""
    by_lower_case = {name.lower(): name for name in sorted(candidates - {wrong})}
    close = difflib.get_close_matches(wrong.lower(), by_lower_case, n=1, cutoff=_SIMILARITY)
    if not close:
        return ""
    given = "" if wrong.isascii() else f" Given was {spelled_out(wrong)}."
    return f". Did you mean: '{by_lower_case[close[0]]}'?{given}"


def _candidates(exc: BaseException, frame: FrameType | None, in_program: bool) -> tuple[str, set[str]]:
    names: set[str] = set()
    if isinstance(exc, NameError) and frame is not None and isinstance(exc.name, str):
        names = {*frame.f_locals, *frame.f_globals, *frame.f_builtins}
        return exc.name, _words(names)
    if isinstance(exc, AttributeError) and in_program and isinstance(exc.name, str):
        return exc.name, _words(dir(exc.obj), public_only=not exc.name.startswith("_"))
    if isinstance(exc, ModuleNotFoundError) and isinstance(exc.name, str):
        return exc.name, _words(sys.modules, public_only=True)
    if isinstance(exc, ImportError) and isinstance(exc.name, str):
        match = re.match(r"cannot import name '(\w+)'", _text(exc))
        module = sys.modules.get(exc.name)
        if match and module is not None:
            return match[1], _words(dir(module), public_only=True)
    match = re.search(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", _text(exc))
    if isinstance(exc, TypeError) and match:
        return match[2], _words(_parameters(match[1]), public_only=True)
    return "", names


def _parameters(estimator: str) -> list[str]:
    """Parameters of the class of that name in scikit-learn."""
    import inspect

    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("sklearn.") and module_name.count(".") == 1:
            found = vars(module).get(estimator)
            if isinstance(found, type):
                return [name for name in inspect.signature(found).parameters if name != "self"]
    return []


def _words(names: Iterable[object], public_only: bool = False) -> set[str]:
    words = {name for name in names if isinstance(name, str)}
    if public_only:
        return {word for word in words if not any(part.startswith("_") for part in word.split("."))}
    return words
