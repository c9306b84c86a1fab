# make demo    the guided tour                  make lint    ruff, mypy --strict, import-linter
# make check   the fast tests, within a minute  make bench   the benchmarks
# make test    all tests (ARGS="-k vlan -x")    make clean   remove caches and builds
# make page    the browser page, in docs/page   make docs    the documentation, in build/docs/site
# make distclean   remove the virtual environment too
#
# Every target sets up what it needs, in $(VENV); nothing outside the checkout is changed. Another interpreter: make PYTHON=python3.12

VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
PYTHON ?=
ARGS   ?=

# The caller's settings for other installations must not leak into this one.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PIP_TARGET PIP_PREFIX VIRTUAL_ENV
export PIP_USER := 0
export PIP_REQUIRE_VIRTUALENV := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo check test lint bench escape soak fidelity fidelity-table notebooks pictures docs page setup lock clean distclean

demo: $(READY)
	@$(PY) -m macvsim demo $(ARGS)

# On all processors: an idle worker takes tests from the end of a busy one's list, so most of a module stays with one worker.
# ARGS="-n 0" runs in one process.
PYTEST := $(PY) -m pytest -q -n auto --dist worksteal

check: $(READY)
	@$(PYTEST) -m fast $(ARGS)

test: $(READY)
	@$(PYTEST) $(ARGS)

lint: $(READY)
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -c 'from importlinter.cli import lint_imports_command as main; main(["--no-logo"])'

bench: $(READY)
	@$(PY) -m benchmarks --install $(ARGS)

# Scenarios on a kernel that runs now (user-mode Linux), and in the simulator. ARGS="041 701" plays some; with --write what was found
# becomes part of the table.
fidelity: $(READY)
	@$(PY) -m tests.uml $(ARGS)

# Labs that try to break out of the sandbox of `macvsim verify`, in a user-mode Linux of their own. ARGS=--mutants breaks the sandbox first.
escape: $(READY)
	@$(PY) -m tests.uml.escape $(ARGS)

# Random inputs of every kind: no exception, no hang, no growing memory. ARGS="scripts lines --minutes 10" plays some kinds for a while.
soak: $(READY)
	@$(PY) -m tests.soak $(ARGS)

# The fidelity table, anew from what the tests of rules find: macvsim/fidelity/results.json and docs/fidelity.md.
fidelity-table: $(READY)
	@$(PY) -m pytest -q tests -m rule --fidelity macvsim/fidelity/results.json $(ARGS)
	@$(PY) -m macvsim fidelity --markdown >docs/fidelity.md
	@$(PY) -m macvsim fidelity | tail -n 1

# Runs the course's sources notebooks/*.md in new kernels, and writes the .ipynb beside them. ARGS="03 04" runs some.
notebooks: $(READY)
	@$(PY) notebooks/build.py $(ARGS)

# The pictures of README and docs, drawn anew.
pictures: $(READY)
	@$(PY) docs/pictures/draw.py

# The documentation, in build/docs/site; the browser page is in it if it was built before.
docs: $(READY)
	@$(PY) docs/build.py

# Needs npm. To look at it: python -m http.server -d docs/page
page: $(READY)
	@$(PY) docs/browser/build.py

setup: $(READY)
	@:

# The stamp names the checkout and the interpreter: a set-up cut short left none, a moved checkout or an upgraded Python another one.
STAMP := $(PY) -I -c 'import os, sys; print(ascii(os.getcwd()), sys.version)'
FIT   := m=$$($(STAMP) 2>/dev/null) && test "$$m" = "$$(cat $(READY) 2>/dev/null)"
ifneq ($(shell $(FIT) && echo fit),fit)
.PHONY: $(READY)
endif

# The first interpreter that is new enough; if it is that of a virtual environment ($(VENV) itself may be active), the one under it.
define FIND_PYTHON
for python in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11); do \
  base=$$("$$python" -I -c 'import sys; sys.version_info < (3, 11) or print(sys._base_executable)' 2>/dev/null) || base=; \
  test -z "$$base" || break; \
done; \
test -n "$$base" || { \
  echo "macvsim needs Python 3.11 or newer; $(or $(PYTHON),python3) is: $$("$(or $(PYTHON),python3)" --version 2>&1 | head -n 1)." >&2; \
  echo "Name a newer one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
endef

# uv when it can be had, else pip; either takes the locked versions by their hashes, then the checkout as editable packages.
# The lock makes a second make wait for the first. An environment that is fit is updated in place: others may be using it.
$(READY): pyproject.toml pytest-macvsim/pyproject.toml requirements.lock
	@set -e; $(FIND_PYTHON); \
	exec 9>$(VENV).lock; "$$base" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || :; \
	if $(FIT); then test -n "$$(find $^ -newer $@)" || exit 0; rm -f $@; \
	else echo "setting up $(VENV) with $$base (once)"; rm -f $@; "$$base" -I -m venv --clear --without-pip $(VENV); fi; \
	if "$$base" -m pip --version >/dev/null 2>&1; then \
	  pip() { "$$base" -m pip --python $(PY) install -q --root-user-action=ignore "$$@"; }; \
	elif $(PY) -m ensurepip >/dev/null 2>&1; then \
	  pip() { $(PY) -m pip install -q --root-user-action=ignore "$$@"; }; \
	else \
	  echo "$$base has neither pip nor ensurepip. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	uv() { $(PY) -m uv pip install -q --python $(PY) "$$@"; }; \
	locked() { "$$1" --require-hashes -r requirements.lock && "$$1" --no-deps --no-build-isolation -e . -e ./pytest-macvsim; }; \
	{ pip 'uv>=0.8' && locked uv; } >$(VENV)/uv.log 2>&1 || { echo "without uv (its reason is in $(VENV)/uv.log), pip takes a minute"; locked pip; }; \
	$(PY) -m compileall -q macvsim $(VENV)/lib/python*/site-packages/simpy $(VENV)/lib/python*/site-packages/scapy || :; \
	$(STAMP) >$@

# The locked versions, for every platform and Python that macvsim supports. ARGS=--upgrade takes the newest.
# Two versions where PyPy needs an older one than everybody else has.
define LOCK_CONSTRAINTS
pydantic>=2.14; platform_python_implementation != 'PyPy'
pillow<12; platform_python_implementation == 'PyPy'
pillow>=13; platform_python_implementation != 'PyPy'
endef
export LOCK_CONSTRAINTS

lock: $(READY)
	@echo "$$LOCK_CONSTRAINTS" >$(VENV)/constraints.txt
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras -c $(VENV)/constraints.txt \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(ARGS) -o requirements.lock pyproject.toml

clean:
	rm -rf build dist docs/page .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(VENV).lock
