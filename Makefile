# wirecensus: what a developer types. `make help` lists it.
# Needs Go and make. `make test` installs what some tests use besides where it may (.ci/prepare), and says what it skipped.

SHELL   := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
export CGO_ENABLED ?= 0

# Packages that start goroutines; the others cannot race (cmd/archtest proves it).
CONCURRENT := ./sensor ./sensor/capture ./sensor/publish ./sensor/publish/outbox ./sensor/publish/kafka ./inventory ./inventory/api/rest ./inventory/ingest ./cmd/wirecensus

FUZZTIME  ?= 10m
FUZZ      ?= .
BENCH     ?= .
BENCHTIME ?= 1s
ROUNDS    ?= 5
LOADS     ?=
CHAOS_CALLS ?= 1000000
SEEDS     ?= 3
SOAK      ?= 1h
REALAPPS  ?= .realapps
DEMO      ?= demo
LAB       ?=
DECLARED  ?=
VARIANT   ?= dense

.PHONY: help build test unit race chaos demo fuzz bench live stages loss soak lab realapps clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

build: ## bin/wirecensus
	@mkdir -p bin
	go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/wirecensus ./cmd/wirecensus

test: unit race ## everything: format, vet, linter, house rules, unit, transcript, golden, fuzz seeds, command line, races

# cmd runs last and uncached: the house rules and the command-line tests look at
# files and start programs that the test cache does not know of.
unit:
	@.ci/prepare
	@mkdir -p bin
	@echo "== unit tests, fuzz seeds, golden files"
	@go test -v $$(go list ./... | grep -v '/cmd/archtest$$\|/cmd/wirecensus$$') 2>&1 | awk -f .ci/summary.awk
	@echo "== house rules (format, vet, staticcheck, imports, docs, state), command line"
	@go test -count=1 -v $$(go list ./cmd/... | grep '/cmd/archtest$$\|/cmd/wirecensus$$') 2>&1 | awk -f .ci/summary.awk

