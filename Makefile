# `make` alone prints the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help

help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start the portal with the demo company on http://127.0.0.1:8080 and a private Postgres.
	@scripts/need postgres
	cargo run --package portolan -- serve --demo

dev: ## As run, but on DATABASE_URL if that is set, with the log of what happens.
	PORTOLAN_LOG=$${PORTOLAN_LOG:-info,portolan=debug} cargo run --package portolan -- serve --demo

test: ## Everything: unit, database, journeys, a real browser. Installs what it lacks where it may.
	@scripts/need postgres browser alertmanager
	scripts/with-postgres scripts/run-tests

check: ## What CI runs: format, lints, checked SQL, tests, dependencies, generated files.
	@scripts/need postgres browser alertmanager terraform
	scripts/check

bench: ## Measure against the aims; writes docs/BENCHMARKS.md.
	@scripts/need postgres
	scripts/bench

sqlx: ## Renew .sqlx after a statement or a migration changed.
	@scripts/need postgres sqlx
	scripts/with-postgres scripts/sqlx-prepare

openapi: ## Renew docs/openapi.json.
	cargo run --quiet --package portolan -- openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

migration: ## Begin a migration: make migration name=add_rota.
	@test -n "$(name)" || { echo "say its name: make migration name=add_rota" >&2; exit 1; }
	@last=$$(ls migrations/*.sql | tail -1 | sed 's,.*/\(0*\)\([0-9]*\)_.*,\2,'); \
	file=$$(printf 'migrations/%04d_%s.sql' $$((last + 1)) "$(name)"); \
	printf -- '-- Why this is needed, and why it is made so.\n\n' > $$file; echo $$file

screenshots: ## Every page at three widths in both themes, into screenshots/.
	@scripts/need postgres browser
	scripts/screenshots

.PHONY: help run dev test check bench sqlx openapi migration screenshots
