package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// fleetResult is what one size gave.
type fleetResult struct {
	Accounts            int
	Rate                float64 // looks per second
	Late                lateness
	First               lateness // of the first looks, from when each was to be
	Built, AllSeen      float64  // seconds
	CPU, SimCPU         float64  // microseconds for each look
	Busy                float64  // percent of all cores, everything on the machine
	Allocated           float64  // bytes for each look
	Allocations         float64
	Resident            float64 // bytes, at the end, garbage included
	Heap, Stacks        float64 // bytes, after a collection
	Goroutines, Sockets int
	Failed              int
}

// lateness is in milliseconds.
type lateness struct{ P50, P99, Worst float64 }

func latenessOf(all []time.Duration) (l lateness) {
	if len(all) == 0 {
		return l
	}
	slices.Sort(all)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	return lateness{ms(all[len(all)/2]), ms(all[len(all)*99/100]), ms(all[len(all)-1])}
}

// punctual notes how late each look's request was on the wire.
type punctual struct {
	mu     sync.Mutex
	of     map[string]*timedSource
	first  []time.Duration
	late   []time.Duration
	failed int
}

// timedSource is an account's source with a stopwatch.
type timedSource struct {
	engine.Source
	p    *punctual
	due  atomic.Pointer[time.Time]
	sent atomic.Pointer[time.Time]
	seen bool
}

// Observe implements engine.Observer: it hears when the next look is due.
func (p *punctual) Observe(account string, r engine.Report) {
	if pace, ok := r.(engine.PaceReport); ok {
		p.of[account].due.Store(&pace.Due)
	}
}

func (p *punctual) begins() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late, p.failed = nil, 0
}

func (s *timedSource) Look(ctx context.Context, verify bool) engine.Input {
	due := *s.due.Load()
	// With an access token to be fetched there are two requests: the later one is the look.
	out := s.Source.Look(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { now := time.Now(); s.sent.Store(&now) },
	}), verify)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	_, ok := out.(engine.Looked)
	sent := s.sent.Swap(nil)
	switch {
	case !ok || sent == nil:
		s.p.failed++
	case !s.seen:
		s.seen = true
		s.p.first = append(s.p.first, sent.Sub(due))
	default:
		s.p.late = append(s.p.late, sent.Sub(due))
	}
	return out
}

// allSeen says whether every account was looked at.
func (p *punctual) allSeen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.first) == len(p.of)
}

// runFleet is the process with the daemon. Everything is as in `gatefold run`, but the
// secrets lie in memory: ten thousand logins are not what is measured.
func runFleet() {
	o := fleetOrdered()
	if o.Profile != "" {
		runtime.MemProfileRate = 8 << 10
	}
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(o.Dir, "gatefold.yaml")})
	if err != nil {
		fleetFatal(err)
	}
	store := new(secrets.Memory)
	ctx, cancel := context.WithCancel(context.Background())
	for i := range o.Accounts {
		raw, err := spotify.EncodeCredential(spotify.NewCredential("refresh-" + fleetAccount(i)))
		if err == nil {
			err = store.Put(ctx, config.CredentialName(fleetAccount(i)), secrets.NewValue(raw))
		}
		if err != nil {
			fleetFatal(err)
		}
	}
	r := fleetResult{Accounts: o.Accounts}
	profiling := profileFleet(o, "start")
	p := &punctual{of: map[string]*timedSource{}}
	begin := time.Now()
	d, err := newDaemon(ctx, cfg, world{
		Clock: newClock(1), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Secrets: store, Observe: p,
		Stdio: stdio{out: io.Discard, err: io.Discard},
	})
	if err != nil {
		fleetFatal(err)
	}
	r.Built = time.Since(begin).Seconds()
	begin = time.Now()
	for i, a := range d.accounts {
		s := &timedSource{Source: a.runner.Source, p: p}
		due := begin.Add(firstLook(i))
		s.due.Store(&due)
		p.of[a.name], a.runner.Source = s, s
	}
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	for !p.allSeen() {
		time.Sleep(10 * time.Millisecond)
	}
	r.AllSeen = time.Since(begin).Seconds()
	profiling()
	time.Sleep(2 * fleetEvery)
	r.measure(o, p)
	raw, err := json.Marshal(r)
	if err != nil {
		fleetFatal(err)
	}
	os.Stdout.Write(raw)
	cancel()
	if err := <-done; err != nil {
		fmt.Fprintln(os.Stderr, "fleet: ending:", err)
	}
	os.Exit(0)
}

// measure is the steady state.
func (r *fleetResult) measure(o fleetOrder, p *punctual) {
	profiling := profileFleet(o, "steady")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	busy, all := machineTicks()
	own, other := ownCPU(), ticksOf(o.Simulator)
	p.begins()
	begin := time.Now()
	time.Sleep(time.Duration(o.Seconds) * time.Second)
	p.mu.Lock()
	late, failed := p.late, p.failed
	p.late = nil
	p.mu.Unlock()
	took := time.Since(begin)
	looks := float64(len(late))
	r.Rate, r.Failed = looks/took.Seconds(), failed
	r.CPU = float64((ownCPU() - own).Microseconds()) / looks
	r.SimCPU = float64((ticksOf(o.Simulator) - other).Microseconds()) / looks
	busyNow, allNow := machineTicks()
	r.Busy = 100 * float64(busyNow-busy) / float64(allNow-all)
	runtime.ReadMemStats(&after)
	r.Allocated = float64(after.TotalAlloc-before.TotalAlloc) / looks
	r.Allocations = float64(after.Mallocs-before.Mallocs) / looks
	r.Late, r.First = latenessOf(late), latenessOf(p.first)
	r.Goroutines = runtime.NumGoroutine()
	r.Sockets = sockets()
	r.Resident = resident()
	profiling()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	r.Heap, r.Stacks = float64(after.HeapAlloc), float64(after.StackInuse)
}

// profileFleet takes profiles if somebody wants them.
func profileFleet(o fleetOrder, phase string) (end func()) {
	if o.Profile == "" {
		return func() {}
	}
	create := func(name string) *os.File {
		f, err := os.Create(filepath.Join(o.Profile, fmt.Sprintf("%s.%s.%d", phase, name, o.Accounts)))
		if err != nil {
			fleetFatal(err)
		}
		return f
	}
	cpu := create("cpu")
	if err := pprof.StartCPUProfile(cpu); err != nil {
		fleetFatal(err)
	}
	return func() {
		pprof.StopCPUProfile()
		cpu.Close()
		runtime.GC()
		for _, name := range []string{"heap", "allocs", "goroutine"} {
			f := create(name)
			_ = pprof.Lookup(name).WriteTo(f, 0)
			f.Close()
		}
	}
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fleetFatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const tick = 10 * time.Millisecond // USER_HZ is 100 wherever Go runs

// ticksOf is the CPU time of another process.
func ticksOf(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		fleetFatal(err)
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	return time.Duration(number(fields[11])+number(fields[12])) * tick // utime, stime
}

// machineTicks is the time that the cores were busy, and the time that they were there.
func machineTicks() (busy, all int64) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		fleetFatal(err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, word := range strings.Fields(line)[1:9] {
		all += number(word)
		if i != 3 && i != 4 { // idle, waiting for a disk
			busy += number(word)
		}
	}
	return busy, all
}

func resident() float64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		fleetFatal(err)
	}
	return float64(number(strings.Fields(string(raw))[1]) * int64(os.Getpagesize()))
}

func sockets() (n int) {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		fleetFatal(err)
	}
	for _, f := range all {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fleetFatal(err)
	}
	return n
}
