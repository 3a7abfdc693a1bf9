# `make` lists the targets. Whatever needs tools makes them first; that costs a moment when nothing has changed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv/bin
UV := $(VENV)/uv

# uv takes the Python that is here, and trusts whom this machine trusts: a company's proxy has a certificate of its own.
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS ?= true
# jsii announces that Node 20 is past its end of life; the CDK 2.275 we pin works with it.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

# A stamp is named after the content that it stands for, so that a checkout which only touches files costs nothing.
key = $(firstword $(shell { cat $(1); echo '$(CURDIR)'; } | cksum))
PACKAGES := .venv/packages-$(call key,requirements-dev.lock)
COMMAND := .venv/command-$(call key,Makefile)
NODE := node_modules/.ready-$(call key,package.json package-lock.json)

# $(call step,what is done,commands): says so, and how long it took; shows the output only of what failed.
define step
@began=$$(date +%s); printf '%-44s' '$(1)'; \
if output=$$( { $(2); } 2>&1 ); then echo "$$(($$(date +%s) - began)) s"; \
else echo failed; printf '%s\n' "$$output" >&2; exit 1; fi
endef

.PHONY: help setup demo up down check format test bench lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(PACKAGES) $(NODE) $(COMMAND) ## the tools, from locked versions, into .venv and node_modules
	@:

demo: setup ## a real alarm on this machine, from CloudWatch to the acknowledgement by mail
	@$(VENV)/tocsin demo

up: setup ## the whole system on this machine, left running
	@$(VENV)/tocsin up

down: setup ## stops it and keeps its state
	@$(VENV)/tocsin down

check: setup ## format, lint, types, import rules: what CI runs
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	node_modules/.bin/pyright
	$(VENV)/python -c 'from importlinter.cli import lint_imports_command as run; run()' --no-logo

format: setup ## formats, and repairs what ruff can
	$(VENV)/ruff format
	$(VENV)/ruff check --fix

# Bytecode is kept whatever the environment says: each worker, and each command that the tests begin, compiles it again.
test: setup ## all tests; ARGS='-k ack' for some
	env -u PYTHONDONTWRITEBYTECODE $(VENV)/python -m pytest --numprocesses=auto --maxprocesses=4 $(ARGS)

bench: setup ## what DESIGN's budgets count, as a table, and the times side by side; ARGS=--json for programs
	$(VENV)/python -m bench $(ARGS)

COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url \
	--no-emit-find-links pyproject.toml
lock: $(PACKAGES) ## compiles the lock files anew from pyproject.toml and package.json; UP=--upgrade for the newest
	$(COMPILE) --group dev $(UP) --output-file requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock
	npm install --package-lock-only --cache .tocsin/npm

.venv/bin/python:
	@test -n '$(PYTHON)' || { echo 'Tocsin needs Python 3.11 or newer; PYTHON=/path/to/python names one.' >&2; exit 1; }
	$(call step,virtual environment,$(PYTHON) -m venv --clear .venv)

# An import compiles what the stacks use of the CDK, in a quarter of the time that all of it takes.
FIRST_IMPORTS = import cdk_nag, aws_cdk.assertions, aws_cdk.aws_apigatewayv2_integrations, aws_cdk.aws_dynamodb, \
	aws_cdk.aws_events_targets, aws_cdk.aws_lambda_event_sources, aws_cdk.aws_ses_actions, \
	aws_cdk.aws_stepfunctions_tasks, aws_cdk.aws_sns_subscriptions, aws_cdk.aws_cloudwatch_actions
COMPILED_WHOLE = boto3 botocore ministack hypercorn hypothesis _pytest pydantic aws_lambda_powertools moto/dynamodb \
	moto/core moto/s3 rich cyclopts ruamel cfnlint

# uv itself is one of the locked packages: pip installs it by its hash, and it installs the rest.
$(PACKAGES): | .venv/bin/python
	$(call step,uv,awk '/^[^ ]/ {on = /^uv==/} on' requirements-dev.lock > .venv/uv.txt \
	&& $(VENV)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt)
	$(call step,Python packages,$(UV) pip sync --require-hashes --python $(VENV)/python requirements-dev.lock)
	$(call step,bytecode,cd .venv/lib/python*/site-packages && ../../../bin/python -m compileall -q -j 0 $(COMPILED_WHOLE) \
	&& env -u PYTHONDONTWRITEBYTECODE ../../../bin/python -c '$(FIRST_IMPORTS)')
	@rm -f .venv/packages-* && touch $@

$(NODE):
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null \
	|| { echo 'Tocsin needs Node 20 or newer, for the CDK.' >&2; exit 1; }
	$(call step,Node packages,npm ci --no-audit --no-fund --no-update-notifier --cache .tocsin/npm)
	@touch $@

# The command runs this checkout from wherever it is called. The checkout is not put on the environment's path:
# there, functions that run on this machine would import what their bundle forgot.
define LAUNCHER
#!/bin/sh
exec '$(CURDIR)/.venv/bin/python' -P -c '
import sys
sys.path.insert(0, "$(CURDIR)")
sys.argv[0] = "tocsin"
from cli.main import main
sys.exit(main())
' "$$@"
endef
export LAUNCHER

$(COMMAND): $(PACKAGES)
	@printf '%s\n' "$$LAUNCHER" > $(VENV)/tocsin && chmod +x $(VENV)/tocsin
	@rm -f .venv/command-* && touch $@
