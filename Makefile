# Wegwijzer. `make` lists the commands; two are all you need: `make run` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help environment run train test pictures test-fast lint content evaluate explain confusions bench bench-understanding translations
SHELL := /bin/sh
PYTHON := .venv/bin/python
# Some machines forbid Python to keep compiled modules: every process would compile Rasa and TensorFlow anew (10 s).
unexport PYTHONDONTWRITEBYTECODE

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

environment: ## Install what is missing (uv, locked Python packages)
	@bin/bootstrap

run: environment ## Start everything and print the address
	@exec $(PYTHON) -m bot run

train: environment ## Train the model, if something it depends on changed
	@$(PYTHON) -m bot train

test: environment ## Run every check and test, the browser included
	@bin/test

pictures: environment ## Take the pictures of docs/editors.md anew (a training run, some minutes)
	@CHROMIUM="$$(bin/browser)" PICTURES=1 $(PYTHON) -m pytest tests/system/editors/test_guide.py tests/system/test_publishing.py

test-fast: environment ## Run the tests that need no server and no browser (seconds)
	@$(PYTHON) -m pytest -m "not system"

lint: environment ## Format, lint and check types
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m mypy

content: environment ## Check answers, facts, organisations and translations
	@$(PYTHON) -m bot content

translations: environment ## Bring the catalogues up to date with the English texts
	@$(PYTHON) -m bot translations

evaluate: environment ## Measure understanding: make evaluate MESSAGES=file.jsonl [REPORT=out.json]
	@$(PYTHON) -m bot evaluate $(if $(MESSAGES),--messages "$(MESSAGES)") $(if $(CHATS),--chats "$(CHATS)") $(if $(REPORT),--report "$(REPORT)")

explain: environment ## Show why a message is understood as it is: make explain TEXT="..." [BEFORE=topic]
	@$(PYTHON) -m bot explain $(if $(BEFORE),--before "$(BEFORE)") -- "$$TEXT"

confusions: environment ## Write which topics are taken for which others, for editors
	@$(PYTHON) -m bot confusions $(if $(MESSAGES),--messages "$(MESSAGES)")

bench: environment ## Compare serving with a stock Rasa project (long): make bench [SECONDS=15] [REPORT=out.json]
	@$(PYTHON) -m bench.serving $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(REPORT),--report "$(REPORT)")

bench-understanding: environment ## Compare our understanding with Rasa's own pipelines and lingua (long)
	@$(PYTHON) -m bench.understanding
