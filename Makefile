# make demo   install into .venv, evolve an ant, end with the path of its run folder
# make test   install into .venv, run the tests
# make cognitive   install into .venv what the task cognitive needs: neurogym
# make test-faults   the table of docs/howto/faults.md, row by row; takes a quarter of an hour
#   (ROWS='minutes or namespaces': those only that make test leaves out)
# make soak   an hour (MINUTES=60) in which Ray workers are killed, and not a bit changes
# make test-container   build the image, use it alone and by compose.yaml; some minutes, as root
# make container-tools  what that needs, from Debian's packages
# make lint   install into .venv, check style, formatting, types and import order
#
# PYTHON=... names the interpreter that .venv is made from; by default the first one that fits.

MAKEFLAGS += --no-print-directory
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
# Without its dependencies, because three of its pins clash with requirements.lock.
NEUROGYM := neurogym==2.3.1
INSTALL := .venv/bin/python -m pip install --quiet --disable-pip-version-check
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

.PHONY: setup demo test cognitive test-faults test-container container-tools soak lint
setup: .venv/.installed

demo: setup
	@.venv/bin/metahebb evolve ant-quick

test: setup
	@.venv/bin/pytest

cognitive: setup
	@$(INSTALL) --editable '.[cognitive]' --constraint requirements.lock
	@$(INSTALL) --no-deps $(NEUROGYM)

test-faults: setup
	@.venv/bin/pytest -m 'row$(if $(ROWS), and ($(ROWS)))'

soak: setup
	@.venv/bin/python tests/faults/soak.py --minutes $(or $(MINUTES),60)

# In processes and mounts of their own, so that none is left when the folder is removed.
test-container: setup
	@[ "$$(id -u)" = 0 ] || { echo "metahebb: expected root, got user $$(id -u); run:\
 sudo make test-container" >&2; exit 1; }
	@$(INSTALL) --editable '.[test,container]' --constraint requirements.lock
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT INT TERM; \
	unshare --mount --pid --fork --kill-child --mount-proc sh -c '.venv/bin/pytest -s \
	  -m container --basetemp="$$0/pytest" tests/container; exit $$?' "$$folder"

container-tools:
	@install="apt-get install --yes --quiet --no-install-recommends $$(cat tests/container/packages.txt)"; \
	exec > /dev/null; $$install || { apt-get update --quiet && $$install; }

lint: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

# An interpreter is tried, not looked up: a version manager's shim may stand for nothing.
.venv/.installed: pyproject.toml requirements.lock
	@fail() { echo "metahebb: $$1" >&2; exit 1; }; \
	if ! .venv/bin/python -c 'import pip; $(FITS)' 2>/dev/null; then \
	  fits=; use=; \
	  for python in $(PYTHONS); do \
	    "$$python" -c '$(FITS)' 2>/dev/null || continue; \
	    fits=$$python; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null && use=$$python && break; \
	  done; \
	  [ "$$fits" ] || fail "expected Python 3.11 to 3.13, got none ($(PYTHONS)); install one, or\
	 name it: make PYTHON=/path/to/python"; \
	  [ "$$use" ] || fail "expected Python's venv module, got none ($$fits); install it, on\
	 Debian and Ubuntu with: apt install $$("$$fits" -c \
	 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; \
	  "$$use" -m venv --clear .venv; \
	fi
	@echo "metahebb: installing into .venv; this takes a few minutes" >&2
	@$(INSTALL) --editable '.[dev]' --constraint requirements.lock
	@$(INSTALL) --no-deps $(NEUROGYM)
	@touch $@
