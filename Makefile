# Two commands do it all: `make run` (from nothing to briefs) and `make test`. `make help` lists the rest.
# Paths are relative and quoted, so the project may lie in a folder with spaces.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?=
PY := .venv/bin/python
UV := $(PY) -m uv
UV_VERSION := 0.13.9
NEEDED_MB := 3000

.PHONY: help run stop status test lint bench docs lock install clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "  make %-9s %s\n", $$1, $$2 }'

run: install ## Install what is missing, start everything, run the pipeline once, print what it found
	@$(PY) -m counterpitch run

stop: ## Stop everything that `make run` started; data stay
	@if [ -x $(PY) ]; then $(PY) -m counterpitch down; else echo "Nothing was installed, so nothing runs."; fi

status: ## Say what runs, and where the UI is
	@if [ -x $(PY) ]; then $(PY) -m counterpitch status || true; else echo "Not installed yet: make run"; fi

test: .venv/.dev ## Run the tests
	@$(PY) -m pytest

lint: .venv/.dev ## Check style and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

# The benchmarks that need no file of yours. The others (ctr_ranking, ctr_speed, ctr_model_card, ctr_history,
# pillars_*, sandbox_recovery) take theirs as arguments: each says so with --help.
BENCHES := dag_parse idle_memory newcomer load collect llm_throughput pillars ctr_sandbox ctr_pillars themes

bench: .venv/.dev ## Run the benchmarks that need no data of yours; results go to benchmarks/out/
	@mkdir -p benchmarks/out
	@for name in $(BENCHES); do \
		echo "$$name"; \
		$(PY) "benchmarks/$$name.py" > "benchmarks/out/$$name.json" || { echo "$$name failed"; failed=1; }; \
	done; exit $${failed:-0}

docs: .venv/.dev ## Write the generated pages of docs/ again
	@for script in docs/generate_*.py; do [ -e "$$script" ] && $(PY) "$$script"; done

lock: .venv/.uv ## Choose the newest versions that fit together, and write them down
	@$(UV) pip compile requirements.in --universal --python-version 3.11 --upgrade --quiet \
		--custom-compile-command "make lock" --output-file requirements.txt
	@$(UV) pip compile requirements-dev.in --constraint requirements.txt --universal --python-version 3.11 --upgrade --quiet \
		--custom-compile-command "make lock" --output-file requirements-dev.txt

install: .venv/.run ## Create .venv and install the locked requirements

clean: ## Stop everything and remove .venv, the state folder and the embedded database
	@if [ -x $(PY) ]; then $(PY) -m counterpitch down --and-remove; fi
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Stamps. A folder that was moved or copied has a .venv that points elsewhere: it is made again.
.venv/.uv: Makefile
	@if [ -e .venv/.place ] && [ "$$(cat .venv/.place)" != "$$PWD" ]; then rm -rf .venv; fi
	@if ! $(PY) -c '' >/dev/null 2>&1; then \
		free=$$(df -Pm . | awk 'NR == 2 { print $$4 }'); \
		if [ "$$free" -lt $(NEEDED_MB) ]; then \
			echo "Only $$free MB are free here; the installation needs $(NEEDED_MB) MB. Free some and try again."; exit 1; fi; \
		for python in $(PYTHON) python3 python3.13 python3.12 python3.11 none; do \
			"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && break; \
		done; \
		if [ "$$python" = none ]; then \
			echo "Counterpitch needs Python 3.11, 3.12 or 3.13, and none was found ($$(python3 --version 2>&1 || true))."; \
			echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make run PYTHON=/path/to/python3.12"; \
			exit 1; fi; \
		rm -rf .venv; \
		"$$python" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
			echo "$$python cannot make a virtual environment. Debian, Ubuntu: apt-get install python3-venv"; exit 1; }; \
		printf %s "$$PWD" > .venv/.place; \
	fi
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) > .venv/install.log 2>&1 || { \
		tail -n 5 .venv/install.log; echo "Packages cannot be fetched. Check the network (or proxy), then try again."; exit 1; }
	@touch .venv/.uv

.venv/.run: .venv/.uv requirements.txt pyproject.toml
	@echo "Installing the requirements (about a minute the first time)"
	@$(UV) pip install --python $(PY) --requirement requirements.txt > .venv/install.log 2>&1 \
		&& $(UV) pip install --python $(PY) --no-deps --editable . >> .venv/install.log 2>&1 || { \
		tail -n 8 .venv/install.log; echo "The installation failed. The whole of it is in .venv/install.log; try again with: make install"; exit 1; }
	@touch .venv/.run

.venv/.dev: .venv/.run requirements-dev.txt
	@$(UV) pip install --python $(PY) --requirement requirements-dev.txt > .venv/install.log 2>&1 || { \
		tail -n 8 .venv/install.log; echo "The installation failed. The whole of it is in .venv/install.log."; exit 1; }
	@touch .venv/.dev
