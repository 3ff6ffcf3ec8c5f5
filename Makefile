# make run    the default experiment, from nothing: environment, snakemake, findings
# make test   linters, types and every test     make test-slurm   those on a SLURM cluster
# make test-faults   crashes at random moments: the results stay what they are
# make test-mutation   small faults in the code: do the tests notice?
# make lint   the linters alone          make bench   the benchmarks
# make pictures   those of the README, from the default run
# make architectures   docs/architectures.md, which says what was proved on which model
#
# Needs Python 3.11 or newer (`make run PYTHON=python3.12`), make and a C library.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUICKSTART := results/quickstart
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: run test lint types bench pictures architectures clean

run: $(VENV)/installed
	@$(BIN)/python workflow/scripts/release_locks.py
	@$(BIN)/snakemake --cores all --workflow-profile workflow/profiles/local
	@echo
	@cat $(QUICKSTART)/findings.txt
	@echo "The report: $(QUICKSTART)/report.html"

# Every test; at least 90 % of the lines of src/ must run in them, in the tests' own processes.
test: lint types
	$(BIN)/python -m slipcover --out .coverage -m pytest --numprocesses 2 --dist loadgroup
	@$(BIN)/python -m tests.line_coverage .coverage --least 90

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

types: $(VENV)/installed-dev
	$(BIN)/mypy

bench: $(VENV)/installed-dev
	@for script in $(sort $(wildcard tests/benchmarks/bench_*.py)); do \
		echo "$$script"; $(BIN)/python "$$script" || exit 1; \
	done

# The workflow on a SLURM cluster that is thrown away; installs its daemons (Debian, as root).
.PHONY: test-slurm
test-slurm: $(VENV)/installed-slurm
	@tests/slurm/install.sh
	TEST_SLURM=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/slurm

# Kills, damaged files and full disks at random moments; docs/reliability.md has the counts.
.PHONY: test-faults
test-faults: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/python -m tests.faults.campaign --seed 6

# Small faults put into the code, which tests must notice; docs/reliability.md has the scores.
.PHONY: test-mutation
test-mutation: $(VENV)/installed-dev
	$(PIP) --editable '.[dev,mutation]'
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/python -m tests.mutation.campaign --seed 6

# Which sites each architecture of transformers has.
architectures: $(VENV)/installed-dev
	$(BIN)/python -m tests.architectures.table docs/architectures.md

# The README's picture, as the default run draws it.
pictures: run
	cp $(QUICKSTART)/figures/demo/accuracy_by_layer.png docs/figures/

# What was made; the environment stays.
clean:
	rm -rf results/* .snakemake

# The stamps are newer than the two files that say what is installed.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/installed $@

$(VENV)/installed-slurm: $(VENV)/installed-dev
	$(PIP) --editable '.[dev,slurm]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
