# `make run` serves the site; `make test` runs everything that must hold. Both set up what they need.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test bench lock catalogs lint setup setup-test format clean

run: $(VENV)/.run-stamp
	@$(BIN)/flask prepare
	@exec $(BIN)/gunicorn

setup: $(VENV)/.run-stamp

setup-test: $(VENV)/.test-stamp

test: $(VENV)/.test-stamp
	@tests/run

bench: $(VENV)/.test-stamp
	@$(BIN)/python -m bench

lint: $(VENV)/.test-stamp
	@tests/run lint

format: $(VENV)/.test-stamp
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

catalogs: $(VENV)/.test-stamp
	$(BIN)/flask translations extract && $(BIN)/flask translations update && $(BIN)/flask translations compile

# Only who changes dependencies needs uv.
lock: $(VENV)/bin/python
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --python-version 3.11.0 --no-emit-find-links --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --upgrade --generate-hashes --python-version 3.11.0 --no-emit-find-links --no-emit-index-url requirements-dev.in -o requirements-dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
	  else echo "Python's venv is missing: install the package python3-venv"; exit 1; fi; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-stamp: requirements.txt | $(VENV)/bin/python
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.test-stamp: requirements.txt requirements-dev.txt $(VENV)/.run-stamp
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
