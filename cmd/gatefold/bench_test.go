package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/sim"
)

// make bench sets this to the stripped program; without it the test binary runs.
const benchBinary = "BENCH_BINARY"

func benchHouse(b *testing.B) *house {
	b.Helper()
	h := buildHouse(b)
	if path := os.Getenv(benchBinary); path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			b.Fatal(err)
		}
		h.program = abs
	}
	return h
}

// strangers shows another intruder at every look, and notes how long it takes
// from the answer's last byte to the pause: socket to socket, both ways through
// the kernel included.
type strangers struct {
	tokens http.Handler
	mu     sync.Mutex
	n      int
	shown  time.Time
	took   []time.Duration
	looks  []time.Time
}

func (s *strangers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPut:
		s.mu.Lock()
		s.took = append(s.took, time.Since(s.shown))
		s.mu.Unlock()
	case strings.HasPrefix(r.URL.Path, "/v1/me/player"):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.n++
		s.looks = append(s.looks, time.Now())
		fmt.Fprintf(w, `{"device":{"id":"d%d","is_active":true,"name":"Stranger %d","type":"Computer"},"is_playing":true,"timestamp":1,"progress_ms":5}`, s.n, s.n)
		w.(http.Flusher).Flush()
		s.shown = time.Now()
	default:
		s.tokens.ServeHTTP(w, r)
	}
}

func (s *strangers) samples() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.took)
}

// traced notes when an answer was read to its end, and how long it then takes
// until a pause is written to the socket.
type traced struct {
	http.RoundTripper
	mu       sync.Mutex
	answered time.Time
	took     []time.Duration
}

func (r *traced) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPut {
		req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.took = append(r.took, time.Since(r.answered))
			},
		}))
	}
	res, err := r.RoundTripper.RoundTrip(req)
	if err == nil && req.Method == http.MethodGet {
		res.Body = &readToEnd{res.Body, r}
	}
	return res, err
}

type readToEnd struct {
	io.ReadCloser
	r *traced
}

func (b *readToEnd) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.r.mu.Lock()
		b.r.answered = time.Now()
		b.r.mu.Unlock()
	}
	return n, err
}

const reactions = 200

// BenchmarkReaction is from an answer that shows an intruder to the pause written
// to the socket; every look shows another intruder. Aims: p50 0.3 ms, p99 2 ms.
func BenchmarkReaction(b *testing.B) {
	h, s := strangersHouse(b)
	trace := &traced{RoundTripper: http.DefaultTransport}
	stop := h.inProcess(b, world{Spotify: trace})
	for s.samples() < reactions {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	trace.mu.Lock()
	defer trace.mu.Unlock()
	percentiles(b, trace.took, "")
}

// BenchmarkPace is the whole program as a process: what a 100 ms interval really
// is, from the server's last byte to the pause arriving there, and memory. Aim:
// 40 MB.
func BenchmarkPace(b *testing.B) {
	h, s := strangersHouse(b)
	p := h.run()
	p.until("enough pauses", func() bool { return s.samples() >= reactions })
	rss := residentMB(b, p.cmd.Process.Pid)
	p.stop()
	percentiles(b, s.took, "-at-the-server")
	span := s.looks[len(s.looks)-1].Sub(s.looks[0])
	b.ReportMetric(float64(span.Microseconds())/1e3/float64(len(s.looks)-1), "ms/look-at-100ms")
	b.ReportMetric(rss, "resident-MB")
}

func strangersHouse(b *testing.B) (*house, *strangers) {
	b.Helper()
	h := benchHouse(b)
	s := &strangers{tokens: h.spotify}
	h.api = s
	h.write("rules/home.star", strings.Replace(testRules, `slack.post("*%s* is playing" % now.device.name, every="30m")`, "pass", 1))
	return h, s
}

func percentiles(b *testing.B, took []time.Duration, where string) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms"+where)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms"+where)
	b.ReportMetric(0, "ns/op")
}

// inProcess runs the daemon in this process.
func (h *house) inProcess(b *testing.B, w world) (stop func()) {
	b.Helper()
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: []string{
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home",
	}})
	if err != nil {
		b.Fatal(err)
	}
	w.Clock, w.Log = newClock(1), slog.New(slog.NewTextHandler(io.Discard, nil))
	w.Stdio = stdio{out: io.Discard, err: io.Discard}
	ctx, cancel := context.WithCancel(context.Background())
	d, err := newDaemon(ctx, cfg, w)
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
}

func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no /proc here: ", err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// BenchmarkStart is from the start of the process to its first look arriving.
// Aim: 100 ms.
func BenchmarkStart(b *testing.B) {
	var took []time.Duration
	for range 5 {
		h := benchHouse(b)
		seen := make(chan time.Time, 1)
		api := h.api
		h.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v1/me/player") {
				select {
				case seen <- time.Now():
				default:
				}
			}
			api.ServeHTTP(w, r)
		})
		cmd := exec.Command(h.program, "run")
		cmd.Env, cmd.Dir = h.env(), h.dir
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		took = append(took, (<-seen).Sub(begin))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "median-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkReload is from a saved file to the new decision in force, with 100
// rule files. Aim: 100 ms beyond the 150 ms of waiting for quiet.
func BenchmarkReload(b *testing.B) {
	h := buildHouse(b)
	for i := range 99 {
		h.write(fmt.Sprintf("rules/r%02d.star", i), fmt.Sprintf("def on_playback(now):\n    if now.device and now.device.name == \"%d\":\n        deny(\"%d\")\n", i, i))
	}
	heard := make(chanObserver, 1000)
	defer h.inProcess(b, world{Observe: heard})()
	h.home.Play(kitchen, sim.Item{Name: "So What"})
	heard.until(b, "allow()")
	var took []time.Duration
	for i := range 10 {
		reason := fmt.Sprintf("edit %d", i)
		text := strings.Replace(testRules, "allow()", fmt.Sprintf("allow(%q)", reason), 1)
		begin := time.Now()
		h.write("rules/home.star", text)
		heard.until(b, fmt.Sprintf("allow(reason=%q)", reason))
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3-150, "ms-beyond-debounce")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3-150, "worst-ms-beyond")
	b.ReportMetric(0, "ns/op")
}

// chanObserver hears what stands.
type chanObserver chan string

func (c chanObserver) Observe(_ string, r engine.Report) {
	if s, ok := r.(engine.StandsReport); ok {
		c <- s.Stands.Verdict.String()
	}
}

func (c chanObserver) until(t testing.TB, verdict string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case got := <-c:
			if got == verdict {
				return
			}
		case <-late:
			t.Fatalf("waited %s in vain until %s", patience, verdict)
		}
	}
}
