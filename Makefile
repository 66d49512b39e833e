# The only commands a newcomer needs: make demo · make test · make check. Each sets up what it needs, from nothing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

BIN := .venv/bin
PYTHON_IN := $(BIN)/python
PIP := $(PYTHON_IN) -m pip -qq --disable-pip-version-check
PACKAGES := admin config core idp_bridge plugins

# Without its byte code every server that a test starts would compile the house anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check faults format lock catalogues pictures clean

demo: .venv/runtime ## a pretend company on http://localhost:8080
	$(BIN)/keyback demo

test: .venv/test ## everything but the long fault runs; starts slapd, PostgreSQL, Chromium and an identity provider itself
	.ci/system-packages
	.ci/node-packages
	$(PYTHON_IN) -m pytest --ignore=tests/faults --numprocesses=auto --maxprocesses=4 --no-loadscope-reorder
# What breaks servers, and what measures time, has the machine to itself.
	$(PYTHON_IN) -m pytest tests/faults

check: .venv/test .lint/keyback ## style, types, the import table, the lock files
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .
	$(PYTHON_IN) -m mypy $(PACKAGES:%=-p keyback.%)
	PYTHONPATH=.lint $(BIN)/lint-imports
	$(PYTHON_IN) -m pytest -q tests/test_house.py tests/config/test_packaging.py

faults: .venv/test ## the long runs: kill -9 at every named point, swallowed answers, 100,000 malformed requests
	.ci/system-packages
	$(PYTHON_IN) -m pytest -m slow --timeout=1800

format: .venv/test
	$(PYTHON_IN) -m ruff check --fix .
	$(PYTHON_IN) -m ruff format .

# Nothing younger than a week: a stolen release is usually found by then.
LOCK = $(PYTHON_IN) -m uv pip compile pyproject.toml --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	--exclude-newer "$$(date --utc --date='7 days ago' +%FT00:00:00Z)"

lock: .venv/test ## after a change of the dependencies in pyproject.toml
	$(LOCK) --extra postgresql --extra build --output-file requirements.txt
	$(LOCK) --all-extras --output-file requirements-test.txt

catalogues: .venv/test ## after a sentence changed; with NEW=fr a new language begins
	$(PYTHON_IN) tests/catalogues.py $(NEW)

pictures: .venv/test ## what README.md and docs/administer.md show, taken anew from the running demo
	.ci/system-packages
	$(PYTHON_IN) docs/pictures/make.py
	$(PYTHON_IN) docs/pictures/console.py

clean:
	rm -rf .venv .lint build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis var

$(PYTHON_IN):
	.ci/venv .venv

.venv/runtime: requirements.txt pyproject.toml | $(PYTHON_IN)
	@echo "Setting up in .venv (once; about half a minute) …"
	$(PIP) install --no-compile --root-user-action=ignore --require-hashes -r requirements.txt
	$(PIP) install --root-user-action=ignore --no-deps --no-build-isolation --editable .
	touch $@

.venv/test: requirements-test.txt pyproject.toml | $(PYTHON_IN)
	@echo "Setting up in .venv (once; about a minute) …"
	$(PIP) install --root-user-action=ignore --require-hashes -r requirements-test.txt
	$(PIP) install --root-user-action=ignore --no-deps --no-build-isolation --editable .
	touch $@

# mypy does not look into an editable install; it finds the package by this link.
.lint/keyback:
	mkdir -p .lint
	ln -sfn .. $@
