# What a developer does. Each target works on a fresh machine: Python 3.11 or 3.12, pip, venv, make.

PYTHON ?= python3
BIN := .venv/bin
SDL := schema/sdl
BENCH ?=
SUBGRAPHS ?= \
  customers=http://127.0.0.1:8001/graphql catalog=http://127.0.0.1:8002/graphql \
  orders=http://127.0.0.1:8003/graphql payments=http://127.0.0.1:8004/graphql \
  stock=http://127.0.0.1:8005/graphql operations=http://127.0.0.1:8006/graphql

NODE_IS_THERE = command -v npm && node -e 'process.exit(+(parseInt(process.versions.node) < 20))'
BUILD_PAGE = { { $(NODE_IS_THERE); } >/dev/null 2>&1 || $(BIN)/python -m pip install -q \
  --disable-pip-version-check --require-hashes -r requirements/node.lock; } \
  && $(BIN)/python -m gateway.graphiql.build

.DEFAULT_GOAL := help
.PHONY: help run test check format schema supergraph bench-driver bench-import bench-execution bench-stock bench-crowded bench-limits bench-live bench-inbox lock graphiql clean chaos bench

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

run: .venv/run graphiql-if-possible ## a running shop: environment, MongoDB, Redis, demo data, server
	@$(BIN)/kassa serve --embedded

test: .venv/dev graphiql-if-possible ## all tests, on private servers
	@$(BIN)/python -m pytest

chaos: .venv/dev ## break gateways, MongoDB and Redis for minutes: bench/results/chaos.json, docs/faults.md
	@$(BIN)/python -m tests.chaos --write

check: .venv/dev ## ruff, pyright strict, import-linter, schema snapshots: seconds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q . || (echo "Run \`make format\`."; exit 1)
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/kassa schema --check $(SDL)

format: .venv/dev ## put all Python files into one form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix -q .

schema: .venv/dev ## reprint schema/sdl/*.graphql
	@$(BIN)/kassa schema --write $(SDL)

bench: .venv/dev ## what a request costs, here and elsewhere: bench/results/http.md (BENCH=--quick)
	@$(BIN)/python -m bench.http.run $(BENCH)

bench-driver: .venv/dev ## what a read costs on PyMongo and on Motor: bench/results/driver.json
	@$(BIN)/python bench/driver.py

bench-crowded: .venv/dev ## many live reservations of one level: bench/results/crowded.json
	@$(BIN)/python bench/crowded.py

bench-stock: .venv/dev ## reservations a second on one sku: bench/results/stock.json
	@$(BIN)/python -m bench.stock

bench-live: .venv/dev ## how soon subscribers see a change, and what telling them costs: bench/results/live.json
	@$(BIN)/python -m bench.live $(BENCH)

bench-inbox: .venv/dev ## deliveries a second, and how soon they are acknowledged and applied: bench/results/inbox.md
	@$(BIN)/python -m bench.inbox

supergraph: tests/npm/node_modules/.package-lock.json ## compose the subgraphs into dist/supergraph.graphql (Node.js >= 20)
	@node tests/npm/compose.mjs $(SDL) dist/supergraph.graphql $(SUBGRAPHS)

tests/npm/node_modules/.package-lock.json: tests/npm/package-lock.json
	@cd tests/npm && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error

bench-limits: .venv/dev ## what refusing costs, and how overload ends: bench/results/limits.md
	@$(BIN)/python -m bench.limits

bench-import: .venv/dev ## rows a second into the database, into bench/results/import.json
	@$(BIN)/python bench/import.py

bench-execution: .venv/dev ## what executing an operation costs without its reads: bench/results/execution.json
	@$(BIN)/python bench/execution.py

graphiql: .venv/run ## build the GraphiQL page (Node.js >= 20 from PATH, else from a wheel)
	@$(BUILD_PAGE)

.PHONY: graphiql-if-possible
graphiql-if-possible: .venv/run
	@$(BUILD_PAGE) || echo "Going on without the page; \`make graphiql\` tries again."

COMPILE := $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-find-links
HELD := -c requirements/run.lock

lock: .venv/dev ## pin all dependencies anew, with hashes
	@$(COMPILE) --extra embedded --extra checkout pyproject.toml -o requirements/run.lock
	@$(COMPILE) --extra motor $(HELD) pyproject.toml -o requirements/server.lock
	@$(COMPILE) --all-extras $(HELD) pyproject.toml -o requirements/dev.lock
	@echo hatchling | $(COMPILE) $(HELD) - -o requirements/build.lock

clean: ## remove the environment and the data of embedded servers
	rm -rf .venv .kassa gateway/graphiql/dist

.venv/python: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	  || (echo "Kassa needs Python 3.11 or 3.12; say which: make PYTHON=python3.12 …"; exit 1)
	@$(PYTHON) -m venv .venv || (echo "On Debian and Ubuntu: apt install python3-venv"; exit 1)
	@touch $@

.venv/run: .venv/python requirements/run.lock pyproject.toml
	@echo "Installing what Kassa needs …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run requirements/dev.lock
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@
