# Two commands matter: `make demo` and `make test`. Both install what is missing first; see scripts/setup.
.DEFAULT_GOAL := help
.PHONY: help demo test setup build format lint bench clean

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 10

demo: ## Set up, build, and track people in a real video
	@scripts/demo

test: ## Set up and run every test
	@scripts/test

setup: ## Only install what is missing
	@scripts/setup test

build: ## Release build
	@scripts/setup
	@swift build -c release --product gantry

format: ## Rewrite Sources and Tests in the project's format
	@swift format format --in-place --recursive Sources Tests

lint: ## Fail on anything not in the project's format
	@swift format lint --strict --recursive Sources Tests

bench: ## Measure: see docs/benchmarks.md
	@Benchmarks/run

clean: ## Remove what was built here (the cache in ~/.cache/gantry stays)
	@rm -rf .build gantry-out Package.resolved
