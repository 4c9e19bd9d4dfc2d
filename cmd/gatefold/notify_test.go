package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatefold/internal/config"
	"gatefold/internal/sim"
)

const (
	hookKey   = "hidden-key-0123456789"
	notifyEnv = "GATEFOLD_SECRET_NOTIFY_OPS_KEY=" + hookKey
)

// notifyRules say what is published, and announce an intruder.
const notifyRules = `
def on_playback(now):
    if now.device != None and now.device.name == "Kitchen":
        allow()
    elif now.device != None:
        deny("not a household device")
        notify("*%s* is playing" % now.device.name, every="30m")

def on_say(event):
    notify(event.text, to="ops")
`

// hook is a receiver of webhooks, and a topic of ntfy.
type hook struct {
	*httptest.Server
	mu    sync.Mutex
	mode  string    // "up", "down" (503), "lost" (takes it, and the answer gets lost)
	taken []arrived // also those of which the answer got lost
	tries int
	bad   []string // what was wrong with requests
}

type arrived struct{ path, id, text string }

func newHook(t *testing.T) *hook {
	k := &hook{mode: "up"}
	k.Server = httptest.NewServer(k)
	t.Cleanup(k.Close)
	return k
}

func (k *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Method == http.MethodHead {
		return // the doctor
	}
	k.tries++
	a := arrived{path: r.URL.Path, text: string(body)}
	if r.URL.Path == "/hidden-hook" {
		var p struct{ ID, Text string }
		if err := json.Unmarshal(body, &p); err != nil || p.ID != r.Header.Get("Gatefold-Id") || !signed(r.Header.Get("Gatefold-Signature"), body) {
			k.bad = append(k.bad, string(body))
		}
		a.id, a.text = p.ID, p.Text
	}
	switch k.mode {
	case "down":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "lost":
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
	k.taken = append(k.taken, a)
}

func signed(header string, body []byte) bool {
	at, given, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(hookKey))
	mac.Write([]byte(at + "." + string(body)))
	return given == hex.EncodeToString(mac.Sum(nil))
}

func (k *hook) be(mode string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mode = mode
}

func (k *hook) got() []arrived {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.taken)
}

func (k *hook) tried() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tries
}

// notifyHouse is a house without Slack, with the targets ops (a webhook) and phone.
func notifyHouse(t *testing.T, k *hook, enforce string, secrets ...string) *house {
	h := newHouse(t)
	h.secrets = append([]string{"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home"}, secrets...)
	h.write("rules/home.star", notifyRules)
	h.write("gatefold.yaml", h.config(enforce)+named(k, k))
	h.home.Play(kitchen, sim.Item{Name: "Blue Train"})
	return h
}

// named names targets: a webhook, a topic, and a channel of Slack.
func named(ops, phone *hook) string {
	return "notify:\n  ops: {webhook: " + ops.URL + "/hidden-hook}\n  phone: {ntfy: " + phone.URL + "/hidden-topic}\n  music: {slack: \"#music\"}\n"
}

