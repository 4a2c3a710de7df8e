# The commands of this project. `make` alone runs the demo; `make help` lists all of them.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help demo test test-demo test-engine test-metrics test-others test-fast slurm-test bench bench-scale bench-claims bench-gpu docs envs format
.DEFAULT_GOAL := demo

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: .venv/installed  ## run the embedded default; the results are in results/demo/
	snakemake --cores all

test: .venv/installed  ## check style, lint, and run all tests, including the demo and its report in a browser
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	$(MAKE) --no-print-directory --jobs 2 test-demo test-others test-engine test-metrics

test-demo: .venv/installed  ## run the tests that look at the finished demo
	OMP_NUM_THREADS=1 pytest -m demo --durations=10

test-engine: .venv/installed  ## run the tests of the engine
	OMP_NUM_THREADS=1 pytest tests/engine --durations=10

test-metrics: .venv/installed  ## run the tests of the metrics
	OMP_NUM_THREADS=1 pytest tests/metrics --durations=10

test-others: .venv/installed  ## run all other tests
	OMP_NUM_THREADS=1 pytest tests --ignore tests/engine --ignore tests/metrics -m "not demo" --durations=10

test-fast: .venv/installed  ## run the tests that do not start Snakemake
	OMP_NUM_THREADS=1 pytest tests -m "not slow" -n auto --dist worksteal

slurm-test: .venv/installed  ## run a small experiment and its faults on a real SLURM (as root, with slurm-wlm and munge)
	pytest tests/cluster -rs --durations=10

bench: .venv-bench/installed  ## compare with lm-eval, steering-vectors, nnterp and plain forwards; writes benchmarks/RESULTS.md
	.venv-bench/bin/python -m benchmarks

bench-scale: .venv/installed  ## run the workflow on data of full size (about 20 GB); writes benchmarks/SCALE.md
	python -m benchmarks.scale

bench-claims: .venv/installed  ## test the claims on experiments with a known truth; writes benchmarks/CLAIMS.md
	OMP_NUM_THREADS=1 python -m benchmarks.claims

bench-gpu: .venv/installed  ## time the engine on a CUDA GPU, with random weights of the true shapes
	python -m benchmarks.gpu

docs: .venv/installed  ## write the generated parts of config/README.md and docs/design.md
	PYTHONPATH=workflow/scripts python docs/generate.py

envs: .venv/installed  ## write the rules' conda environments from envs/lock.txt
	python envs/export.py

format: .venv/installed  ## format all code
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules

.venv/installed: envs/lock.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed. Choose one with PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/lock.txt
	touch $@

.venv-bench/installed: envs/peers.txt envs/peers-no-deps.txt
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement envs/peers.txt
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement envs/peers-no-deps.txt
	touch $@
