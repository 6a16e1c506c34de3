# make demo: everything on drawn faces, nothing to download but the packages.  make test: what CI runs.
.DEFAULT_GOAL := help
.PHONY: help install demo sweep test lint format viz-site clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := $(BIN)/kedro run --env sample

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

install: $(VENV)/installed  ## .venv with the project and what it needs (about 7 GB with torch's CUDA libraries)

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; found $$($(PYTHON) --version). Name one: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

demo: install  ## draw faces, run the seven pipelines on them, show the leaderboard
	$(SAMPLE) --pipelines draw_sample
	$(SAMPLE)
	@echo
	@echo "On the real photographs:  FACIAL_KEYPOINTS_RAW=<folder> $(BIN)/kedro run      (see README, Real data)"

sweep: install  ## learning rates compared: PIPELINE=train_nose LR="1e-2 1e-3 1e-4", and ENV=sample, PARAMS=epochs=3,...
	@test -n "$(PIPELINE)" -a -n "$(LR)" || { echo 'Say what to compare: make sweep PIPELINE=train_nose LR="1e-2 1e-3 1e-4"'; exit 1; }
	$(BIN)/kedro sweep $(PIPELINE) $(LR) $(if $(ENV),--env $(ENV)) $(if $(PARAMS),--params $(PARAMS))

test: install  ## all tests; those on real photographs too where FACIAL_KEYPOINTS_RAW is set
	$(BIN)/pytest

lint: install  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/mypy

format: install  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the drawn data, their results and caches; real results and MLflow's records stay
	rm -rf $(or $(FACIAL_KEYPOINTS_WORKSPACE),data)/sample build .viz .pytest_cache .mypy_cache .ruff_cache

# KEDRO_ENV=local is the graph of the real data: the previews then show real persons' faces.
viz-site: export KEDRO_ENV := $(or $(KEDRO_ENV),sample)
viz-site: install  ## after `make demo`: the graph with pictures and tables as a static site in build/
	rm -rf build
	$(BIN)/kedro viz build --include-previews
	$(BIN)/python docs/viz_site.py build
	@echo "To look at it: $(BIN)/python -m http.server --directory build --bind 127.0.0.1 4142"
	@echo "then http://127.0.0.1:4142, or http://127.0.0.1:4142/?tags=steps without the pictures"