// Nothing is lost and the order stays, over an outage, a lost answer and kill -9; what is sent again has the same id.
func TestWebhookOutage(t *testing.T) {
	k := newHook(t)
	h := notifyHouse(t, k, "true", notifyEnv)
	p := h.run()
	p.until("a look", func() bool { return p.account().Verdict == "allow" })
	say := func(text string) {
		if out, code := h.gatefold("publish", "say", "text="+text); code != 0 || !strings.Contains(out, "did    notify(text=") {
			t.Fatalf("publish (%d): %s", code, out)
		}
	}
	k.be("lost")
	say("one")
	p.until("it is taken, and the answer lost", func() bool { return len(k.got()) > 0 })
	k.be("down")
	say("two")
	say("three")
	p.until("all wait", func() bool { return p.account().Waiting == 3 })
	tries := k.tried()
	p.until("it is tried again", func() bool { return k.tried() > tries })
	p.kill()
	p = h.run()
	p.until("all wait again", func() bool { return p.account().Waiting == 3 })
	k.be("up")
	p.until("nothing waits", func() bool { return p.account().Waiting == 0 })

	var order []string
	for _, a := range k.got() {
		order = append(order, a.text)
	}
	ids := map[string]string{}
	for _, a := range k.got() {
		if was, ok := ids[a.text]; ok && was != a.id {
			t.Errorf("%s was sent as %s and as %s", a.text, was, a.id)
		}
		ids[a.text] = a.id
	}
	if order = slices.Compact(order); !slices.Equal(order, []string{"one", "two", "three"}) || len(ids) != 3 || ids["one"] == ids["two"] {
		t.Errorf("arrived: %+v", k.got())
	}
	if n := len(k.got()); n > 5 { // of "one" one for each lost answer
		t.Errorf("%d arrived: %+v", n, k.got())
	}
	p.measures(`gatefold_alerts_total{outcome="sent"} 3`)
	p.stop()
	if len(k.bad) > 0 {
		t.Errorf("not signed as documented: %q", k.bad)
	}
	if strings.Contains(p.log.String(), "hidden") {
		t.Errorf("the log tells the address or the key:\n%s", p.log.String())
	}
}

// A webhook that is down holds up no other target, and an intruder is announced once.
func TestTargetsAreApart(t *testing.T) {
	k := newHook(t)
	down := newHook(t)
	down.be("down")
	h := notifyHouse(t, k, "true", notifyEnv)
	h.write("gatefold.yaml", h.config("true")+named(down, k))
	p := h.run()
	p.until("a look", func() bool { return p.account().Verdict == "allow" })
	if out, code := h.gatefold("publish", "say", "text=hello"); code != 0 {
		t.Fatal(out)
	}
	p.until("it is tried", func() bool { return down.tried() > 0 })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p.until("the phone hears of him", func() bool { return len(k.got()) > 0 })
	p.looks(3)
	if got := k.got(); len(got) != 1 || got[0].path != "/hidden-topic" || got[0].text != "Bob's Laptop is playing" {
		t.Errorf("the phone got %+v", got)
	}
	p.stop()
}

func TestNotifyDryRun(t *testing.T) {
	k := newHook(t)
	h := notifyHouse(t, k, "false", notifyEnv)
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("the intruder is seen", func() bool { return p.account().Verdict == "deny" })
	p.looks(3)
	if n := k.tried(); n != 0 {
		t.Errorf("%d requests in a dry run", n)
	}
	if log := p.log.String(); !strings.Contains(log, "notify(text=") {
		t.Errorf("the log does not say what would have been sent:\n%s", log)
	}
	p.stop()
}

// A webhook without a key is not sent unsigned: everybody who is asked says what to do, and the message is given up.
func TestWebhookWithoutKey(t *testing.T) {
	k := newHook(t)
	h := notifyHouse(t, k, "true")
	p := h.run()
	p.until("a look", func() bool { return p.account().Verdict == "allow" })
	if out, code := h.gatefold("publish", "say", "text=hello"); code != 0 {
		t.Fatal(out)
	}
	p.until("it is given up", func() bool { return strings.Contains(p.metrics(), `gatefold_alerts_total{outcome="failed"} 1`) })
	if log := p.log.String(); !strings.Contains(log, "gatefold secret set NOTIFY_OPS_KEY") || !strings.Contains(log, "target=ops") || p.account().Waiting != 0 {
		t.Errorf("the log:\n%s", log)
	}
	p.stop()
	found, code := h.findings()
	if code != 1 {
		t.Errorf("doctor: exit code %d", code)
	}
	graded(t, found, "notify ops", gradeFailure, "nothing is sent unsigned", "gatefold secret set NOTIFY_OPS_KEY")
	graded(t, found, "notify music", gradeFailure, "no Slack token")
	graded(t, found, "notify phone", gradeOK, "ntfy at 127.0.0.1", "without a token")
	if out, code := h.gatefold("notify", "ops"); code != exitFailed || !strings.Contains(out, "nothing is sent unsigned") || !strings.Contains(out, "hint: openssl rand") {
		t.Errorf("notify ops (%d): %s", code, out)
	}
	if n := k.tried(); n != 0 {
		t.Errorf("%d requests without a key", n)
	}
}

