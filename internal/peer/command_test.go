//go:build peer

package peer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// api is the least that the Web API can be: it takes every access token, and remembers them in order.
type api struct {
	mu     sync.Mutex
	tokens []string
	looks  int
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Contains(a.tokens, token) {
		a.tokens = append(a.tokens, token)
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.Method + " " + r.URL.Path {
	case "GET /v1/me":
		io.WriteString(w, `{"id":"home","account_id":"stable-id","display_name":"Home"}`)
	case "GET /v1/me/player":
		a.looks++
		io.WriteString(w, `{"is_playing":true,"device":{"id":"k","name":"Kitchen","type":"Speaker","is_active":true},
			"item":{"type":"track","name":"So What","uri":"spotify:track:4vLYewWIvqHfKtJDk8c8tq","duration_ms":562000},
			"progress_ms":1000,"timestamp":1,"currently_playing_type":"track","context":null,"actions":{"disallows":{"resuming":true}}}`)
	default:
		http.NotFound(w, r)
	}
}

func (a *api) seen() (tokens []string, looks int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tokens), a.looks
}

const rules = `
def on_playback(now):
    if now.device == None:
        return
    if now.device.name == "Kitchen":
        allow()
    else:
        deny("not a household device")
        pause(every="10s")
`

// program is the real command in a folder of its own.
type program struct {
	*server
	path, dir string
	api       *api
}

func newProgram(s *server) *program {
	s.Helper()
	p := &program{server: s, path: filepath.Join(s.TempDir(), "gatefold"), dir: s.TempDir(), api: new(api)}
	build := exec.Command("go", "build", "-o", p.path, "gatefold/cmd/gatefold")
	if out, err := build.CombinedOutput(); err != nil {
		s.Fatalf("go build: %v\n%s", err, out)
	}
	web := httptest.NewServer(p.api)
	s.Cleanup(web.Close)
	p.write("rules/home.star", rules)
	p.write("gatefold.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
light: none
spotify:
  client_id: %s
  api_url: %s/v1
  accounts_url: %s
  budget: {per_30s: 5000, per_day: 1000000}
  poll: {denied: 100ms, playing: 100ms, paused: 100ms, idle: 100ms, idle_max: 100ms}
accounts:
  - {name: home, enforce: false}
`, publicApp, web.URL, s.address))
	return p
}

func (p *program) write(name, text string) {
	p.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.Fatal(err)
	}
}

// command is gatefold with these arguments, in an environment without anybody's secrets. It is killed after two minutes.
func (p *program) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	p.Cleanup(cancel)
	c := exec.CommandContext(ctx, p.path, args...)
	c.Dir = p.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GATEFOLD_") {
			c.Env = append(c.Env, kv)
		}
	}
	c.Env = append(c.Env, "XDG_CONFIG_HOME="+filepath.Join(p.dir, "config"))
	return c
}

// login runs gatefold login --paste, with the owner at another machine's browser.
func (p *program) login() {
	p.Helper()
	c := p.command("login", "home", "--paste")
	in, err := c.StdinPipe()
	if err != nil {
		p.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		p.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		p.Fatal(err)
	}
	var said strings.Builder
	lines, asked := bufio.NewScanner(out), regexp.MustCompile(regexp.QuoteMeta(p.address)+`/authorize\?\S+`)
	for pasted := false; lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if address := asked.FindString(lines.Text()); address != "" && !pasted {
			at, status := p.browse(address)
			if at == nil {
				p.Fatalf("the browser is not sent back: %d", status)
			}
			pasted = true
			fmt.Fprintln(in, at)
		}
	}
	if err := c.Wait(); err != nil || !strings.Contains(said.String(), "Linked: account home is that of Home (id home") {
		p.Fatalf("login: %v\n%s", err, said.String())
	}
}

// daemon is a gatefold run.
type daemon struct {
	*program
	cmd  *exec.Cmd
	log  string
	done chan error
}

func (p *program) run() *daemon {
	p.Helper()
	d := &daemon{program: p, cmd: p.command("run"), log: filepath.Join(p.TempDir(), "log"), done: make(chan error, 1)}
	log, err := os.Create(d.log)
	if err != nil {
		p.Fatal(err)
	}
	defer log.Close() // the child has its own
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		p.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	return d
}

func (d *daemon) said() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		d.Error(err)
	}
	return string(text)
}

// until waits; the daemon is killed two minutes after its start, which ends that.
func (d *daemon) until(what string, holds func() bool) {
	d.Helper()
	for !holds() {
		select {
		case err := <-d.done:
			d.Fatalf("gatefold run has ended (%v) before %s:\n%s", err, what, d.said())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// refreshes waits for so many access tokens that the API has not seen before, and for a look with the newest one.
func (d *daemon) refreshes(n int) {
	d.Helper()
	before, _ := d.api.seen()
	d.until(fmt.Sprintf("%d refreshes", n), func() bool {
		seen, _ := d.api.seen()
		return len(seen) >= len(before)+n && d.active(seen[len(seen)-1])
	})
	_, looks := d.api.seen()
	d.until("another look", func() bool { _, n := d.api.seen(); return n > looks })
}

func (d *daemon) stop() {
	d.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.Fatal(err)
	}
	if err := <-d.done; err != nil {
		d.Errorf("gatefold run: %v\n%s", err, d.said())
	}
	seen, _ := d.api.seen()
	for _, secret := range seen {
		if strings.Contains(d.said(), secret) {
			d.Errorf("the log has an access token in it:\n%s", d.said())
		}
	}
}

// A whole life of the command: the owner agrees; the daemon looks, refreshes on time what lives for six seconds only, and with
// each refresh gets another refresh token, with which the next start goes on. The owner takes it back, agrees once more,
// and the daemon goes on by itself.
func TestCommand(t *testing.T) {
	p := newProgram(serve(t, "--rotate", "--access-ttl", "6"))
	p.login()
	if seen, _ := p.api.seen(); len(seen) != 1 || !p.active(seen[0]) {
		t.Errorf("%d tokens were used to see whose account it is", len(seen))
	}
	d := p.run()
	d.refreshes(2)
	d.stop()
	if strings.Contains(d.said(), "blind") {
		t.Errorf("it was blind for a while:\n%s", d.said())
	}

	d = p.run()
	d.refreshes(1)
	p.owner("withdraw")
	d.until("it is blind", func() bool {
		out, _ := p.command("status").CombinedOutput()
		return strings.Contains(string(out), "invalid_grant") && strings.Contains(string(out), "gatefold login home")
	})
	p.login()
	d.refreshes(2)
	d.stop()
}
