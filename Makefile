# make demo: the whole workflow on the embedded default.   make test: all checks and tests.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test slurm-test bench bench-scale bench-gpu envs format
.DEFAULT_GOAL := demo

demo: .venv/installed  ## run the embedded default; results in results/demo/
	snakemake --cores all

test: .venv/installed  ## style, lint, unit tests, the demo end to end, the report in a browser
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	pytest --durations=10

slurm-test: .venv/installed  ## a small run and its faults on a real SLURM (Debian: slurm-wlm, munge; as root)
	pytest tests/cluster -rs --durations=10

bench: .venv-bench/installed  ## against lm-eval, steering-vectors and plain forwards; writes benchmarks/RESULTS.md
	.venv-bench/bin/python -m benchmarks

bench-scale: .venv/installed  ## the workflow on data of full size, some 20 GB of disk; writes benchmarks/SCALE.md
	python -m benchmarks.scale

bench-gpu: .venv/installed  ## the engine on a CUDA GPU, random weights of the true shapes
	python -m benchmarks.gpu

envs: .venv/installed  ## write the conda environments of the rules from the lock
	python envs/export.py

format: .venv/installed  ## put all code into the project's format
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules

.venv/installed: envs/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/lock.txt
	touch $@

.venv-bench/installed: envs/peers.txt envs/peers-no-deps.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/peers.txt
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement envs/peers-no-deps.txt
	touch $@
