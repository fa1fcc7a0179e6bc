# Two commands do everything on a machine with make and Python 3.11 or newer:
#   make benchmark    install into .venv, train the embedded model, print the table
#   make test         install into .venv, run the linter, the type checker and the tests

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Options for the benchmark, for example: make benchmark ARGS="--env-steps 64 --seeds 0"
ARGS ?=
PYTEST_ARGS ?= -n 2

# Each process computes with one thread; parallelism comes from running several processes.
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help install benchmark test lint format clean

help:
	@echo "make benchmark   train the embedded model on the embedded suite (options: ARGS=\"--env-steps 64\")"
	@echo "make test        linter, type checker and tests"
	@echo "make lint        linter and type checker only"
	@echo "make format      let the linter format and mend the code"
	@echo "make install     only make $(VENV)"
	@echo "make clean       remove $(VENV) and caches (results under runs/ stay)"

install: $(STAMP)

benchmark: $(STAMP)
	$(BIN)/python benchmarks/run.py --agent etpo $(ARGS)

test: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist

# A change of the requirements updates the environment; one that cannot run the project is made anew.
$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || \
	  { echo "ds-gym needs Python 3.11 or newer, and '$(PYTHON)' was not found. Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ds-gym needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "'$(PYTHON)' cannot make virtual environments: install its venv package (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[all]"
	@touch $(STAMP)
