# `make run` shows the hub; `make test` is what CI does. Everything else is a part of these two.
# Needs Python 3.11, Node 20.19 and make; the services of the tests come from `tools/services`.

PY := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test dev-setup web services services-stop lint format types imports generated generate bench lock
MAKEFLAGS += --no-print-directory

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: dev-setup web ## the hub with demo accounts and lively customers; ARGS="--port 9000"
	@$(PY)/hub demo $(ARGS)

test: dev-setup web services lint types imports generated ## everything CI checks; ARGS="tests/router -k offer" for fewer tests
	@tools/web test
	@$(PY)/pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal $(ARGS)

dev-setup: ## .venv with exactly what requirements/dev.txt locks
	@tools/dev-setup

web: ## the console and the web chat widget, where their sources changed
	@tools/web build

services: dev-setup ## PostgreSQL, Redis and Kafka for the tests, on loopback
	@tools/services up

services-stop: ## and end them, with their data
	@tools/services down

lint: dev-setup
	@$(PY)/ruff check --quiet
	@$(PY)/ruff format --check --quiet --output-format=concise

format: dev-setup ## in place, with the fixes that are safe
	@$(PY)/ruff check --fix-only --quiet
	@$(PY)/ruff format --quiet

types: dev-setup
	@$(PY)/mypy --no-error-summary

imports: dev-setup
	@$(PY)/lint-imports --no-logo

generated: dev-setup
	@$(PY)/python -m tools.generate --check

generate: dev-setup ## rewrite the files that programs make (schemas, API documents)
	@$(PY)/python -m tools.generate

bench: dev-setup web ## measure; ARGS="--help" says what
	@$(PY)/python -m bench $(ARGS)

# The locks carry hashes and no address: whoever installs brings their own index. `make lock ARGS=--upgrade` takes new versions.
LOCK = $(PY)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS)
lock: ## requirements/*.txt anew after a change of pyproject.toml
	@$(LOCK) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(LOCK) requirements/bootstrap.in -c requirements/dev.txt -o requirements/bootstrap.txt
