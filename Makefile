# gatefold. `make` prints the targets.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty --abbrev=12 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# v1.9.0 wants a module that the proxy does not serve.
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.1.4
FUZZTIME ?= 10000x
# What make dist builds. Each processor costs a minute or two the first time, so the others (arm64-static, armv7-static,
# armv6-static) are built when they are asked for.
TARGETS ?= amd64 arm64 armv7 amd64-static
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help build demo dist dist-test test test-all check bench bench-polling bench-fleet fmt tools node prometheus qemu neovim

help: ## print this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: # what every target needs
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or newer is missing: see https://go.dev/doc/install"; exit 1; }
	@$(GO) version | awk '{split(substr($$3, 3), v, "."); if (v[1] < 1 || v[1] == 1 && v[2]+0 < 26) {print "Go 1.26 or newer is needed, this is " $$3; exit 1}}'
	@command -v cc >/dev/null || command -v gcc >/dev/null || { echo "a C compiler is missing: apt-get install gcc libc6-dev"; exit 1; }

build: tools ## build bin/gatefold
	@mkdir -p bin
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/gatefold ./cmd/gatefold

demo: build ## watch it work on a simulated household (ARGS='--for 20s' hands flags on)
	@bin/gatefold demo $(ARGS)

dist: tools ## build dist/*.tar.gz for machines without a compiler, such as a Pi (TARGETS=arm64 builds one)
	@sh .ci/dist $(GO) '$(VERSION)' $(TARGETS)

dist-test: tools qemu
	@sh .ci/dist-test $(GO) '$(VERSION)' $(TARGETS)

test: tools ## run the tests: no network, no device, no root, no display
	@sh .ci/gotest $(GO) -timeout 30m ./...

TAGS   := fakeusb,contract,peer,prometheus,editor
TAGGED := ./hardware/fakeusb ./cmd/gatefold ./internal/contract ./internal/peer ./internal/dashboards
# The daemon's lights on the emulated bus: the other tests of that folder run without it.
LIGHTS := ^TestLights?On
# That a folder has no tests with its build tag is no pass.
tagged = @$(GO) test -race -tags $(1) -list '$(or $(3),^Test)' $(2) | grep -q '^Test' || { echo "$(2) has no tests with the build tag $(1)"; exit 1; }

test-all: tools node prometheus qemu neovim test dist-test ## and those that need more: emulated USB, the API's description, an authorization server, Prometheus, Neovim, the tarballs
	$(GO) vet -tags $(TAGS) $(TAGGED)
	$(GO) run $(STATICCHECK) -tags $(TAGS) $(TAGGED)
	$(call tagged,fakeusb,./hardware/fakeusb)
	$(GO) test -race -tags fakeusb ./hardware/...
	$(call tagged,fakeusb,./cmd/gatefold,$(LIGHTS))
	$(GO) test -race -tags fakeusb -parallel 8 -run '$(LIGHTS)' ./cmd/gatefold
	$(call tagged,contract,./internal/contract)
	$(GO) test -race -count=1 -v -tags contract ./internal/contract/...
	$(call tagged,peer,./internal/peer)
	$(GO) test -race -count=1 -tags peer ./internal/peer/...
	$(call tagged,prometheus,./internal/dashboards,^TestEveryQueryReturnsData)
	$(GO) test -race -count=1 -tags prometheus ./internal/dashboards
	$(call tagged,editor,./cmd/gatefold,^TestNeovim)
	$(GO) test -race -count=1 -tags editor -run '^TestNeovim' ./cmd/gatefold

node: # what the other authorization server runs on
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node.js 18 or newer and npm are missing: apt-get install nodejs npm"; exit 1; }
	@node --version | awk '{split(substr($$1, 2), v, "."); if (v[1] < 18) {print "Node.js 18 or newer is needed, this is " $$1; exit 1}}'

neovim: # a real editor for gatefold lsp
	@command -v nvim >/dev/null || { echo "nvim is missing: apt-get install --no-install-recommends neovim"; exit 1; }

qemu: # what starts the tarballs' programs for ARM; make dist says which compilers are missing
	@for c in qemu-aarch64 qemu-arm; do command -v $$c >/dev/null || { echo "$$c is missing: apt-get install --no-install-recommends qemu-user"; exit 1; }; done

prometheus: # what asks the demo for metrics; its service need not run
	@for c in prometheus promtool; do command -v $$c >/dev/null || { echo "$$c is missing: apt-get install --no-install-recommends prometheus"; exit 1; }; done
	@prometheus --version 2>&1 | awk '$$2 == "version" {split($$3, v, "."); if (v[1] < 2 || v[1] == 2 && v[2]+0 < 40) {print "Prometheus 2.40 or newer is needed, this is " $$3; exit 1}}'

check: tools ## gofmt, vet, staticcheck, govulncheck where reachable, race, short fuzzing, layout
	@files=$$(gofmt -l .); test -z "$$files" || { echo "not gofmt-ed (make fmt):"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@sh .ci/govulncheck $(GO) $(GOVULNCHECK)
	$(GO) test -count=1 ./internal/layout
	@sh .ci/gotest $(GO) -race -timeout 30m ./...
	@sh .ci/fuzz $(GO) $(FUZZTIME)

bench: tools ## measure: rules, reaction, reload, start, memory, size
	@sh .ci/bench $(GO)

bench-polling: build ## compare ways of polling over four simulated weeks (ARGS='--seed 1,2,3' hands flags on)
	@bin/gatefold simulate $(ARGS)

bench-fleet: tools ## measure one process with 1 to 10,000 accounts (six minutes)
	@sh .ci/bench-fleet $(GO)

fmt: ## gofmt everything
	gofmt -w $$(git ls-files '*.go')
