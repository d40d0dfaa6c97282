# Two commands matter: `make up` and `make test`. Each target is one line that calls a tool.
.PHONY: up hostile test test-full chaos soak check fmt bench lock wheels clean help
.DEFAULT_GOAL := help

up: ## install what is missing, build the dashboard, start the platform (ARGS="--port 9000")
	@tools/bootstrap.sh && .venv/bin/azuraforge warmup && exec .venv/bin/azuraforge up $(ARGS)

test: ## install what is missing and run every test, or some parts: make test ONLY="core dashboard"
	@tools/bootstrap.sh && exec .venv/bin/python tools/run_tests.py $(ONLY)

test-full: ## the same with the slow grids
	@tools/bootstrap.sh && exec .venv/bin/python tools/run_tests.py --full $(ONLY)

chaos: ## play every accident in full and print one table, or one row: make chaos ONLY=kills
	@tools/bootstrap.sh --no-dashboard && exec .venv/bin/python tests/lab/run_chaos.py $(ONLY)

soak: ## use and break a platform at random, judged all the while: make soak SECONDS=3600 [DATABASE=sqlite]
	@tools/bootstrap.sh --no-dashboard && exec .venv/bin/python tests/lab/run_soak.py $(or $(SECONDS),600) $(DATABASE)

check: ## what CI runs before the tests: style, types, direction of imports, dependencies, sizes
	@tools/bootstrap.sh && exec .venv/bin/python tools/run_checks.py

hostile: ## ten thousand hostile requests per role against a running gateway
	@tools/bootstrap.sh --no-dashboard && exec .venv/bin/python -m pytest tests/hostile -m slow -s --timeout 7200

fmt: ## format and fix what a machine can fix
	@tools/bootstrap.sh && exec .venv/bin/python tools/run_checks.py --fix

bench: ## run the benchmarks, or one of them: make bench ONLY=startup
	@tools/bootstrap.sh && exec .venv/bin/python benchmarks/run.py $(ONLY)

lock: ## write requirements.lock again from every pyproject.toml
	@tools/bootstrap.sh --no-dashboard && exec tools/lock.sh

wheels: ## build every wheel into dist/ and install them together in a fresh environment
	@tools/bootstrap.sh && exec .venv/bin/python tools/wheels.py

clean: ## remove what make built: the environment, node_modules, caches
	@tools/clean.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
