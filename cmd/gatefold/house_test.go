package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatefold/internal/control"
	"gatefold/internal/sim"
)

// house is a folder with a configuration, rules, and the simulated services on
// real sockets, for a daemon that runs as a process of its own.
type house struct {
	t        testing.TB
	dir      string
	spotify  *sim.Spotify
	slack    *sim.Slack
	home     *sim.Account
	api      http.Handler // what answers as Spotify; the simulator unless a test says otherwise
	apiURL   string
	slackURL string
	secrets  []string // instead of the refresh token of home and the Slack token
	keys     string   // folder for the key of the secrets store
	program  string   // this binary, unless a benchmark says otherwise
	more     []string // of the environment
	start    func(*exec.Cmd) error
}

// testRules allow one device and act on every other.
const testRules = `
def on_playback(now):
    if now.device == None:
        blink1.set("white", brightness=5)
    elif now.device.name == "Kitchen":
        allow()
        blink1.set("green")
    else:
        deny("not a household device")
        blink1.set("red")
        if now.playing:
            pause(every="10s")
            slack.post("*%s* is playing" % now.device.name, every="30m")
`

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel() // most of the time a daemon waits
	return buildHouse(t)
}

func buildHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), keys: t.TempDir(), program: os.Args[0], start: (*exec.Cmd).Start}
	h.slack = sim.NewSlack(sim.SlackOptions{Now: time.Now, Token: "xoxb-test"})
	h.serve(sim.SpotifyOptions{Now: time.Now})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.api.ServeHTTP(w, r) }))
	t.Cleanup(api.Close)
	slack := httptest.NewServer(h.slack)
	t.Cleanup(slack.Close)
	h.apiURL, h.slackURL = api.URL, slack.URL
	h.write("rules/home.star", testRules)
	h.write("gatefold.yaml", h.config("true"))
	return h
}

// serve makes a simulated Spotify answer, with the account home.
func (h *house) serve(o sim.SpotifyOptions) {
	h.spotify = sim.NewSpotify(o)
	h.home = h.spotify.AddAccount("home", sim.AccountOptions{Obeys: true})
	h.api = h.spotify
}

func (h *house) config(enforce string) string {
	return fmt.Sprintf(`
listen: 127.0.0.1:0
light: none
timezone: UTC
spotify:
  client_id: test
  api_url: %s/v1
  accounts_url: %s
  budget: {per_30s: 5000, per_day: 1000000}
  poll: {denied: 100ms, playing: 100ms, paused: 100ms, idle: 100ms, idle_max: 100ms}
slack: {api_url: "%s/api/", channel: "#music"}
accounts:
  - {name: home, enforce: %s}
`, h.apiURL, h.apiURL, h.slackURL, enforce)
}

// write makes a file as an editor would that saves beside and renames.
func (h *house) write(name, content string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	tmp := filepath.Join(filepath.Dir(path), ".tmp")
	if err := os.WriteFile(tmp, []byte(content), 0o644); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) env() []string {
	env := append(append(os.Environ(), asGatefold+"=1", "XDG_CONFIG_HOME="+h.keys), h.more...)
	if h.secrets != nil {
		return append(env, h.secrets...)
	}
	return append(env, "GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test", "GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home")
}

// gatefold runs a command to its end.
func (h *house) gatefold(args ...string) (out string, code int) {
	h.t.Helper()
	cmd := exec.Command(h.program, args...)
	cmd.Env, cmd.Dir = h.env(), h.dir
	var said syncBuffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, patience
	if err := h.start(cmd); err != nil {
		h.t.Fatal(err)
	}
	if err := endOf(cmd); errors.Is(err, errHangs) {
		h.t.Fatalf("gatefold %s: %v; this is what it was doing:\n%s", strings.Join(args, " "), err, said.String())
	}
	return said.String(), cmd.ProcessState.ExitCode()
}

// commandLimit is when a command is taken for one that hangs.
const commandLimit = 3 * time.Minute

var errHangs = fmt.Errorf("it had not ended after %s", commandLimit)

// endOf waits for the end of a command. One that hangs is ended as by a panic: it writes the stack of every goroutine.
func endOf(c *exec.Cmd) error {
	hangs := time.AfterFunc(commandLimit, func() {
		_ = c.Process.Signal(syscall.SIGQUIT)
		time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() }) // who only hands it on to a child
	})
	err := c.Wait()
	if !hangs.Stop() {
		return errHangs
	}
	return err
}

// process is a daemon that runs.
type process struct {
	h    *house
	cmd  *exec.Cmd
	log  *syncBuffer
	done chan struct{}
	code int
}

// run starts the daemon and waits until it answers.
func (h *house) run() *process {
	h.t.Helper()
	p := &process{h: h, cmd: exec.Command(h.program, "run"), log: &syncBuffer{}, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = h.env(), h.dir
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = p.log, p.log, patience
	if err := h.start(p.cmd); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.done)
	}()
	h.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if h.t.Failed() {
			h.t.Logf("log of the daemon:\n%s", p.log.String())
		}
	})
	p.until("it answers", func() bool { _, err := p.ask(); return err == nil })
	return p
}

func (p *process) ask() (control.Status, error) {
	c := control.Client{Path: filepath.Join(p.h.dir, "data", "gatefold.sock")}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.Status(ctx)
}

func (p *process) status() control.Status {
	p.h.t.Helper()
	s, err := p.ask()
	if err != nil {
		p.h.t.Fatalf("%v\n%s", err, p.log.String())
	}
	return s
}

func (p *process) account() control.Account {
	p.h.t.Helper()
	return p.status().Accounts[0]
}

// until polls a condition that the daemon brings about by itself; the limit is
// generous, because machines are slow at times.
// patience is how long a test waits for what must come: long, because other tests may have the machine.
const patience = time.Minute

func (p *process) until(what string, ok func() bool) {
	p.h.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		select {
		case <-p.done:
			p.h.t.Fatalf("the daemon ended (%d) before %s:\n%s", p.code, what, p.log.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.h.t.Fatalf("waited %s in vain until %s; log:\n%s", patience, what, p.log.String())
		}
	}
}

// measures waits until the metrics have these lines: what the status says may be there a moment before.
func (p *process) measures(lines ...string) {
	p.h.t.Helper()
	for _, line := range lines {
		p.until("the metrics have "+line, func() bool { return strings.Contains(p.metrics(), line) })
	}
}

// looks waits for some whole looks that began from now on.
func (p *process) looks(n int) {
	p.h.t.Helper()
	last := p.account().LastLook
	for range n {
		p.until("another look", func() bool { return p.account().LastLook.After(last) })
		last = p.account().LastLook
	}
}

// stop ends it as systemd does, and gives the exit code and how long it took.
func (p *process) stop() (code int, took time.Duration) {
	p.h.t.Helper()
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.h.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.h.t.Fatalf("it does not end:\n%s", p.log.String())
	}
	return p.code, time.Since(begin)
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (p *process) metrics() string {
	p.h.t.Helper()
	c := http.Client{Timeout: patience}
	resp, err := c.Get(p.status().Metrics)
	if err != nil {
		p.h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return string(body)
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
