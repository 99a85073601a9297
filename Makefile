# Two commands matter: make demo, make test. Both install what they need into .venv first.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SIZE ?= small
UV_VERSION := 0.13.9
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt

# Jobs, model servers and commands are processes: where bytecode is not written, each compiles anew what it
# imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install demo test lint format typecheck contracts unit docs test-long test-slow test-clients reference parity bench bench-emulator bench-startup bench-loop verify-aws error-rates lock clean

help:  ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH; give another 3.11 or later: make demo PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing uv $(UV_VERSION)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.demo: setup.py constraints.txt | $(BIN)/uv
	@echo "installing what the demo needs: about 150 packages, 1.3 GB on disk, most of it the SageMaker SDK; one to three minutes"
	$(INSTALL) -e ".[build,local,examples]"
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@echo "installing what the tests need: about 30 packages more"
	$(INSTALL) -e ".[build,local,examples,test]"
	@touch $@

install: $(VENV)/.demo  ## Install the package into .venv, with what builds, deploys and runs it here

demo: $(VENV)/.demo  ## Register a real model, pass an honest batch, refuse a biased one
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/mortgage/demo.sh

test: lint typecheck contracts unit  ## Lint, types, import contracts and the default tests

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.test  ## Rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: $(VENV)/.test
	$(BIN)/mypy

contracts: $(VENV)/.test
	$(BIN)/lint-imports

unit: $(VENV)/.test
	$(BIN)/pytest -n 2 --dist loadfile

test-long: $(VENV)/.test  ## Loops of other frameworks, problem types and engines, the decision table; CI runs it too
	$(BIN)/pytest -n 2 --dist loadfile -m "long and not slow"

test-slow: $(VENV)/.test  ## The tests that take minutes, error rates of the gate among them
	$(BIN)/pytest -m slow

test-clients: $(VENV)/.test  ## Flows of public notebooks by boto3, awscli and the SDKs, each in its environment; needs RECORDED_DATA
	$(BIN)/pytest -m slow tests/slow/clients

reference: $(VENV)/.test  ## Renew docs/reference and docs/schemas, which are made of the code
	$(BIN)/python -m sagemaker_monitor.reference

docs: reference  ## The same, and fail on a link of any page that leads nowhere
	$(BIN)/pytest tests/test_docs_links.py

parity: $(VENV)/.test  ## Renew docs/parity.md from the tests that compare with RECORDED_DATA; without it nothing changes
	$(BIN)/pytest --update-parity

bench: $(VENV)/.test  ## Race against peers at a small size; SIZE=large writes docs/performance.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" python -m benchmarks.speed --size $(SIZE) $(if $(filter large,$(SIZE)),-o docs/performance.md)

bench-emulator: $(VENV)/.test  ## What the emulator costs, beside moto's server; SIZE=large writes docs/performance-emulator.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" python -m benchmarks.emulator --size $(SIZE) $(if $(filter large,$(SIZE)),-o docs/performance-emulator.md)

bench-startup: $(VENV)/.test  ## What commands cost by themselves, and building by models; SIZE=large writes docs/performance-startup.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" python -m benchmarks.startup --size $(SIZE) $(if $(filter large,$(SIZE)),-o docs/performance-startup.md)

bench-loop: $(VENV)/.test  ## The notebooks' loop, step by step; needs RECORDED_DATA; SIZE=large writes docs/performance-loop.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" python -m benchmarks.loop --size $(SIZE) $(if $(filter large,$(SIZE)),-o docs/performance-loop.md)

verify-aws: $(VENV)/.demo  ## Run the mortgage loop on ENV=your environment, compare it with the emulator, clean up; asks
	@test -n "$(ENV)" || { echo "which environment? make verify-aws ENV=dev" >&2; exit 2; }
	@$(BIN)/python examples/mortgage/verify_aws.py --env $(ENV) --record parity-record.json

error-rates: $(VENV)/.test  ## Print the gate's error rates, monitor by monitor; over an hour
	$(BIN)/python benchmarks/gate_error_rates.py
	$(BIN)/python benchmarks/drift_error_rates.py
	$(BIN)/python benchmarks/model_quality_error_rates.py
	$(BIN)/python benchmarks/attribution_error_rates.py
	$(BIN)/python benchmarks/power.py

lock: $(BIN)/uv  ## Resolve constraints.txt anew
	$(BIN)/uv pip compile setup.py --all-extras --universal --python-version 3.11 --upgrade --no-header --no-annotate -o constraints.txt

clean:  ## Remove the virtual environment, the demo's state and caches
	rm -rf $(VENV) .demo .sagemaker-monitor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build dist
