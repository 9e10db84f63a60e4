# make run    try Fallwerk on http://127.0.0.1:8000 (PORT and DATABASE_URL override)
# make test   the whole suite on SQLite and on PostgreSQL (ARGS="-k name" narrows it)
# make check  formatter, linters, import directions, migrations, deployment, translations
# make bench  timings on PostgreSQL
# make picture  draw the house into docs/architecture.md
# make pictures  take the pictures in docs of the sample (needs Chromium that speaks German)
# make sbom   list what Fallwerk is made of, in var/ (CycloneDX)
# make lock   pin the newest allowed dependencies (needs uv)
# make next   the suite on the next Django and Wagtail (PYTHON=python3.13), for docs/next.md
# make clean  remove everything made here, data included

SHELL := /bin/sh
VENV ?= .venv
PYTHON ?= python3
PORT ?= 8000
BIN := $(VENV)/bin
RUNTIME := $(VENV)/runtime.stamp
DEV := $(VENV)/dev.stamp
BROWSER := node_modules/browser.stamp
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r
export PORT

MANAGE_TEST := DJANGO_SETTINGS_MODULE=config.settings.test $(BIN)/python manage.py
# Values that only serve to load the production settings; nothing is connected to.
PRODUCTION := DJANGO_SETTINGS_MODULE=config.settings.production BASE_URL=https://fallwerk.example \
    ALLOWED_HOSTS=fallwerk.example DATABASE_URL=postgresql://localhost/fallwerk \
    SECRET_KEY=0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ

.PHONY: run test check bench picture pictures sbom lock next clean
.DELETE_ON_ERROR:

run: export DJANGO_SETTINGS_MODULE ?= config.settings.local
run: $(RUNTIME) $(BROWSER) $(CATALOGUES)
	@$(BIN)/python manage.py prepare_database
	@$(BIN)/python manage.py load_sample
	@$(BIN)/python -m config.serve

test: $(DEV) $(BROWSER) $(CATALOGUES)
	$(BIN)/python -m tests.run $(ARGS)

check: $(DEV) $(BROWSER) $(CATALOGUES)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet $(wildcard */templates)
	$(MANAGE_TEST) makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(MANAGE_TEST) check_translations

bench: $(DEV) $(BROWSER) $(CATALOGUES)
	$(BIN)/python -m tests.bench $(ARGS)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Fallwerk needs Python 3.11 or newer; name it: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	    { rm -rf $(VENV); echo 'Python has no venv here; on Debian: apt install python3-venv'; exit 1; }

# The stamps say which lock file the environment was made from. The interpreter is needed only
# to exist: its time of change says nothing (order-only).
$(RUNTIME): requirements.txt | $(BIN)/python
	@echo 'Installing what Fallwerk needs to run (some minutes the first time, seconds from a cache) …'
	@$(INSTALL) requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(BIN)/python
	@echo 'Installing what tests and checks need …'
	@$(INSTALL) requirements-dev.txt
	@touch $(RUNTIME) $@

# What the browser gets: KERN UX, htmx, and axe for the tests. Python's node where there is no npm.
$(BROWSER): package-lock.json | $(BIN)/python
	@echo 'Installing what the browser needs …'
	@if command -v npm >/dev/null; then npm ci --silent; else \
	    $(INSTALL) requirements-node.txt && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent; fi
	@touch $@

%.mo: %.po | $(RUNTIME)
	@DJANGO_SETTINGS_MODULE=config.settings.local $(BIN)/python manage.py compile_translations

picture: $(DEV)
	$(BIN)/python docs/draw_architecture.py

pictures: $(DEV) $(BROWSER) $(CATALOGUES)
	$(BIN)/python docs/take_pictures.py $(ARGS)

# From the lock files: what is installed there, no more and no less. In order, without a date.
sbom: $(DEV) $(BROWSER)
	mkdir -p var
	$(BIN)/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible \
	    --output-format JSON --output-file var/sbom-python.json
	PATH="$(CURDIR)/$(BIN):$$PATH" npm sbom --package-lock-only --omit dev --sbom-format cyclonedx \
	    > var/sbom-browser.json

# Without names of hosts, so that each place installs from the registry it trusts.
lock:
	for name in requirements requirements-broker requirements-s3 requirements-dev requirements-node; do \
	    uv pip compile $$name.in --output-file $$name.txt --upgrade --quiet --universal \
	        --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	        --custom-compile-command 'make lock' || exit 1; \
	done
	uv pip compile requirements-dev.in --override requirements-next.in \
	    --output-file requirements-next.txt --upgrade --quiet --universal \
	    --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock'

# An environment of its own. What is deprecated there is told, not an error: it is not next yet.
next: $(BROWSER) $(CATALOGUES)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))'
	$(PYTHON) -m venv $(VENV)-next
	$(VENV)-next/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes \
	    -r requirements-next.txt
	$(VENV)-next/bin/python -m tests.run -o filterwarnings=default $(ARGS)

clean:
	rm -rf $(VENV) $(VENV)-next node_modules var .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete
