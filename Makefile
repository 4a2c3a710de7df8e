# make demo: the whole workflow on the embedded default.   make test: all checks and tests.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test format
.DEFAULT_GOAL := demo

demo: .venv/installed  ## run the embedded default; results in results/demo/
	snakemake --cores all

test: .venv/installed  ## style, lint, unit tests, the demo end to end, the report in a browser
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	pytest --durations=10

format: .venv/installed  ## put all code into the project's format
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules

.venv/installed: envs/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/lock.txt
	touch $@
