# Everything a person or CI runs. Needs python3 (3.11 or newer) and make; does its own set-up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: report test unit slow fuzz lint types floors format bench reference validate validation lab lock example dictionary rules questionnaires \
	sample clean help

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@echo "setting up $(VENV) (about two minutes the first time)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

report: $(STAMP)  ## write the comparison report of data/example into reports/
	@$(BIN)/outcomes report data/example --out reports

test: unit slow  ## run all tests

unit: $(STAMP)  ## run the quick tests
	@$(BIN)/python -m pytest -n auto -m "not slow"

slow: $(STAMP)  ## run notebooks, browsers, servers, crashes, malformed files and simulations
	@$(BIN)/python -m pytest -n auto -m slow

fuzz: $(STAMP)  ## read malformed files for ten minutes
	@$(BIN)/python tests/fuzz/long.py --minutes 10

lint: $(STAMP) types floors  ## ruff, mypy and the floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP)
	@$(BIN)/mypy

floors: $(STAMP)
	@$(BIN)/lint-imports

format: $(STAMP)  ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP)  ## time ours beside the peers, in one run
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

reference: $(STAMP)  ## derive the reference numbers again with R (tests/reference/README.md)
	@$(BIN)/python tests/reference/rederive.py

validate: validation  ## the same as validation

validation: $(STAMP)  ## simulate whether intervals cover and verdicts are right; write docs/validation*.md
	@$(BIN)/python benchmarks/calibration/write.py

lab: $(STAMP)  ## open JupyterLab on the notebooks
	@$(BIN)/outcomes lab

example: $(STAMP)  ## write data/example anew from the generator
	@rm -rf data/example && $(BIN)/outcomes example data/example

dictionary: $(STAMP)  ## write docs/data-dictionary.md anew from the schema
	@$(BIN)/python -m outcomes.schema.dictionary > docs/data-dictionary.md

questionnaires: $(STAMP)  ## write docs/instruments.md anew from the library
	@$(BIN)/python -m outcomes.instruments.cards > docs/instruments.md

lock: $(STAMP)  ## resolve requirements.lock anew (needs uv)
	@$(PIP) install uv
	@$(BIN)/uv pip compile --universal --generate-hashes --no-header --all-extras \
		--python-version 3.11 --quiet pyproject.toml --output-file requirements.lock

rules: $(STAMP)  ## write docs/cleaning-rules.md anew from tests/spec
	@$(BIN)/python tests/spec/spec_manual.py > docs/cleaning-rules.md

sample: $(STAMP)  ## write reports/sample and the README's picture anew
	@rm -rf build/sample && $(BIN)/outcomes report data/example --out build/sample
	@rm -rf reports/sample && mkdir -p reports/sample
	@cp build/sample/comparison/*/report.html build/sample/comparison/*/results.json reports/sample/
	@$(BIN)/python docs/images/picture.py reports/sample/report.html docs/images/report.png

clean:  ## remove what this file made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
