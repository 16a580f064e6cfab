# Everything that is done to a checkout. `make run` opens the window; `make test` proves it.
# The app lives in .venv; the frameworks in runtimes of their own, under DIPTYCH_HOME.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Interpreters for the app, best first; PYTHON=... names another.
PYTHON ?=
PYTHONS := $(PYTHON) python3.11 python3.12 python3.10 python3.13 python3.14 python3 \
	/usr/bin/python3 $(wildcard $(HOME)/.pyenv/versions/3.1[0-4].*/bin/python)

# Sources of compiled code.
COMPILED := $(wildcard profiling/diptych/profiling/trace/*.py) \
	$(wildcard profiling/diptych/profiling/trace/metrics/*.py) \
	gui/diptych/gui/plots/timeline/pixels.py

.PHONY: help run setup demo test lint bench screenshots strings clean runtimes dev

help:
	@echo 'make run     set up what is missing and open the window'
	@echo 'make demo    the main job without a window: both frameworks, a summary, traces'
	@echo 'make test    all checks and tests'
	@echo 'make setup   only set up: the app, the PyTorch runtime, the MXNet runtime'
	@echo 'make bench   measure the cost of profiling, write docs/benchmarks.md'
	@echo 'make screenshots  draw every view from real runs, into docs/images'
	@echo 'make clean   remove the app environment and what tools left (not runs or runtimes)'

run: setup
	@$(BIN)/diptych doctor --window
	@exec $(BIN)/diptych

demo: setup
	@$(BIN)/diptych demo

setup: $(VENV)/.stamp-app runtimes $(VENV)/.stamp-reader

# Quick when they are there: a look at the cached probe.
runtimes: $(VENV)/.stamp-app
	@$(BIN)/diptych runtimes install torch >/dev/null
	@$(BIN)/diptych runtimes install mxnet >/dev/null

$(BIN)/python:
	@fitting=; found=; \
	for name in $(PYTHONS); do \
		path=$$(command -v "$$name" || true); \
		[ -n "$$path" ] || continue; \
		"$$path" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' \
			2>/dev/null || continue; \
		fitting=$${fitting:-$$path}; \
		if "$$path" -c 'import ensurepip, venv' 2>/dev/null; then found=$$path; break; fi; \
	done; \
	if [ -z "$$fitting" ]; then \
		echo 'make: no Python from 3.10 to 3.14 was found: install one (Debian: sudo apt-get' \
			'install python3 python3-venv), or name it: make PYTHON=/path/to/python' >&2; \
		exit 1; \
	elif [ -z "$$found" ]; then \
		version=$$("$$fitting" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "make: $$fitting cannot make virtual environments: sudo apt-get install" \
			"python$$version-venv" >&2; \
		exit 1; \
	fi; \
	echo "setting up the app in $(VENV) with $$found"; \
	"$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# pip of a fresh environment may be too old for dependency groups (25.1).
$(VENV)/.stamp-app: pyproject.toml | $(BIN)/python
	@echo 'installing the app'
	@$(PIP) install 'pip>=25.1'
	@$(PIP) install --editable .
	@touch $@

# The reader of traces is compiled here once, not when the first trace is opened.
$(VENV)/.stamp-reader: $(COMPILED) $(VENV)/.stamp-app
	@echo 'compiling the reader of traces, once'
	@$(BIN)/python -m diptych.gui.models.trace_warm
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml $(VENV)/.stamp-app
	@echo 'installing what the tests need'
	@$(PIP) install --group dev
	@touch $@

dev: $(VENV)/.stamp-dev

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# pytest comes last, so that its summary is the last line.
test: setup dev lint
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

bench: setup dev
	$(BIN)/python -m benchmarks

# Pictures of every view from real runs of both frameworks, into docs/images.
screenshots: setup dev
	$(BIN)/python -m tests.e2e.screenshots

# The texts of the window, for translators.
strings: dev
	$(BIN)/python -m tests.helpers.strings

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.hypothesis .cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
