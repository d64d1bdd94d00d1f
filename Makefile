# All tasks; `make help` prints them. Each installs what it needs on a machine that has only Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # compiling takes longer than importing, and pytest also rewrites what its plugins import

.PHONY: help demo run check rules test test-dates consistency lint bench drill mutants senders validators clients gateways snapshot screenshots lock clean
.DEFAULT_GOAL := help

help:  ## prints this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/run: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Tokens needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/test: requirements-test.txt .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

.venv/senders/done: requirements-senders.txt .venv/test
	@test -x .venv/senders/bin/python || $(BIN)/python -m venv .venv/senders
	.venv/senders/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-senders.txt
	@touch $@

demo: .venv/run  ## opens a stand-in Slack workspace with a month of usage, on a local page
	$(BIN)/python -m bot demo

run: .venv/run  ## runs the bot, web and worker in one process (settings from the environment or .env)
	$(BIN)/python -m bot run

check: .venv/test  ## runs the rules' tests, types and lint, in less than a minute
	@$(MAKE) --no-print-directory --jobs 2 rules lint

rules: .venv/test
	$(BIN)/python -m pytest -n 2 --dist worksteal tests/bot

test: .venv/test  ## runs all tests: rules, both databases, stories, the page in a browser
	$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest -n 4 --dist worksteal

test-dates: .venv/test  ## runs rules and storage on SQLite at month ends, clock changes and a leap day, in several zones
	$(BIN)/python -m tests.dates

lint: .venv/test  ## checks style, types and the order of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

consistency: .venv/test  ## holds each figure on each surface against SQL, for every team at every moment of six months
	CONSISTENCY_OF_EVERYTHING=1 $(BIN)/python -m pytest -q tests/scenarios/reporting/consistency

bench: .venv/test  ## measures ingest against the bare database and an earlier build, how well spikes are found and forecasts hold
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.shapes
	$(BIN)/python -m tests.bench.year --quick
	$(BIN)/python -m tests.bench.gatekeeping
	$(BIN)/python -m tests.bench.keeping
	$(BIN)/python -m tests.bench.digests
	$(BIN)/python -m tests.bench.approvals
	$(BIN)/python -m tests.bench.spikes --write
	$(BIN)/python -m tests.bench.forecasts

drill: .venv/test  ## runs the bot for ten minutes under kill -9 and a failing Slack, and writes the verdict to docs/reliability.md
	$(BIN)/python -m tests.drill --write $(DRILL)

mutants: .venv/test  ## changes the rules one by one and checks that a test fails (minutes; PACKAGES="money books" for a few)
	$(BIN)/python -m tests.mutation $(PACKAGES)

senders: .venv/senders/done  ## sends 1,000 calls from a real LiteLLM proxy (installs a second, larger virtual environment)
	$(BIN)/python -m tests.real.litellm_proxy

validators: .venv/test  ## shows a month's exports to the official FOCUS validator and to beancount (installs both apart)
	$(BIN)/python -m tests.real.exports

clients: .venv/test  ## runs real programs against stand-in model APIs and compares the books with the bills (PROGRAMS="codex --newest")
	$(BIN)/python -m tests.clients $(PROGRAMS)

gateways: .venv/test  ## runs the real Claude apps gateway: a click in Slack sets its cap, and its own audit shows it (needs npm)
	$(BIN)/python -m tests.gateways.real $(GATEWAYS)

snapshot: .venv/test  ## rewrites the Block Kit snapshots; read the diff before you commit it
	$(BIN)/python -m pytest --snapshot-update tests/bot/views

screenshots: .venv/test  ## takes the pictures of docs/ again from a running demo
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.screenshots

lock: .venv/test  ## compiles the locks from pyproject.toml and requirements-senders.in (hashes, no index address)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 --extra test -c requirements.txt pyproject.toml -o requirements-test.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements-senders.in -o requirements-senders.txt

clean:  ## removes the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
