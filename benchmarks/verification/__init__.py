"""Whether results are what their programs earn: without any model, from the files of a run alone.

Programs are executed again in the sandbox and their rewards compared exactly
(:mod:`benchmarks.verification.comparison`); what a result sums up is computed again from its attempts
(:mod:`benchmarks.verification.aggregates`). Nothing here imports torch, transformers or the agents;
:mod:`benchmarks.verification.execution` alone knows the sandbox and the tasks.
"""
