# Two verbs for a newcomer: `make run` and `make test`. The rest is listed by `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .tools/bin/uv)
HELPDESK := .venv/bin/helpdesk
# Node only draws the dashboards. A machine without Node 20 gets it from the Python registry.
NODE_MAJOR := $(shell node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
NODE_EXTRA := $(shell [ "$(or $(NODE_MAJOR),0)" -ge 20 ] && echo "" || echo "--extra node")

SIMULATED_AS_OF := 2026-06-30T18:00:00Z
SERVICENOW_AS_OF := 2017-06-01T00:00:00Z
MODELS := $(shell find dbt_project/models dbt_project/macros -type f) \
	dbt_project/dbt_project.yml $(shell find ingestion orchestration expectations -name '*.py' -o -name '*.yml')
PAGES := $(shell find dashboards -path dashboards/evidence -prune -o -type f -not -name '*.pyc' -print)

.PHONY: help install run serve serve-simulated serve-servicenow dagster test lint format package audit clean

help: ## List the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## Install everything that Python needs, from the lock

.venv/installed: pyproject.toml uv.lock
	@$(UV) --version >/dev/null 2>&1 || python3 -m pip install --quiet --disable-pip-version-check \
		--root-user-action=ignore --target .tools uv==$(UV_VERSION)
	@echo "installing Python packages"
	@$(UV) sync --frozen --quiet --compile-bytecode $(NODE_EXTRA)
	@touch $@

run: warehouse/simulated/site/index.html warehouse/servicenow/site/index.html ## Build the sample desks, from raw files to dashboards
	@echo
	@echo "Published: warehouse/simulated/marts.duckdb   a simulated desk, as of $(SIMULATED_AS_OF)"
	@echo "           warehouse/servicenow/marts.duckdb  a real incident log, as of $(SERVICENOW_AS_OF)"
	@echo "Look at the dashboards with: make serve"

landing/simulated/tickets.parquet: $(wildcard ingestion/simulator/*.py) | install
	@$(HELPDESK) simulate --out landing/simulated --tickets 5000 --seed 1

landing/servicenow/tickets.parquet: examples/servicenow/to_landing.sql | install
	@$(HELPDESK) example --out landing/servicenow

warehouse/simulated/marts.duckdb: landing/simulated/tickets.parquet $(MODELS)
	@echo "building warehouse/simulated"
	@$(HELPDESK) build --landing landing/simulated --output warehouse/simulated --as-of $(SIMULATED_AS_OF)

warehouse/servicenow/marts.duckdb: landing/servicenow/tickets.parquet $(MODELS)
	@echo "building warehouse/servicenow"
	@$(HELPDESK) build --landing landing/servicenow --output warehouse/servicenow --as-of $(SERVICENOW_AS_OF)

warehouse/%/site/index.html: warehouse/%/marts.duckdb $(PAGES)
	@echo "drawing the dashboards of warehouse/$*"
	@$(HELPDESK) dashboards --output warehouse/$*
	@touch $@

serve: ## Show both desks' dashboards on the loopback address
	@$(MAKE) --no-print-directory -j2 serve-simulated serve-servicenow

serve-simulated:
	@$(HELPDESK) serve --output warehouse/simulated --port 3000

serve-servicenow:
	@$(HELPDESK) serve --output warehouse/servicenow --port 3001

dagster: install ## Open Dagster's web page on the simulated desk, with its schedules
	@mkdir -p warehouse/dagster && cp orchestration/dagster.yaml warehouse/dagster/
	@DAGSTER_HOME=$(CURDIR)/warehouse/dagster HELPDESK_LANDING=landing/simulated \
		HELPDESK_OUTPUT=warehouse/simulated PYTHONWARNINGS=ignore \
		.venv/bin/dagster dev -h 127.0.0.1 -p 3002 -m orchestration.definitions

test: install browser postgres spark lint ## Check style and run every test
	@.venv/bin/python -m pytest

.PHONY: browser
browser: # The browser of the dashboards' tests: Debian's package
	@[ -x /usr/bin/chromium ] || (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null \
		|| (echo "The browser tests need Chromium: apt-get install chromium (as root)"; exit 1)

.PHONY: postgres
postgres: # The server that publishing is tested on: Debian's package, started by the tests themselves
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || (apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql) >/dev/null \
		|| (echo "The tests of publishing need PostgreSQL: apt-get install postgresql (as root)"; exit 1)

.PHONY: spark
spark: .venv/with-spark # What models on a cluster, and Java for the cluster that the tests start
	@[ -n "$(JAVA_HOME)" ] || command -v java >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends default-jre-headless) >/dev/null \
		|| (echo "The tests on Spark need Java 17: apt-get install default-jre-headless (as root)"; exit 1)

.venv/with-spark: .venv/installed
	@$(UV) sync --frozen --quiet --compile-bytecode $(NODE_EXTRA) --extra spark
	@touch $@

lint: install ## Check the style of Python, SQL and the dbt project
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/sqlfluff lint --disable-progress-bar dbt_project/models >/dev/null || .venv/bin/sqlfluff lint --disable-progress-bar dbt_project/models
	@cd dbt_project && DO_NOT_TRACK=1 ../.venv/bin/dbt --quiet parse --profiles-dir . && (../.venv/bin/dbt-bouncer --config-file ../dbt-bouncer.yml >target/bouncer.log 2>&1 || (cat target/bouncer.log; exit 1))

format: install ## Format Python and SQL
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .
	@.venv/bin/sqlfluff fix --disable-progress-bar dbt_project/models
	@$(HELPDESK) report write
	@.venv/bin/python -m orchestration.layers

package: install ## Build the wheel, with the dbt project in it: dist/
	@.venv/bin/python -m hatchling build -t wheel -d dist

audit: install ## Hold what is locked against the public databases of known weaknesses (needs the network)
	@$(UV) export --frozen --quiet --no-emit-project --all-extras -o .tools/requirements.txt
	@$(UV) tool run pip-audit --strict --disable-pip --require-hashes -r .tools/requirements.txt
	@cd dashboards/package && npm audit --omit=dev --package-lock-only

clean: ## Delete what builds leave behind; the landing files and environments stay
	rm -rf warehouse dbt_project/target dashboards/evidence