race:
	@echo "== race detector"
	@if ! command -v "$$(CGO_ENABLED=1 go env CC | cut -d' ' -f1)" >/dev/null; then \
	  echo "SKIPPED race detector: it needs a C compiler (apt-get install gcc), none was found"; \
	else \
	  have=(); for p in $(CONCURRENT); do compgen -G "$$p/*_test.go" >/dev/null && have+=("$$p"); done; \
	  if [ $${#have[@]} -eq 0 ]; then echo "SKIPPED race detector: no package with goroutines has tests"; \
	  else CGO_ENABLED=1 go test -race -short -v "$${have[@]}" 2>&1 | awk -f .ci/summary.awk; fi; \
	fi

chaos: ## SIGKILL for sensor, broker and inventory while CHAOS_CALLS=1000000 calls flow; SEEDS=3
	WIRECENSUS_CHAOS_CALLS=$(CHAOS_CALLS) WIRECENSUS_CHAOS_SEEDS=$(SEEDS) go test -count=1 -v -timeout 0 -run '^TestChaos$$' ./cmd/wirecensus

demo: build ## a capture of a small company, replayed: what a first look is like
	go run ./cmd/wiregen -o $(DEMO)
	bin/wirecensus replay --spec $(DEMO)/specs --proto $(DEMO)/protos --out $(DEMO)/out $(DEMO)/demo.pcapng
	@echo
	@echo "open $(DEMO)/out/report.html in a browser; $(DEMO)/truth.json says what the generator really did"

fuzz: ## every fuzz target for FUZZTIME (10m); FUZZ=regexp picks targets
	@grep -rHoE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' . | sort | while IFS=: read -r file fn; do \
	  fn=$${fn#func }; [[ $$fn =~ $(FUZZ) ]] || continue; \
	  echo "== $$(dirname "$$file") $$fn for $(FUZZTIME)"; \
	  go test "$$(dirname "$$file")" -run '^$$' -fuzz "^$$fn\$$" -fuzztime $(FUZZTIME) </dev/null || exit 1; \
	done

bench: ## the speed goals: sensor beside the yardsticks, ROUNDS=5 of each, LOADS=regexp picks captures; they stay in .bench (2 GB)
	@mkdir -p .bench
	go test -c -o .bench/sensor.test ./sensor
	@cd sensor && WIRECENSUS_BENCH='$(CURDIR)/.bench' WIRECENSUS_BENCH_ROUNDS=$(ROUNDS) WIRECENSUS_BENCH_LOADS='$(LOADS)' ../.bench/sensor.test -test.run '^TestGoals$$' -test.timeout 0

live: ## the live ladder: rates without loss on a virtual cable, for 1 and 2 workers, and the books at each (root, Linux)
	WIRECENSUS_LIVE=1 go test -count=1 -v -timeout 0 -run '^TestLadder$$' ./cmd/wirecensus

stages: ## every Go benchmark; BENCH=regexp, BENCHTIME=5s
	go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) $$(grep -rlE '^func Benchmark' --include='*_test.go' . | xargs -r -n1 dirname | sort -u)

loss: ## what is left of 100,000 calls when the mirror loses packets, 5 seeds of each kind of loss
	WIRECENSUS_LOSS=full go test -count=1 -v -timeout 0 -run '^TestItem21Loss$$' ./sensor

soak: ## the sensor under a steady load for SOAK=1h: memory, goroutines and file descriptors
	WIRECENSUS_SOAK=$(SOAK) go test -count=1 -v -timeout 0 -run '^TestItem36Soak$$' ./sensor

# SEEDS is 3 for chaos; here it is heard only where somebody gives it, else SEED and POOLS are.
LABRUNS = $(if $(filter file default undefined,$(origin SEEDS)),$${SEED:-1}/$${POOLS:-1},$(SEEDS))

lab: ## judge the documents against known truth; LAB=folder with lab.sh, VARIANT=dense|sparse, SEEDS="1 77 5/9" (seed or seed/pools), DECLARED=all supplies the documents
	@if [ -z '$(LAB)' ]; then echo "make lab: say where the laboratory is: make lab LAB=DIR (a folder with lab.sh)" >&2; exit 2; fi
	@if [ ! -f '$(LAB)/lab.sh' ]; then echo "make lab: $(LAB)/lab.sh does not exist" >&2; exit 2; fi
	@case '$(DECLARED)' in ''|all) ;; *) echo "make lab: DECLARED is all or not given" >&2; exit 2;; esac
	$(MAKE) build
	@out=$${OUT:-}; for run in $(LABRUNS); do \
	  export SEED=$${run%/*} POOLS=$${run#*/}; \
	  echo "seed $$SEED, pools $$POOLS$(if $(DECLARED),; documents supplied)"; \
	  $(if $(filter 2 3 4 5 6 7 8 9,$(words $(LABRUNS))),[ -z "$$out" ] || export OUT="$$out/$$SEED-$$POOLS";) \
	  bash '$(LAB)/lab.sh' gen $(VARIANT); \
	  PATH="$(CURDIR)/bin:$$PATH" LABSPECS="$${SPECS:-$(abspath $(LAB))/specs/open}" bash '$(LAB)/lab.sh' judge wirecensus$(if $(DECLARED),-declared) $(VARIANT) \
	    'n=$$(basename "$$PCAP" .$(VARIANT).pcap); wirecensus replay $(if $(DECLARED),--spec "$$(compgen -G "$$LABSPECS/$$n.*" | head -1)") --out "$$GEN.out" "$$PCAP" && mkdir "$$GEN" && cp "$$GEN.out"/openapi/*.json "$$GEN"'; \
	done

realapps: build ## real applications driven by their own clients, captured live (root), and their own documents beside ours
	bash cmd/wirecensus/testdata/realapps/run.sh bin/wirecensus '$(REALAPPS)'

clean: ## remove what the targets above made
	rm -rf bin $(DEMO) wirecensus-out .bench .realapps
