package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/secrets"
	"gatefold/internal/sim"
	"gatefold/internal/spotify"
)

// loggingIn is a gatefold login that waits for its owner.
type loggingIn struct {
	h       *house
	cmd     *exec.Cmd
	in      io.WriteCloser
	lines   *bufio.Scanner
	said    strings.Builder
	address string
}

var authorizeURL = regexp.MustCompile(`http://\S+/authorize\?\S+`)

// login begins a login, and waits until it says which address to open.
func (h *house) login(args ...string) *loggingIn {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	h.t.Cleanup(cancel)
	l := &loggingIn{h: h, cmd: exec.CommandContext(ctx, h.program, append([]string{"login"}, args...)...)}
	l.cmd.Env, l.cmd.Dir = h.env(), h.dir
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	l.cmd.Stderr = l.cmd.Stdout
	if l.in, err = l.cmd.StdinPipe(); err != nil {
		h.t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	l.lines = bufio.NewScanner(out)
	for l.lines.Scan() {
		l.said.WriteString(l.lines.Text() + "\n")
		if l.address = authorizeURL.FindString(l.lines.Text()); l.address != "" {
			return l
		}
	}
	h.t.Fatalf("no address was printed:\n%s", l.said.String())
	return nil
}

// browse opens an address as a browser does, up to the page that is not there.
func browse(t testing.TB, address string, follow bool) (page string, at *url.URL) {
	t.Helper()
	c := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		at = r.URL
		if follow {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), at
}

// end waits for the command, and gives all that it said.
func (l *loggingIn) end() (out string, code int) {
	l.h.t.Helper()
	for l.lines.Scan() {
		l.said.WriteString(l.lines.Text() + "\n")
	}
	_ = l.cmd.Wait()
	return l.said.String(), l.cmd.ProcessState.ExitCode()
}

// agree is the owner who agrees, and the end of a login that works.
func (l *loggingIn) agree() {
	l.h.t.Helper()
	browse(l.h.t, l.address, true)
	if out, code := l.end(); code != 0 {
		l.h.t.Fatalf("login ended with %d:\n%s", code, out)
	}
}

// stored is an account's credential as the store has it.
func (h *house) stored(account string) spotify.Credential {
	h.t.Helper()
	s, err := secrets.OpenFile(context.Background(), secrets.FileOptions{
		Dir: filepath.Join(h.dir, "data", "secrets"), KeyFile: filepath.Join(h.keys, "gatefold", "key"),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	v, err := s.Get(context.Background(), config.CredentialName(account))
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := spotify.DecodeCredential(v.Reveal())
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s does not say %q:\n%s", what, p, text)
		}
	}
}

// unlinked is a house without any token.
func unlinked(t *testing.T) *house {
	h := newHouse(t)
	h.secrets = []string{"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test"}
	return h
}

// A daemon that runs already watches as soon as the owner has agreed.
func TestLoginOfARunningDaemon(t *testing.T) {
	h := unlinked(t)
	h.home.Play(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"}, sim.Item{Name: "So What"})
	d := h.run()
	d.until("it is blind", func() bool { return d.account().Blind == "unauthorized" })
	contains(t, "the status", d.account().Message, "not linked", "type: gatefold login home")
	out, _ := h.gatefold("status")
	contains(t, "gatefold status", out, "not linked: type gatefold login home")

	l := h.login("--no-browser")
	asked, err := url.Parse(l.address)
	if err != nil {
		t.Fatal(err)
	}
	q := asked.Query()
	if q.Get("scope") != "user-read-playback-state user-modify-playback-state" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" {
		t.Errorf("asked for %v", q)
	}
	contains(t, "login", l.said.String(), "user-modify-playback-state", "pause (home.star:12:")
	if page, at := browse(t, q.Get("redirect_uri")+"?code=x&state=forged", true); !strings.Contains(page, "not the answer") {
		t.Errorf("a forged answer was taken: %s %v", page, at)
	}
	if page, _ := browse(t, l.address, true); !strings.Contains(page, "Thank you") {
		t.Errorf("the page says %s", page)
	}
	out, code := l.end()
	if code != 0 {
		t.Fatalf("login ended with %d:\n%s", code, out)
	}
	contains(t, "login", out, "Linked: account home is that of home (id home, account ", "The running daemon has picked it up", "Spotify ends it on ")
	d.until("it sees", func() bool { return d.account().Verdict == "allow" && len(d.account().Warnings) == 0 })
	if c := h.stored("home"); c.User.ID != "home" || c.Estimated || time.Since(c.AuthorizedAt) > time.Minute {
		t.Errorf("kept: user %v, authorized %v, estimated %v", c.User, c.AuthorizedAt, c.Estimated)
	}
	d.measures(`gatefold_authorization_expires_timestamp_seconds{account="home"} 1.`)

	// Forgotten again: the daemon is blind, and says what to type.
	out, code = h.gatefold("logout")
	if code != 0 {
		t.Fatalf("logout: %d\n%s", code, out)
	}
	contains(t, "logout", out, "https://www.spotify.com/account/apps/")
	d.until("it is blind again", func() bool { return d.account().Blind == "unauthorized" })
}

// On a machine without a browser, the address is carried over by hand.
func TestLoginByPaste(t *testing.T) {
	h := unlinked(t)
	l := h.login("home", "--paste")
	_, at := browse(t, l.address, false)
	if at == nil || at.Host != "127.0.0.1" {
		t.Fatalf("the browser is sent to %v", at)
	}
	fmt.Fprintln(l.in, "https://accounts.spotify.com/authorize?what=ever")
	fmt.Fprintln(l.in, "")
	fmt.Fprintf(l.in, "  '%s'  \n", at)
	out, code := l.end()
	if code != 0 {
		t.Fatalf("login ended with %d:\n%s", code, out)
	}
	contains(t, "login", out, "Paste its whole address", "copy the whole address", "Linked: account home")
}

// The owner says no, and nothing is kept.
func TestLoginRefused(t *testing.T) {
	h := unlinked(t)
	h.home.Agree(false)
	l := h.login("--no-browser")
	browse(t, l.address, true)
	out, code := l.end()
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	contains(t, "login", out, "the owner did not agree")
	if out, _ := h.gatefold("secret", "list"); strings.Contains(out, "CREDENTIAL") {
		t.Errorf("something is kept: %s", out)
	}
}

// Another user's login for the same account is refused, unless that is meant.
func TestLoginOfAnotherUser(t *testing.T) {
	h := unlinked(t)
	eve := h.spotify.AddAccount("eve", sim.AccountOptions{DisplayName: "Eve\u202e\x1b[2J"})
	l := h.login("--no-browser")
	browse(t, l.address, true)
	if out, code := l.end(); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	before := h.stored("home")

	eve.AtBrowser()
	l = h.login("--no-browser")
	browse(t, l.address, true)
	out, code := l.end()
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	contains(t, "login", out, "account home is linked to home (id home", "that of Eve", "(id eve", "nothing was changed", "--replace")
	if strings.ContainsAny(out, "\u202e\x1b") {
		t.Errorf("a name steers the terminal: %q", out)
	}
	if h.stored("home").RefreshToken() != before.RefreshToken() {
		t.Error("the credential was replaced")
	}
	l = h.login("--no-browser", "--replace")
	browse(t, l.address, true)
	if out, code := l.end(); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	if h.stored("home").User.ID != "eve" {
		t.Error("the account did not change hands")
	}
}

// A refresh token that was got elsewhere, and one that is worth nothing.
func TestLoginByRefreshToken(t *testing.T) {
	h := unlinked(t)
	run := func(token string) (string, int) {
		cmd := exec.Command(h.program, "login", "--refresh-token-stdin")
		cmd.Env, cmd.Dir, cmd.Stdin = h.env(), h.dir, strings.NewReader(token+"\n")
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, code := run("worthless-canary")
	if code != 1 || strings.Contains(out, "canary") {
		t.Errorf("%d:\n%s", code, out)
	}
	contains(t, "login", out, "invalid_grant", "log in again")
	if out, code = run("refresh-home"); code != 0 {
		t.Fatalf("%d:\n%s", code, out)
	}
	contains(t, "login", out, "Linked: account home", "at the latest")
	if c := h.stored("home"); !c.Estimated || c.User.ID != "home" {
		t.Errorf("kept: %v, estimated %v", c.User, c.Estimated)
	}
}

// An app with a secret, which lies in the store.
func TestLoginWithAClientSecret(t *testing.T) {
	h := unlinked(t)
	h.serve(sim.SpotifyOptions{Now: time.Now, ClientID: "test", ClientSecret: "app-secret"})
	cmd := exec.Command(h.program, "secret", "set", "SPOTIFY_CLIENT_SECRET")
	cmd.Env, cmd.Dir, cmd.Stdin = h.env(), h.dir, strings.NewReader("app-secret\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l := h.login("--no-browser")
	browse(t, l.address, true)
	if out, code := l.end(); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d := h.run()
	d.looks(2)
}

// One account is linked, the other is not: that one keeps nobody from watching.
func TestAnUnlinkedAccountBesideALinkedOne(t *testing.T) {
	h := newHouse(t)
	h.write("gatefold.yaml", h.config("true")+"  - {name: work, enforce: true}\n")
	d := h.run()
	d.until("home is seen and work is blind", func() bool {
		s := d.status().Accounts
		return s[0].Verdict == "idle" && s[1].Blind == "unauthorized"
	})
	contains(t, "the status", d.status().Accounts[1].Message, "type: gatefold login work")
	contains(t, "the log", d.log.String(), "the account is not linked")
}

// A login that grants less than the rules need: only the call that needs it fails,
// and everybody who may ask says so.
func TestAGrantThatLacksAScope(t *testing.T) {
	h := unlinked(t)
	h.home.Play(sim.Device{Name: "Bob's Laptop", Type: "Computer", ID: "b"}, sim.Item{Name: "Blue Train"})
	h.write("rules/home.star", "def on_playback(now):\n    if now.device != None:\n        deny('no')\n")
	l := h.login("--no-browser")
	browse(t, l.address, true)
	if out, code := l.end(); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d := h.run()
	d.until("it is denied", func() bool { return d.account().Verdict == "deny" })
	if w := d.account().Warnings; len(w) != 0 {
		t.Errorf("warned of %v", w)
	}
	h.write("rules/home.star", testRules)
	d.until("it warns", func() bool { return len(d.account().Warnings) == 1 })
	contains(t, "the warning", d.account().Warnings[0], "pause (home.star:12:", "user-modify-playback-state", "gatefold login home")
	out, _ := h.gatefold("reload")
	contains(t, "reload", out, "user-modify-playback-state")
	out, _ = h.gatefold("check")
	contains(t, "check", out, "user-modify-playback-state", "which its login does not grant")
	out, code := h.gatefold("doctor")
	if code != 1 {
		t.Errorf("doctor ended with %d", code)
	}
	contains(t, "doctor", out, "failure  scopes home", "user-modify-playback-state: pause")
	d.until("a pause has failed", func() bool { return strings.Contains(d.log.String(), "which the login did not grant") })
	if n := len(h.home.Pauses()); n != 0 {
		t.Errorf("%d requests to pause", n)
	}
	d.until("the message is posted all the same", func() bool { return len(h.slack.Messages()) == 1 })

	l = h.login("--no-browser")
	browse(t, l.address, true)
	if out, code := l.end(); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	d.until("it is paused", func() bool { return len(h.home.Pauses()) > 0 })
	d.until("nothing is warned of", func() bool { return len(d.account().Warnings) == 0 })
}

// A credential that is damaged keeps nobody else from being watched, and is named.
func TestADamagedCredential(t *testing.T) {
	h := unlinked(t)
	h.write("gatefold.yaml", h.config("true")+"  - {name: work, enforce: true}\n")
	h.login("home", "--no-browser").agree()
	h.keep("work", time.Now())
	file := filepath.Join(h.dir, "data", "secrets", config.CredentialName("work")+".age")
	if err := os.WriteFile(file, []byte("age-encryption.org/v1\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := h.run()
	d.until("home is seen and work is blind", func() bool {
		s := d.status().Accounts
		return s[0].Verdict == "idle" && s[1].Blind == "unreachable"
	})
	contains(t, "the status", d.status().Accounts[1].Message, file)
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), "nonsense") {
		t.Errorf("the file was touched: %q, %v", raw, err)
	}
}

// The daemon has a token in its environment, and the account is logged out: it does
// not link it again by itself.
func TestLogoutWithATokenInTheEnvironment(t *testing.T) {
	h := newHouse(t)
	h.home.Play(sim.Device{Name: "Kitchen", Type: "Speaker", ID: "k"}, sim.Item{Name: "So What"})
	d := h.run()
	d.looks(2)
	h.secrets = []string{"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test"} // of the command's environment
	out, code := h.gatefold("logout")
	if code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	contains(t, "logout", out, "forgot the credential", "GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN, which links it again at the next start")
	d.until("it is blind", func() bool { return d.account().Blind == "unauthorized" })
	contains(t, "the status", d.account().Message, "not linked")
	out, code = h.gatefold("logout")
	contains(t, "once more", out, "was not linked")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	h.login("--no-browser").agree()
	d.until("it sees", func() bool { return d.account().Blind == "" })
}

// Nobody knows whose refresh token the environment had: a login over it says so.
func TestLoginOverAnUnknownOwner(t *testing.T) {
	h := newHouse(t)
	d := h.run()
	d.looks(1)
	d.stop()
	l := h.login("--no-browser")
	browse(t, l.address, true)
	out, code := l.end()
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "login", out, "somebody whom its refresh token does not name", "nothing was changed", "--replace")
	h.login("--no-browser", "--replace").agree()
}
