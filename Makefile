# Two verbs for a newcomer: `make run` and `make test`. The rest is listed by `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .tools/bin/uv)
HELPDESK := .venv/bin/helpdesk
# Only the pages need Node. A machine without Node 20 gets it from the Python registry.
NODE_MAJOR := $(shell node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
NODE_EXTRA := $(shell [ "$(or $(NODE_MAJOR),0)" -ge 20 ] && echo "" || echo "--extra node")

SIMULATED_AS_OF := 2026-06-30T18:00:00Z
SERVICENOW_AS_OF := 2017-06-01T00:00:00Z
MODELS := $(shell find dbt_project/models dbt_project/macros -type f) \
	dbt_project/dbt_project.yml $(shell find src expectations -name '*.py' -o -name '*.yml')
CODE := $(shell find dashboards/templates dashboards/package -type f)
PAGES := dashboards/queries.jinja dashboards/site/page.html $(shell find src/helpdesk/dashboards -name '*.py')

.PHONY: lock help install shell pages run serve serve-simulated serve-servicenow dagster test test-long lint format docs package audit clean

help: ## List the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## Install everything that Python needs, from the lock

.venv/installed: pyproject.toml uv.lock
	@$(UV) --version >/dev/null 2>&1 || python3 -m pip install --quiet --disable-pip-version-check \
		--root-user-action=ignore --target .tools uv==$(UV_VERSION)
	@echo "installing Python packages"
	@$(UV) sync --frozen --quiet --compile-bytecode $(NODE_EXTRA)
	@echo "helpdesk, dbt, mf and dagster are in .venv: activate it with \`. .venv/bin/activate\` (or \`make shell\`), then \`helpdesk --help\`"
	@touch $@

shell: install ## Open a shell with helpdesk, dbt, mf and dagster on the path
	@VIRTUAL_ENV="$(CURDIR)/.venv" PATH="$(CURDIR)/.venv/bin:$$PATH" exec bash

# The code of the pages is built next to the desks: both need half of the time.
run: install ## Build the sample desks, from raw files to pages
	@$(MAKE) --no-print-directory -j2 dashboards/site/page.html \
		warehouse/simulated/site/index.html warehouse/servicenow/site/index.html
	@echo
	@echo "Published: warehouse/simulated/helpdesk.duckdb   a simulated desk, as of $(SIMULATED_AS_OF)"
	@echo "           warehouse/servicenow/helpdesk.duckdb  a real incident log, as of $(SERVICENOW_AS_OF)"
	@echo "Look at the dashboards with: make serve"

landing/simulated/tickets.parquet: $(wildcard src/helpdesk/simulator/*.py) | install
	@$(HELPDESK) simulate --out landing/simulated --tickets 5000 --seed 1

landing/servicenow/tickets.parquet: examples/servicenow/to_landing.sql | install
	@$(HELPDESK) example --out landing/servicenow

warehouse/simulated/helpdesk.duckdb: landing/simulated/tickets.parquet $(MODELS)
	@echo "building warehouse/simulated"
	@$(HELPDESK) build --landing landing/simulated --output warehouse/simulated --as-of $(SIMULATED_AS_OF)

# One after the other, to be read: each build reports its steps.
warehouse/servicenow/helpdesk.duckdb: landing/servicenow/tickets.parquet $(MODELS) | warehouse/simulated/helpdesk.duckdb
	@echo "building warehouse/servicenow"
	@$(HELPDESK) build --landing landing/servicenow --output warehouse/servicenow --as-of $(SERVICENOW_AS_OF)

pages: dashboards/site/page.html ## Build the code of the pages, once for each version

dashboards/site/page.html: $(CODE) | install
	@.venv/bin/python -m helpdesk.dashboards.site
	@touch $@

warehouse/%/site/index.html: warehouse/%/helpdesk.duckdb $(PAGES)
	@echo "building the pages of warehouse/$*"
	@$(HELPDESK) dashboards --output warehouse/$*
	@touch $@

serve: ## Show both desks' dashboards on the loopback address
	@$(MAKE) --no-print-directory -j2 serve-simulated serve-servicenow

serve-simulated:
	@$(HELPDESK) serve --output warehouse/simulated --port 3000

serve-servicenow:
	@$(HELPDESK) serve --output warehouse/servicenow --port 3001

# A copy: refreshes there leave the sample of `make run`, and its clock, as they are.
DAGSTER := $(CURDIR)/warehouse/dagster
PORT := 3002

warehouse/dagster/landing: | landing/simulated/tickets.parquet
	@mkdir -p $(@D) && rm -rf $@.new && cp -R landing/simulated $@.new && mv $@.new $@

warehouse/dagster/output: | warehouse/dagster/landing
	@rm -rf $@.new && mkdir -p $@.new
	@if [ -e warehouse/simulated/current ]; then cp -RP warehouse/simulated/. $@.new; fi
	@mv $@.new $@

dagster: install | warehouse/dagster/landing warehouse/dagster/output ## Open Dagster's web page on a copy of the simulated desk (PORT=3002)
	@cp orchestration/dagster.yaml $(DAGSTER)/
	@echo "Dagster: http://127.0.0.1:$(PORT), on warehouse/dagster/landing and warehouse/dagster/output; Ctrl-C ends it"
	@exec env DAGSTER_HOME=$(DAGSTER) HELPDESK_LANDING=$(DAGSTER)/landing HELPDESK_OUTPUT=$(DAGSTER)/output \
		PYTHONWARNINGS=ignore .venv/bin/dagster dev -h 127.0.0.1 -p $(PORT) -m orchestration.definitions

# Tests of kills, clocks and browsers depend on the machine: a test that fails runs once more, without
# others. Both results are shown, and only the second one counts.
test: install system spark ## Check Python and documentation, and run the tests without those of `make test-long`
	@$(MAKE) --no-print-directory -j2 lint-python docs pages
	@.venv/bin/python -m pytest || { [ $$? -eq 1 ] || exit 1; \
		echo "the tests that failed run once more, without others"; \
		.venv/bin/python -m pytest -n 0 --last-failed; }
	@echo "deselected are the tests marked long: further cases, which make test-long runs"

# Another night tries other desks and other courses of events. SEED=20261129 repeats one night.
SEED := $(shell date -u +%Y%m%d)
LONG_STEPS := 100

test-long: install system spark ## Run the long tests, and refreshes, kills and clusters with other seeds (hours)
	@.venv/bin/python -m pytest -m long
	@echo "seed $(SEED); repeat with: make test-long SEED=$(SEED)"
	@for seed in 0 $(SEED) $$(($(SEED) + 1)); do \
		HELPDESK_REFRESH_STEPS=$(LONG_STEPS) HELPDESK_REFRESH_SEED=$$seed \
			.venv/bin/python -m pytest tests/refresh/test_stateful.py || exit 1; \
	done
	@HELPDESK_KILLS=20 .venv/bin/python -m pytest -m "" tests/refresh/test_hazards.py
	@HELPDESK_RANDOM_REPORTS=100 .venv/bin/python -m pytest tests/builder/test_random_reports.py
	@HELPDESK_RANDOM_DESKS=2 .venv/bin/python -m pytest tests/reference/test_random_desks.py
	@HELPDESK_SPARK_SEED=$(SEED) HELPDESK_SPARK_STEPS=5 .venv/bin/python -m pytest -m "" tests/spark/test_spark.py

.PHONY: system
system: # Chromium, PostgreSQL and Java: in CI they are installed, elsewhere the missing ones are named
	@.ci/system-packages

.PHONY: spark
spark: .venv/with-spark # The Spark packages, and Java for the cluster that the tests start
	@.ci/system-packages java

.venv/with-spark: .venv/installed
	@$(UV) sync --frozen --quiet --compile-bytecode $(NODE_EXTRA) --extra spark
	@touch $@

# The linter reads SQL that dbt compiles, with the raw layer of a small desk.
SQLFLUFF := DO_NOT_TRACK=1 HELPDESK_WAREHOUSE=$(CURDIR)/.tools/lint .venv/bin/sqlfluff
.tools/lint/.work/work.duckdb: $(wildcard src/helpdesk/load/*.py) | install
	@rm -rf .tools/lint && $(HELPDESK) simulate --out .tools/lint/landing --tickets 20 --seed 1 >/dev/null
	@.venv/bin/python -c "from pathlib import Path; from tests.working_warehouse import land; \
		land(Path('.tools/lint/landing'), Path('.tools/lint'), '$(SIMULATED_AS_OF)')"

# Types take as long as SQL: both are checked at the same time.
lint: install ## Check the style of Python, SQL and the dbt project
	@$(MAKE) --no-print-directory -j2 lint-python lint-sql

.PHONY: lint-python
lint-python: install
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/typos --format brief
	@mkdir -p .tools
	@.venv/bin/lint-imports --no-logo --no-cache >.tools/imports.log || (cat .tools/imports.log; exit 1)

# One after the other: the linter and dbt write to the same folder.
.PHONY: lint-sql
lint-sql: install .tools/lint/.work/work.duckdb
	@$(SQLFLUFF) lint --processes 2 --disable-progress-bar dbt_project/models >.tools/lint/log 2>&1 \
		&& ! grep -A5 -E "Skipped file" .tools/lint/log || (cat .tools/lint/log; exit 1)
	@cd dbt_project && DO_NOT_TRACK=1 ../.venv/bin/dbt --quiet parse --profiles-dir . && (../.venv/bin/dbt-bouncer --config-file ../dbt-bouncer.yml >target/bouncer.log 2>&1 || (cat target/bouncer.log; exit 1))

format: install .tools/lint/.work/work.duckdb ## Format Python and SQL
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .
	@$(SQLFLUFF) fix --disable-progress-bar dbt_project/models
	@$(HELPDESK) report write
	@.venv/bin/python -m helpdesk.transform.layers
	@.venv/bin/python -m helpdesk.cli.reference

# An environment of its own: MkDocs needs nothing of the project.
docs: install ## Build the documentation as a site: .tools/docs
	@UV_PROJECT_ENVIRONMENT=.tools/docs-env $(UV) sync --frozen --quiet --only-group docs
	@NO_MKDOCS_2_WARNING=1 .tools/docs-env/bin/mkdocs build --strict >.tools/docs.log 2>&1 || (cat .tools/docs.log; exit 1)

package: dashboards/site/page.html ## Build the wheel, with the dbt project and the code of the pages in it: dist/
	@.venv/bin/python -m hatchling build -t wheel -d dist

lock: install ## Write uv.lock again after a change of pyproject.toml (needs the network)
	@$(UV) lock

audit: install ## Compare the locked packages with the public databases of known weaknesses (needs the network)
	@$(UV) export --frozen --quiet --no-emit-project --all-extras -o .tools/requirements.txt
	@$(UV) tool run pip-audit --strict --disable-pip --require-hashes -r .tools/requirements.txt
	@cd dashboards/package && npm audit --omit=dev --package-lock-only

clean: ## Delete the output of builds; the landing files and environments stay
	rm -rf warehouse dbt_project/target dashboards/evidence dashboards/site
