# One command per habit. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The Python to build the virtual environment with.
PYTHON ?= python3.11
# What to test: make test TESTS=tests/unit
TESTS ?= tests
# How many processes test at the same time, a file each (or all files that share a deployment); each has a broker and
# a database of its own. They wait for these more than they count, so more than a small machine has processors.
WORKERS ?= 3
RABBITMQ := /usr/lib/rabbitmq/bin/rabbitmq-server
PROMTOOL := /usr/bin/promtool
KUBECTL := /usr/bin/kubectl
CHROMIUM := /usr/bin/chromium
CHROMEDRIVER := /usr/bin/chromedriver
BIN := .venv/bin

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 10

.PHONY: setup
setup: .venv/.made $(RABBITMQ) ## make .venv and see that RabbitMQ is there, and what checks alerts and pages
	@{ [ -x $(CHROMIUM) ] || bash .ci/install-package chromium $(CHROMIUM); } && { [ -x $(CHROMEDRIVER) ] || bash .ci/install-package chromium-driver $(CHROMEDRIVER); } || echo "Going on without it: the tests of pages in a browser are left out."
	@command -v kubectl >/dev/null || bash .ci/install-package kubernetes-client $(KUBECTL) || echo "Going on without it: the tests of what Kubernetes is given are left out."
	@[ -x $(PROMTOOL) ] || bash .ci/install-package prometheus $(PROMTOOL) || echo "Going on without it: the tests of alerts are left out."

# Built anew when the lock changes; the stamp is written last, so an interrupted set-up is done again.
.venv/.made: requirements-dev.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and '$(PYTHON)' is not there. Install it, or say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(RABBITMQ):
	@bash .ci/install-package rabbitmq-server $(RABBITMQ)

.PHONY: demo
demo: .venv/.made ## start three accounts and play the main job (DETACH=1: return when it is told)
	@[ -x $(RABBITMQ) ] || bash .ci/install-package rabbitmq-server $(RABBITMQ) || echo "Going on without it, on the embedded bus."
	$(BIN)/interdesk demo $(if $(DETACH),--detach)

.PHONY: down
down: ## stop what `make demo` or `interdesk up` started
	@if [ -x $(BIN)/interdesk ]; then $(BIN)/interdesk down; fi

.PHONY: test
test: setup ## run the tests (TESTS=path for some of them)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: soak
soak: setup ## run the long tests
	$(BIN)/pytest -m soak --timeout=0 $(TESTS)

.PHONY: bench
bench: setup ## measure, beside what the parts alone can do (BENCH="--quick", "--json", "--help")
	@$(BIN)/python -m tests.bench $(BENCH)

.PHONY: lint
lint: .venv/.made ## check style, types, import rules and known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/audit.py

.PHONY: format
format: .venv/.made ## put the code in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: .venv/.made ## pin requirements*.in anew, with hashes (UPGRADE=1: newest versions)
	$(LOCK) requirements.in -o requirements.lock
	$(LOCK) requirements-dev.in -o requirements-dev.lock

LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 \
	--prerelease if-necessary-or-explicit $(if $(UPGRADE),--upgrade)
