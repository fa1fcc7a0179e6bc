from __future__ import annotations

import random

import numpy as np
import pytest

from ds_gym.sandbox import Sandbox
from tests.ds_gym.sandbox.helpers import LOGISTIC, make_job


def test_it_gives_what_the_fork_server_gives(in_process: Sandbox, sandbox: Sandbox) -> None:
    for body in (
        "raise ValueError('no')",
        "return 1",
        "import numpy as np\nreturn np.random.rand(1 / 0)",
        "exit(",
        "pass",
    ):
        assert in_process.run(make_job(body)).failure == sandbox.run(make_job(body)).failure
    plain, confined = (box.run(make_job(LOGISTIC, whole=True)).probabilities for box in (in_process, sandbox))
    assert plain is not None
    assert confined is not None
    np.testing.assert_allclose(plain, confined, atol=1e-9)


def test_it_leaves_generators_and_arrays_of_the_process_alone(in_process: Sandbox) -> None:
    job = make_job(
        "import random\nimport numpy as np\nx_train[:] = 0\n"
        "random.random(), np.random.rand(), np.random.default_rng().random()"
    )
    x_train = job.x_train.copy()
    states = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    in_process.run(job)
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == states  # noqa: NPY002
    assert np.random.default_rng().random() != np.random.default_rng().random()
    np.testing.assert_array_equal(job.x_train, x_train)


def test_ctrl_c_is_for_the_caller(in_process: Sandbox) -> None:
    body = "import signal\nsignal.raise_signal(signal.SIGINT)"
    with pytest.raises(KeyboardInterrupt):
        in_process.run(make_job(body))
    assert in_process.run(make_job(LOGISTIC, whole=True)).failure is None


def test_a_process_that_is_to_end_goes_on(in_process: Sandbox) -> None:
    class_that_exits = "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E"
    for body, kind in (("exit()", "killed"), (class_that_exits, "exception"), ("raise MemoryError", "memory")):
        failure = in_process.run(make_job(body)).failure
        assert failure is not None
        assert failure.kind == kind


def test_it_swallows_output(in_process: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    in_process.run(
        make_job("import sys, warnings\nprint('loud')\nprint('loud', file=sys.stderr)\nwarnings.warn('loud')")
    )
    assert capsys.readouterr() == ("", "")


def test_its_report_says_that_nothing_is_protected(in_process: Sandbox) -> None:
    report = in_process.report()
    assert report
    assert all(state.startswith("missing: ") for state in report.values())
    in_process.close()
    in_process.close()
