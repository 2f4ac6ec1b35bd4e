# Sevengates. `make` or `make help` lists what there is. Everything runs in .venv, which every target makes itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
# The stamp carries the lock file's hash: same lock, nothing to do, so the second time works without a network.
LOCK_HASH := $(shell cksum requirements.lock pyproject.toml | cksum | cut -d' ' -f1)
STAMP := $(VENV)/.sevengates-$(LOCK_HASH)
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup lock demo test check lint types kafka kafka-stop chaos mutants bench screenshots tour

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the locked packages (Python 3.11, 3.12 or 3.13), nothing else

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: no $(PYTHON) found; Sevengates needs Python 3.11, 3.12 or 3.13 (set PYTHON=...)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "Sevengates needs Python 3.11, 3.12 or 3.13; $(PYTHON) is %d.%d (set PYTHON=...)" % v)'
	@test -x $(BIN)/python || { echo "make: creating $(VENV)" >&2; $(PYTHON) -m venv $(VENV); }
	@echo "make: installing the locked packages into $(VENV) (once)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@rm -f $(VENV)/.sevengates-*
	@touch $@

lock: setup ## write requirements.lock anew: exact versions with hashes and no addresses
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml --extra dev -o requirements.lock

demo: setup ## start Sevengates with the demo site; prints a URL and sign-ins; Ctrl-C stops
	@$(BIN)/sevengates demo --data $(DATA)/demo

test: setup ## run all tests; what needs Kafka, PostgreSQL or a browser is skipped loudly where absent
	$(BIN)/python -m pytest -n $(JOBS) -rs -m "not browser"
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -rs -m browser  # apart: Playwright keeps an event loop in its thread

check: lint types ## what CI checks before anything else: style, types, layers, the fast tests
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow and not kafka and not postgres and not browser"

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict on seven_steps and schemas
	$(BIN)/mypy services/seven_steps schemas

kafka: ## fetch and start an Apache Kafka broker on a free loopback port (Java 17+ and Maven); prints its address
	@deploy/kafka/kafka.sh start

kafka-stop: ## stop the broker that `make kafka` started
	@deploy/kafka/kafka.sh stop

chaos: setup ## kill everything again and again, then check the whole log; prints one closing line
	$(BIN)/python -m tests.chaos

mutants: setup ## plant every small fault in the gates and see that a vector finds it (some minutes); FILE=part of a name
	$(BIN)/python -m tests.mutants $(FILE)

bench: setup ## durable decisions per second, tap-to-answer, seal time, pages in a browser; JSON lines
	$(BIN)/python -m tests.bench

screenshots: setup ## pictures of every page from a running demo: both languages, two widths, both themes (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots

tour: setup ## take the pictures of README anew (needs Chromium and poppler-utils)
	$(BIN)/python -m tests.browser.tour
