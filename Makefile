# imgfilter: `make run` starts everything from this checkout, `make test` tests everything.

STACK   = PYTHONPATH=tests /usr/bin/python3 -m stack
LOAD    = PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m load
PAGE    = PAGE_PROFILE=release PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m page
TARGET  = $(or $(CARGO_TARGET_DIR),target)
PROGRAM = $(TARGET)/release/imgfilter

.DEFAULT_GOAL := help
.PHONY: help deps headers build package test-system run start stop status test bench bench-setup bench-cleanup bench-engine bench-queue bench-service bench-downloads bench-events latency load day soak chaos bench-notify chaos-notify fmt lint docs schema fuzz contract gallery lighthouse screenshots reset clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install the Debian packages that building and testing need
	@tests/packages/install run test

headers:
	@tests/packages/install run
	@nginx/upload-module/configure-nginx

build: headers ## build the release
	cargo build --release --workspace --locked
	@nginx/pages/fill $(PROGRAM)

package: build ## make the Debian package: target/package/imgfilter_*.deb
	@systemd/debian/build

run: build ## run PostgreSQL, store, nginx and worker until Ctrl-C (IMGFILTER_PORT=8080)
	@exec env $(STACK) run

start: build ## the same in the background; returns when an upload would be accepted
	@$(STACK) start

stop: ## end what `make start` started
	@$(STACK) stop

status: ## say whether the stack runs
	@$(STACK) status

test: deps headers ## everything: style, Rust, Lua, SQL, nginx, end to end
	@tests/run

bench-setup: headers ## install the rivals that `make bench` measures
	@tests/packages/install bench
	@worker/filters/benches/compare --setup

bench-engine: headers ## measure what it costs to filter an image in a process of its own
	@cargo bench --workspace --locked --bench engine

bench: bench-setup ## measure the engine beside libvips, sharp, Pillow, ImageMagick, GraphicsMagick and photon-rs
	@worker/filters/benches/compare

bench-service: deps build ## measure how much of what the codecs alone would do the whole service does
	@$(LOAD).service

latency: deps build ## measure how long tasks wait: on an idle service, and fast ones beside two hundred slow ones
	@$(LOAD).latency

day: deps build ## put DAY_UPLOADS (100000) small photographs through the service: how long a day of the load takes, and what it costs
	@$(LOAD).day --uploads $(or $(DAY_UPLOADS),100000)

bench-cleanup: deps build ## measure the cleanup: links a second, memory, killed five times, two at once, tasks beside it
	@$(LOAD).cleanup

bench-queue: deps build ## measure the queue by itself: tasks a second, claims before a backlog, a rate before an old snapshot
	@$(LOAD).queue

bench-events: deps build ## measure what 5,000 streams of events cost, and how soon they tell that a task has ended
	@$(LOAD).events

bench-downloads: deps build ## measure downloads beside a plain nginx, and what a crowd costs the store
	@tests/packages/install bench
	@$(LOAD).downloads

load: deps build ## measure what the edge takes in beside a plain nginx, and whether slow clients keep others waiting
	@$(LOAD).throughput
	@$(LOAD).slow

soak: deps build ## put SOAK_UPLOADS (20000) uploads through two edges, killing one, and check that nothing was lost
	@$(LOAD).soak --uploads $(or $(SOAK_UPLOADS),20000)

chaos: deps build ## put CHAOS_UPLOADS (5000) uploads through two edges and two workers while parts are killed (CHAOS_SEED=…)
	@$(LOAD).chaos --uploads $(or $(CHAOS_UPLOADS),5000) $(addprefix --seed ,$(CHAOS_SEED))

test-system: build ## install the package on a new Debian that boots by systemd, use it as operators do, upgrade and purge it
	@tests/packages/install system
	@systemd/debian/build 1 2
	@PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m system target/package/imgfilter_*-1_*.deb target/package/imgfilter_*-2_*.deb

bench-notify: deps build ## measure how soon five hundred receivers are told beside others that misbehave in every way
	@$(LOAD).notify

chaos-notify: deps build ## tell of NOTIFY_TASKS (10000) tasks by four channels while those who tell are killed (CHAOS_SEED=…)
	@$(LOAD).chaos_notify --tasks $(or $(NOTIFY_TASKS),10000) $(addprefix --seed ,$(CHAOS_SEED))

lighthouse: deps build ## measure the pages by Lighthouse, how soon something is seen of them, and how soon the preview follows a slider
	@$(PAGE) lighthouse

screenshots: deps build ## take the pictures of the page that docs/ shows
	@$(PAGE) run docs/pictures/page/take.mjs

fmt: ## format the Rust code
	cargo fmt --all

lint: deps headers ## style and linters only
	@tests/run lint

docs: build ## regenerate the pages that the program writes itself
	$(PROGRAM) filters --markdown > docs/FILTERS.md
	$(PROGRAM) config --markdown > docs/CONFIGURATION.md
	@PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m suites.metrics $(PROGRAM)

schema: headers ## write docs/SCHEMA.sql anew, from a database that is migrated for it
	@PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m suites.schema

fuzz: ## feed strangers' bytes to the parsers, FUZZ_SECONDS (600) each; needs cargo-fuzz
	@tests/fuzz $(or $(FUZZ_SECONDS),600)

contract: build ## send to the living service what openapi.json allows and forbids, by schemathesis
	@tests/contract/run

gallery: build ## draw a contact sheet of every filter and every look
	@docs/pictures/gallery $(PROGRAM)

reset: stop ## remove the state under var/: database, files, settings
	rm -rf "$$(readlink -f var)" var

clean: reset ## remove what was built, and the state under var/
	cargo clean
	rm -rf nginx/www/lib nginx/www/docs
