package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/sim"
)

// canaries are secrets that must not be found in anything that gatefold writes.
type canaries struct {
	mu  sync.Mutex
	all map[string]string // secret -> what it is
}

func (c *canaries) plant(what, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]string{}
	}
	if len(secret) >= 8 {
		c.all[secret] = what
	}
}

// search looks for every secret, as it is and as it would look encoded.
func (c *canaries) search(t *testing.T, where string, text []byte) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for secret, what := range c.all {
		for how, form := range map[string]string{
			"": secret, "in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "in base64url": base64.RawURLEncoding.EncodeToString([]byte(secret)),
			"in hex": hex.EncodeToString([]byte(secret)), "escaped": url.QueryEscape(secret),
		} {
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s has the %s %s", where, what, how)
			}
		}
	}
}

// searchFolder reads every file below a folder.
func (c *canaries) searchFolder(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		c.search(t, path, raw)
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files in %s, %v", files, dir, err)
	}
}

// listener stands before the simulated Spotify: it learns every token that passes,
// and where it is told to it answers as the worst of proxies does: with everything
// that was sent to it.
type listener struct {
	c    *canaries
	next http.Handler

	mu   sync.Mutex
	echo map[string]int // path -> status of answers that repeat what was asked
}

func (l *listener) echoes(path string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.echo = map[string]int{path: status}
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	l.c.plant("access token", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if form, err := url.ParseQuery(string(body)); err == nil {
		for _, name := range []string{"refresh_token", "client_secret", "code_verifier", "code"} {
			l.c.plant(name, form.Get(name))
		}
	}
	l.mu.Lock()
	status := l.echo[r.URL.Path]
	l.mu.Unlock()
	if status != 0 {
		w.Header().Set("Location", "https://elsewhere.example/?token="+r.Header.Get("Authorization"))
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"status":%d,"message":%q},"device":%q}`, status, r.Header.Get("Authorization")+" "+string(body), body)
		return
	}
	rec := httptest.NewRecorder()
	l.next.ServeHTTP(rec, r)
	if r.URL.Path == "/api/token" {
		var tok struct{ Access, Refresh string }
		for key, into := range map[string]*string{`"access_token":"`: &tok.Access, `"refresh_token":"`: &tok.Refresh} {
			if _, rest, ok := strings.Cut(strings.ReplaceAll(rec.Body.String(), `": "`, `":"`), key); ok {
				*into, _, _ = strings.Cut(rest, `"`)
			}
		}
		l.c.plant("access token", tok.Access)
		l.c.plant("refresh token", tok.Refresh)
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// Promise 8: a secret is never written in plain text: not on disk, in a log, a
// metric, an error, a URL, a process list. Every secret is known to the test; then
// gatefold lives through login, success, every kind of refusal by a service that
// repeats what it was sent, rotation, debug logging, a dump of all its goroutines
// and a kill, and every byte that it wrote is searched.
func TestNoSecretIsWritten(t *testing.T) {
	h := unlinked(t)
	c := &canaries{}
	const slackToken, appSecret = "xoxb-canary-slack-0001", "canary-app-secret-0002"
	key := base64.StdEncoding.EncodeToString([]byte("canary-journal-key-0003-32-bytes"))
	c.plant("Slack token", slackToken)
	c.plant("client secret", appSecret)
	c.plant("journal key", key)
	c.plant("journal key itself", "canary-journal-key-0003-32-bytes")
	h.serve(sim.SpotifyOptions{Now: time.Now, ClientID: "test", ClientSecret: appSecret, Rotate: true, TokenLifetime: 2 * time.Second})
	h.slack = sim.NewSlack(sim.SlackOptions{Now: time.Now, Token: slackToken})
	slack := httptest.NewServer(h.slack)
	t.Cleanup(slack.Close)
	h.slackURL = slack.URL
	l := &listener{c: c, next: h.spotify}
	h.api = l
	h.secrets = []string{"GATEFOLD_LOG_LEVEL=debug"}
	h.write("gatefold.yaml", h.config("true"))

	// The secrets come in on standard input, and by a login whose browser tells what it was started with.
	var said bytes.Buffer
	for name, value := range map[string]string{config.SlackBotToken: slackToken, config.ClientSecret: appSecret, config.JournalKey: key} {
		cmd := exec.Command(h.program, "secret", "set", name)
		cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = h.env(), h.dir, strings.NewReader(value+"\n"), &said, &said
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
	}
	bin := t.TempDir()
	seen := filepath.Join(bin, "seen")
	browser := "#!/bin/sh\n(env; echo \"$@\") > " + seen + ".part && mv " + seen + ".part " + seen + "\n"
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(browser), 0o755); err != nil {
		t.Fatal(err)
	}
	h.secrets = append(h.secrets, "DISPLAY=:0", "PATH="+bin+":"+os.Getenv("PATH"), "GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=canary-given-0004")
	c.plant("refresh token of the environment", "canary-given-0004")
	login := h.login()
	browse(t, login.address, true)
	out, code := login.end()
	if code != 0 {
		t.Fatalf("login ended with %d:\n%s", code, out)
	}
	said.WriteString(out)
	h.secrets = h.secrets[:1]
	patience := time.Now().Add(20 * time.Second)
	for !exists(seen) && time.Now().Before(patience) {
		time.Sleep(10 * time.Millisecond)
	}
	child, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	c.search(t, "the environment of the browser", child)

	// A stranger plays, and everything that can happen happens.
	h.home.Stubborn(10 * time.Millisecond)
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	d := h.run()
	d.until("he is paused and announced", func() bool { return len(h.home.Pauses()) > 1 && len(h.slack.Messages()) == 1 })
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	c.search(t, "the process list", cmdline)
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	c.search(t, "the environment of the daemon", environ)
	requests := func(path string) int {
		n := 0
		for _, r := range h.spotify.Requests() {
			if r.Path == path {
				n++
			}
		}
		return n
	}
	before := requests("/api/token")
	d.until("the token was renewed", func() bool { return requests("/api/token") > before+1 })
	for _, status := range []int{200, 302, 400, 401, 403, 404, 429, 500} {
		l.echoes("/v1/me/player", status)
		d.until(fmt.Sprintf("it is blind by %d", status), func() bool { return d.account().Blind != "" || d.account().Message != "" })
		c.search(t, "the status", []byte(fmt.Sprintf("%+v", d.status())))
		l.echoes("", 0)
	}
	l.echoes("/api/token", 400)
	d.until("the token endpoint refuses", func() bool { return strings.Contains(d.log.String(), "no access token") })
	out, _ = h.gatefold("doctor")
	said.WriteString(out)
	l.echoes("", 0)
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"devices"}, {"journal", "--json"}, {"secret", "list"}, {"doctor", "--json"}} {
		out, _ := h.gatefold(args...)
		said.WriteString(out)
	}
	metrics := d.metrics()
	if !strings.Contains(metrics, "gatefold_build_info") {
		t.Fatal("no metrics")
	}
	c.search(t, "the metrics", []byte(metrics))
	if err := d.cmd.Process.Signal(syscall.SIGQUIT); err != nil { // as a panic: every goroutine is dumped
		t.Fatal(err)
	}
	<-d.done
	if log := d.log.String(); !strings.Contains(log, "goroutine ") || !strings.Contains(log, "level=DEBUG") {
		t.Fatal("neither a dump nor debug logging was seen")
	}
	c.search(t, "the log", []byte(d.log.String()))
	c.search(t, "what commands said", said.Bytes())
	for _, m := range h.slack.Messages() {
		c.search(t, "a message", []byte(fmt.Sprintf("%+v", m)))
	}
	for _, r := range h.spotify.Requests() {
		c.search(t, "the address of a request", []byte(r.Path+"?"+r.Query))
	}
	c.searchFolder(t, h.dir)
	if len(c.all) < 9 {
		t.Errorf("only %d secrets were planted", len(c.all))
	}
}
