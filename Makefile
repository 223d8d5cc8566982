# The commands of this repository. Each installs what it needs when it is missing (see tests/scripts/bootstrap).

.DEFAULT_GOAL := help
.PHONY: help demo test lint soak bench bootstrap

help:
	@echo 'make demo       everything on this machine, to click through'
	@echo 'make test       all tests, in their short form'
	@echo 'make soak       the fault tests in their long form, for an hour or so'
	@echo 'make lint       formatting, clippy, documentation, PHP and shell syntax'
	@echo 'make bench      how fast it is, beside a bare relay and other servers (about an hour)'
	@echo 'make bootstrap  only install what these need'

demo:
	@tests/scripts/demo

test:
	@tests/scripts/bootstrap test
	@tests/scripts/test

lint:
	@tests/scripts/bootstrap lint
	@tests/scripts/lint

soak:
	@tests/scripts/bootstrap test
	@tests/scripts/soak

bench:
	@tests/scripts/bootstrap bench
	@tests/scripts/bench

bootstrap:
	@tests/scripts/bootstrap test
	@tests/scripts/bootstrap lint