func TestNotifyCommand(t *testing.T) {
	k := newHook(t)
	h := notifyHouse(t, k, "false", notifyEnv, "GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test")
	for _, x := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"notify", "phone"}, exitOK, "sent to phone (ntfy at 127.0.0.1:"},
		{[]string{"notify", "ops", "hello there"}, exitOK, "sent to ops (webhook at 127.0.0.1:"},
		{[]string{"notify", "music", "hello there"}, exitOK, "sent to music (Slack, #music)"},
		{[]string{"notify", "phnoe"}, exitUsage, "names no target phnoe: it names music, ops, phone"},
		{[]string{"notify"}, exitUsage, "name the target"},
	} {
		if out, code := h.gatefold(x.args...); code != x.code || !strings.Contains(out, x.want) || strings.Contains(out, "hidden") {
			t.Errorf("%q (%d): %s", x.args, code, out)
		}
	}
	want := []arrived{{"/hidden-topic", "", "a test message of gatefold"}, {"/hidden-hook", "", "hello there"}}
	got := k.got()
	for i := range got {
		got[i].id = ""
	}
	if !slices.Equal(got, want) || len(h.slack.Messages()) != 1 {
		t.Errorf("arrived %+v, and %d in Slack", got, len(h.slack.Messages()))
	}
	if out, code := h.gatefold("check"); code != exitOK {
		t.Errorf("check (%d): %s", code, out)
	}
	h.write("rules/home.star", notifyRules+"\ndef on_blind(now):\n    notify('?', to='phnoe')\n")
	if out, code := h.gatefold("check"); code != exitFailed || !strings.Contains(out, `home.star:13:20: notify: for parameter to: the config names no target "phnoe": did you mean "phone"?`) {
		t.Errorf("check of a misspelt target (%d): %s", code, out)
	}
	if there(filepath.Join(h.dir, "data")) {
		t.Error("trying a target made a data folder")
	}
	k.Close()
	if out, code := h.gatefold("notify", "ops"); code != exitFailed || !strings.Contains(out, "not sent to ops: 127.0.0.1:") || !strings.Contains(out, "refused") || strings.Contains(out, "hidden") {
		t.Errorf("notify to nobody (%d): %s", code, out)
	}
}

// The example's configuration is one, and its receiver takes what gatefold sends, once.
func TestNotifyExample(t *testing.T) {
	example := filepath.Join("..", "..", "examples", "notify")
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(example, "gatefold.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.SecretNames(); !slices.Contains(got, "NOTIFY_PHONE_URL") || !slices.Contains(got, "NOTIFY_OPS_KEY") {
		t.Errorf("its secrets: %q", got)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED: examples/notify/receiver.py, because python3 is missing here")
	}
	h := newHouse(t) // other tests may come before what follows
	receiver := exec.Command(python, filepath.Join(example, "receiver.py"), "0")
	receiver.Env = append(os.Environ(), "GATEFOLD_KEY="+hookKey)
	receiver.Stderr = os.Stderr
	stdout, err := receiver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Process.Kill(); _ = receiver.Wait() })
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("the receiver says nothing")
	}
	port := strings.TrimPrefix(lines.Text(), "listening on port ")
	h.secrets = []string{notifyEnv}
	h.write("gatefold.yaml", h.config("false")+"notify: {ops: {webhook: http://127.0.0.1:"+port+"/}}\n")
	if out, code := h.gatefold("notify", "ops", "Bob's \x1b[2JLaptop"); code != exitOK {
		t.Fatalf("notify (%d): %s", code, out)
	}
	if !lines.Scan() || !strings.HasSuffix(lines.Text(), `"Bob's [2JLaptop"`) {
		t.Errorf("the receiver says %q", lines.Text())
	}
	h.secrets = []string{notifyEnv + "x"}
	if out, code := h.gatefold("notify", "ops"); code != exitFailed || !strings.Contains(out, "http_401 (the receiver does not accept the signature") {
		t.Errorf("with another key (%d): %s", code, out)
	}
}
