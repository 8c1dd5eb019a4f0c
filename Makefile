# The commands of the project. `make help` lists them; the README shows the plain commands behind them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

INVENTORY ?= inventories/localstack
SCENARIO ?= baseline
EXPERIMENT ?= emulators
REPEATS ?= 5
RUNS ?=
ARGS ?=
ROLE ?=
PART ?= *
CASES ?= 100000
SEED ?= $(shell echo $$RANDOM)
ROUNDS ?= 3

# These reach the shell as environment variables, never as its text: RUNS can hold names that others chose, such as those of
# run directories from elsewhere, and they must not run anything. ARGS is text for the shell, and -e is a template for
# Ansible, so ARGS, SCENARIO, REPEATS, PART, CASES, SEED and ROUNDS are for what you type yourself.
$(foreach name,INVENTORY SCENARIO EXPERIMENT REPEATS RUNS ROLE,$(eval override export $(name) := $$(value $(name))))

# The pinned Python if it is installed, else the default one.
PYTHON ?= $(shell command -v python3.13 || command -v python3)
BIN := .venv/bin
# Without an inventory, Ansible would complain of every variable.
PLAYBOOK = $(if $(wildcard $(INVENTORY)),,$(error INVENTORY: there is no $(INVENTORY), but $(patsubst %/hosts.yml,%,$(wildcard \
    inventories/*/hosts.yml))))$(BIN)/ansible-playbook -i "$$INVENTORY"

# Roles that need containers or the deployed system are tested on MiniStack, all others on moto.
ON_ministack := base_image emulator experiment image load_test probe rollback smoke_order status
ON_moto := $(filter-out $(ON_ministack),$(notdir $(wildcard roles/*)))
# Each emulator that is probed on its own.
PROBED := $(basename $(notdir $(wildcard probes/environments/*.yml)))
SHOWN = $(filter $(or $(ROLE),%),$(ON_$*))
MOLECULE = PATH="$(CURDIR)/tests/molecule/bin:$(CURDIR)/$(BIN):$$PATH" \
    MOLECULE_EPHEMERAL_DIRECTORY=$(CURDIR)/.ansible/molecule/$* \
    MOLECULE_GLOB='{roles/*/molecule/default,tests/molecule/$*/*}/molecule.yml' \
    $(BIN)/molecule -c .config/molecule/config.yml -c tests/molecule/$*/config.yml

# Ansible ignores the configuration in a directory that everyone may write to, such as a folder shared with Windows.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# Ansible starts Python for some tasks, which takes a third less time with cached bytecode.
unexport PYTHONDONTWRITEBYTECODE

# In place, so that an edit needs no new installation. Its build backend is one of the locked packages.
INSTALL_LOADTEST := $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable loadtest

# Marks that the packages of requirements/ are installed.
DEPLOY := .venv/.installed-deploy
DEV := .venv/.installed-dev

.PHONY: help demo deploy load experiment compare probe probe-emulators status teardown aws-trial clean test check unit end-to-end end-to-end-and-roles-on-ministack attack-api roles load-generators rehearse-aws beside-rehearse-aws fuzz bench bench-deployment audit hooks lock

help: ## Explain the commands
	@echo "Usage: make COMMAND [INVENTORY=inventories/...] [SCENARIO=...] [ARGS='more arguments for ansible-playbook']"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Phases and changes; ARGS=-v shows all. Only here: tests read Ansible's own output.
deploy load experiment probe status teardown aws-trial clean: export ANSIBLE_STDOUT_CALLBACK ?= orders.deploy.phases

demo: deploy load ## Deploy the order system on this computer, load-test it, show the figures

deploy: $(DEPLOY) ## Deploy, or update what is deployed
	$(PLAYBOOK) site.yml $(ARGS)

load: $(DEPLOY) ## Run a load test: SCENARIO (baseline, high, flash_sale, soak, sync_baseline, workers, smoke)
	$(PLAYBOOK) playbooks/load_test.yml -e load_test_scenario="$$SCENARIO" $(ARGS)

experiment: $(DEPLOY) ## Load-test environments in turns, and compare them: EXPERIMENT (emulators, messaging, aws, workers, versions), REPEATS=5
	$(if $(wildcard loadtest/experiments/$(EXPERIMENT).yml),,$(error EXPERIMENT: there is no $(EXPERIMENT), but $(basename $(notdir \
		$(wildcard loadtest/experiments/*.yml)))))
	$(PLAYBOOK) playbooks/experiment.yml -e experiment_scenario="$$SCENARIO" \
		-e @"loadtest/experiments/$$EXPERIMENT.yml" -e repeats="$$REPEATS" $(ARGS)

compare: $(DEPLOY) ## Compare environments by their runs: RUNS="results/localstack/... results/aws/..."
	$(if $(RUNS),,$(error RUNS is empty. Name run directories: make compare RUNS="results/localstack/... results/aws/..."))
	$(BIN)/python -m loadtest compare --output results/comparison $(ARGS) -- $$RUNS

probe: $(DEPLOY) ## Probe how an environment behaves beside AWS, as far as systems like this one rely on it
	$(PLAYBOOK) playbooks/probe.yml $(ARGS)

status: $(DEPLOY) ## Show what is deployed and its state
	$(PLAYBOOK) playbooks/status.yml $(ARGS)

teardown: $(DEPLOY) ## Remove everything that was deployed, and verify it
	$(PLAYBOOK) playbooks/teardown.yml $(ARGS)

# With exec, signals reach the program that tears down, and no shell.
aws-trial: $(DEPLOY) ## Deploy to AWS, load-test and remove everything within a limit of time and dollars; leaves a bundle to send in
	exec $(BIN)/python -m loadtest trial -- -i inventories/aws $(ARGS)

clean: teardown ## Teardown, and also remove images, results and packages
	$(PLAYBOOK) playbooks/remove_images.yml $(ARGS)
	rm -rf results .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .ansible

# Four at a time, so that two cores have work while others wait. The longest come first.
test: $(DEV) ## Run the tests that need no more than half an hour
	$(MAKE) --no-print-directory --jobs=4 end-to-end-and-roles-on-ministack unit roles-on-moto check

# Both build the images that are missing. Side by side, they would build all of them twice, and give new images the names of
# those that the other already uses.
end-to-end-and-roles-on-ministack: $(DEV)
	$(BIN)/ansible-playbook -i inventories/localstack tests/images.yml
	$(MAKE) --no-print-directory end-to-end roles-on-ministack

check: export ANSIBLE_COLLECTIONS_PATH = collections:tests/molecule/collections
check: $(DEV) ## Lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	PATH="$(CURDIR)/tests/lint/bin:$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline --strict
	playbooks="$$(grep --recursive --files-with-matches --extended-regexp --include='*.yml' \
		'^(- |  )(hosts|ansible.builtin.import_playbook):' site.yml playbooks roles tests)"; \
	for inventory in inventories/localstack inventories/aws; do \
		$(BIN)/ansible-playbook --syntax-check -i $$inventory $$playbooks >/dev/null; \
	done
	{ printf -- '- hosts: localhost\n  roles:\n'; printf '    - %s\n' $(notdir $(wildcard roles/*)); } \
		| $(BIN)/ansible-playbook --syntax-check -i localhost, /dev/stdin >/dev/null

unit: $(DEV) ## Unit tests of the services, the load test and the collection
	$(BIN)/pytest tests/unit tests/fuzz

fuzz: $(DEV) ## Send hostile bytes to everything that reads bytes from outside: CASES=100000 of each PART (api, messages, calls, runs)
	CASES=$(CASES) $(BIN)/pytest tests/fuzz/test_$(PART).py --hypothesis-seed=$(SEED) --hypothesis-show-statistics

end-to-end: $(DEV) ## Test a deployment from beginning to end, on emulators of its own
	$(BIN)/pytest tests/end_to_end/test_deployment_lifecycle.py

attack-api: $(DEV) ## Attack the API under the limits of its task; takes four minutes of a quiet computer
	$(BIN)/pytest tests/end_to_end/test_api_under_attack.py --capture=no

roles: $(DEV) ## Test each role with Molecule, or one with ROLE=network
	$(if $(filter $(or $(ROLE),%),$(ON_moto) $(ON_ministack)),,$(error ROLE: there is no role $(ROLE), but $(ON_moto) $(ON_ministack)))
	$(MAKE) --no-print-directory --jobs=2 roles-on-moto roles-on-ministack

roles-on-%:
	$(if $(SHOWN),$(MOLECULE) destroy 2>&1 | sed 's/^/$*: /')
	$(if $(SHOWN),rm -rf .ansible/molecule/$*)
	$(if $(SHOWN),$(MOLECULE) test $(SHOWN:%=--scenario-name %) 2>&1 | sed 's/^/$*: /')

load-generators: $(DEV) ## Test the load generators: on hosts over SSH, and as a task on ECS
	$(BIN)/pytest tests/end_to_end/test_load_generators.py

# Two at a time: probes mostly wait, but MiniStack runs containers. The images that all are built on come first.
probe-emulators: $(DEPLOY) ## Probe each emulator on its own, and compare with what is expected of the pinned releases
	$(BIN)/ansible-playbook -i inventories/localstack playbooks/probe.yml --tags base_image
	$(MAKE) --no-print-directory --jobs=2 --keep-going $(PROBED:%=probe-on-%)

probe-on-%:
	$(BIN)/ansible-playbook -i inventories/localstack playbooks/probe.yml -e @probes/environments/$*.yml 2>&1 | sed -u 's/^/$*: /'

rehearse-aws: $(DEV) ## Test inventories/aws on stand-ins for AWS that have AWS's habits
	$(MAKE) --no-print-directory --jobs=2 rehearse-on-moto rehearse-on-ministack

rehearse-on-%:
	$(BIN)/pytest tests/rehearsal -k $*

# The rehearsal mostly waits, so CI runs these beside it.
beside-rehearse-aws: load-generators
	$(MAKE) --no-print-directory probe-emulators

bench: $(DEV) ## Measure the services in 12 minutes, with wrk: ROUNDS=3, PART (api-stub, workers, ...), ARGS='--against FILE'
	PYTHONPATH="$(CURDIR)/collections:$(CURDIR)/services/src" $(BIN)/python -m tests.bench.services --part '$(PART)' --rounds $(ROUNDS) $(ARGS)

bench-deployment: $(DEV) ## Measure how long deployments take, beside Terraform if it is installed: ROUNDS=3, PART (local, moto)
	PYTHONPATH="$(CURDIR)/collections" $(BIN)/python -m tests.bench --part '$(PART)' --rounds $(ROUNDS) $(ARGS)

audit: $(DEV) ## Report known vulnerabilities of the locked packages; needs the data of PyPI, or of OSV with ARGS='--service osv'
	$(BIN)/python requirements/audit.py $(ARGS)

hooks: $(DEV) ## Install git hooks that run the linters before each commit
	$(BIN)/pre-commit install

lock: $(BIN)/uv ## Update requirements/*.txt from requirements/*.in
	requirements/lock.sh

$(BIN)/uv: requirements/uv.txt
	$(if $(PYTHON),,$(error There is no python3. Install Python 3.12 or later, or name one: make PYTHON=/path/to/python3))
	@$(PYTHON) -c 'import sys, platform; sys.exit(sys.version_info < (3, 12) and "Python 3.12 or later is needed, $(PYTHON) is " \
		+ platform.python_version() + ". Name another: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@touch $@

$(DEPLOY): requirements/deploy.txt requirements/loadtest.txt loadtest/pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --require-hashes --requirement requirements/deploy.txt --requirement requirements/loadtest.txt
	$(INSTALL_LOADTEST)
	@touch $@

$(DEV): requirements/dev.txt loadtest/pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(INSTALL_LOADTEST)
	@touch $@ $(DEPLOY)
