package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/config"
	"gatefold/internal/sim"
	"gatefold/internal/slack"
)

// chattyRules announce with buttons.
const chattyRules = testRules + `
def on_let(event):
    approve(event.device, for_="1h")
    log("let in by", event.by)

def on_never(event):
    disapprove(event.device)
`

// chatty is a house whose Slack works both ways, where Ann may press.
func chatty(t *testing.T, deciders string) *house {
	h := newHouse(t)
	h.secrets = []string{
		"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb-test", "GATEFOLD_SECRET_SLACK_APP_TOKEN=xapp-test",
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=refresh-home",
	}
	h.write("rules/home.star", strings.NewReplacer(
		`every="30m")`, `every="30m", actions=[button("Let in", publish="let", device=now.device.key), button("Never", publish="never", device=now.device.key)])`,
		`elif now.device.name == "Kitchen":`, `elif now.device.name == "Kitchen" or now.device.approved:`).Replace(chattyRules))
	h.decide(deciders)
	return h
}

func (h *house) decide(deciders string) {
	h.t.Helper()
	h.write("gatefold.yaml", strings.Replace(h.config("true"), `channel: "#music"`, `channel: "#music", deciders: [`+deciders+`]`, 1))
}

// awaits waits until Slack is as it should.
func (h *house) awaits(what string, holds func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	if h.slack.Await(ctx, holds) != nil {
		for _, m := range h.slack.Shown() {
			h.t.Logf("shown: %q buttons %v, %d replies", m.Lines, m.Buttons, len(m.Replies))
		}
		h.t.Fatalf("waited 30 s in vain until %s", what)
	}
}

// reads waits until the newest message that is no reply reads so, whatever else it says.
func (h *house) reads(parts ...string) sim.Shown {
	h.t.Helper()
	var last sim.Shown
	h.awaits("a message reads "+strings.Join(parts, ", "), func() bool {
		all := h.slack.Shown()
		if len(all) == 0 {
			return false
		}
		last = all[len(all)-1]
		text := strings.Join(last.Lines, "\n")
		return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(text, p) })
	})
	return last
}

func (h *house) press(user, label string) {
	h.t.Helper()
	if err := h.slack.Press(user, "", label); err != nil {
		h.t.Fatal(err)
	}
}

// whispered waits for what only this user is told.
func (h *house) whispered(user, part string) {
	h.t.Helper()
	h.awaits(user+" is told "+part, func() bool {
		return slices.ContainsFunc(h.slack.Ephemerals(), func(e sim.Ephemeral) bool {
			return e.User == user && strings.Contains(strings.Join(e.Lines(), "\n"), part)
		})
	})
}

// The whole way: a message with buttons, a press by somebody who may not, one by somebody who may, and what becomes of
// the message and of the device.
func TestAPressLetsADeviceIn(t *testing.T) {
	h := chatty(t, "")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	m := h.reads("*Bob's Laptop* is playing")
	if len(m.Buttons) != 2 || m.Buttons[0].Label != "Let in" {
		t.Fatalf("buttons: %+v", m.Buttons)
	}
	p.until("presses arrive", func() bool { s := p.status().Slack; return s != nil && s.Connected })
	h.press("U0BEN", "Let in")
	h.whispered("U0BEN", "deciders: [U0BEN]")
	if p.account().Verdict != "deny" {
		t.Error("a press by somebody who may not counted")
	}
	h.decide("U0ANN")
	p.until("Ann may press", func() bool { return p.status().Slack.Deciders == 1 })
	h.press("U0ANN", "Let in")
	p.until("the device is allowed", func() bool { return p.account().Verdict == "allow" })
	m = h.reads("*Bob's Laptop* is playing", "<@U0ANN> decided at", "Let in")
	if len(m.Buttons) != 0 {
		t.Errorf("the message shows its buttons still: %+v", m.Buttons)
	}
	if err := h.slack.Redeliver(); err != nil {
		t.Fatal(err)
	}
	h.awaits("every delivery is acknowledged", func() bool {
		ps := h.slack.Presses()
		for _, d := range ps[len(ps)-1].Deliveries {
			if d.Acks != 1 {
				return false
			}
		}
		return len(ps[len(ps)-1].Deliveries) == 2
	})
	if out, code := h.gatefold("devices"); code != 0 || !strings.Contains(out, "slack:U0ANN") {
		t.Errorf("devices (%d): %s", code, out)
	}
	if out, _ := h.gatefold("journal", "-n", "200"); !strings.Contains(out, `event     let {"by":"slack:U0ANN"`) {
		t.Errorf("the journal does not say who pressed:\n%s", out)
	}
	if n := strings.Count(p.log.String(), "let in by slack:U0ANN"); n != 1 {
		t.Errorf("the handler ran %d times", n)
	}
	p.measures(`gatefold_presses_total{outcome="decided"} 1`, `gatefold_presses_total{outcome="refused"} 1`, `gatefold_slack_connected 1`)
	if c := h.slack.Complaints(); len(c) != 0 {
		t.Errorf("Slack complains: %v", c)
	}
}

// A message is answered after kill -9, and a second answer comes too late.
func TestAPressAfterACrash(t *testing.T) {
	h := chatty(t, "U0ANN, U0BEN")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	h.reads("*Bob's Laptop* is playing")
	p.until("the message is off the outbox", func() bool { return p.account().Waiting == 0 })
	p.kill()
	h.awaits("Slack sees that its socket is gone", func() bool { return h.slack.Connections() == 0 })
	if err := h.slack.Press("U0ANN", "", "Never"); err != sim.ErrNotConnected {
		t.Errorf("a press while nothing runs: %v", err)
	}
	p = h.run()
	p.until("presses arrive", func() bool { return p.status().Slack.Connected })
	h.press("U0ANN", "Never")
	h.reads("<@U0ANN> decided at")
	if err := h.slack.PressStale("U0BEN"); err != nil {
		t.Fatal(err)
	}
	p.until("the second is counted as late", func() bool { return strings.Contains(p.metrics(), `gatefold_presses_total{outcome="late"} 1`) })
	h.whispered("U0BEN", "<@U0ANN> decided that before")
	if v := p.account(); v.Verdict != "deny" {
		t.Errorf("%+v", v)
	}
}

// A dead token is said once, in the log, in the status and by the light; a new one in the store mends it while the daemon
// runs, and the message that waited is sent, once.
func TestADeadSlackToken(t *testing.T) {
	h := chatty(t, "U0ANN")
	h.slack.Revoke("xoxb-test")
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	p.until("the status says it", func() bool { s := p.status().Slack; return s != nil && strings.Contains(s.Refused, "SLACK_BOT_TOKEN") })
	p.until("it was tried again", func() bool {
		n := 0
		for _, c := range h.slack.Calls() {
			if c.Method == "chat.postMessage" {
				n++
			}
		}
		return n >= 2
	})
	if n := strings.Count(p.log.String(), "Slack takes no message"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	if out, _ := h.gatefold("status"); !strings.Contains(out, "REFUSED") {
		t.Errorf("status: %s", out)
	}
	h.slack.Restore("xoxb-test")
	h.reads("*Bob's Laptop* is playing")
	p.until("all is well", func() bool { return p.status().Slack.Refused == "" })
	if n := len(h.slack.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// Another program on the same app token gets a part of the presses: that is said.
func TestAnotherProgramOnTheAppToken(t *testing.T) {
	h := chatty(t, "U0ANN")
	h.slack.PretendOthers(1)
	p := h.run()
	p.until("it is noticed", func() bool { s := p.status().Slack; return s != nil && s.Others == 1 })
	p.until("it is said", func() bool { return strings.Contains(p.log.String(), "same Slack app token") })
	p.looks(3)
	if n := strings.Count(p.log.String(), "same Slack app token"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if out, _ := h.gatefold("status"); !strings.Contains(out, "another program is connected") {
		t.Errorf("status: %s", out)
	}
}

// Without an app token nobody would hear of a press: there are no buttons.
func TestNoAppTokenNoButtons(t *testing.T) {
	h := chatty(t, "U0ANN")
	h.secrets = slices.DeleteFunc(h.secrets, func(s string) bool { return strings.Contains(s, "APP_TOKEN") })
	h.home.Play(bob, sim.Item{Name: "Blue Train"})
	p := h.run()
	if m := h.reads("*Bob's Laptop* is playing"); len(m.Buttons) != 0 {
		t.Errorf("buttons that lead nowhere: %+v", m.Buttons)
	}
	if s := p.status().Slack; s.Buttons || s.Connected {
		t.Errorf("%+v", s)
	}
}

// The light shows the fault for as long as either token is dead, whatever the accounts want, and the log says each once.
func TestTheLightShowsADeadToken(t *testing.T) {
	h := chatty(t, "U0ANN")
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: h.secrets})
	if err != nil {
		t.Fatal(err)
	}
	log, shown := new(syncBuffer), new(shownLight)
	d, err := newDaemon(t.Context(), cfg, world{
		Light: func(hardware.Options) hardware.Light { return shown },
		Clock: newClock(1), Log: newLog(log, false, false, new(slog.LevelVar)),
		Stdio: stdio{out: io.Discard, err: io.Discard, env: []string{"XDG_CONFIG_HOME=" + h.keys}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.down.run(); err != nil {
			t.Error(err)
		}
	}()
	faulty := func() bool {
		f := shown.last()
		return f.Top.Color == (hardware.RGB{R: 255, B: 255}) && f.Top.Every == 250*time.Millisecond
	}
	dead := &slack.Error{Code: "token_revoked", Class: slack.Credential}
	for i, step := range []struct {
		do   func()
		want bool
	}{
		{func() {}, false},
		{func() { d.slack.heard(dead, false) }, true},
		{func() { d.slack.heard(dead, false) }, true},
		{func() { d.slack.stands(slack.SocketState{Err: "revoked", Dead: true}) }, true},
		{func() { d.slack.heard(nil, true) }, true},
		{func() { d.slack.stands(slack.SocketState{Err: "revoked, in other words", Dead: true}) }, true},
		{func() { d.slack.stands(slack.SocketState{Connected: true}) }, false},
		{func() { d.slack.stands(slack.SocketState{Err: "no network"}) }, false},
	} {
		if step.do(); faulty() != step.want {
			t.Errorf("step %d: the light shows %+v", i, shown.last())
		}
	}
	for _, said := range []string{"Slack takes no message", "Slack takes messages again", "no press of a Slack button arrives", "presses of Slack buttons arrive again", "presses of Slack buttons do not arrive now"} {
		if n := strings.Count(log.String(), said); n != 1 {
			t.Errorf("%q is said %d times:\n%s", said, n, log.String())
		}
	}
}

// A stop that was asked for is no trouble with Slack.
func TestAStopIsNoTroubleWithSlack(t *testing.T) {
	h := chatty(t, "U0ANN")
	p := h.run()
	p.until("presses arrive", func() bool { s := p.status().Slack; return s != nil && s.Connected })
	p.stop()
	for _, bad := range []string{"do not arrive", "no press"} {
		if strings.Contains(p.log.String(), bad) {
			t.Errorf("the log says %q at the stop:\n%s", bad, p.log.String())
		}
	}
}

// An account's loop that does not answer may have taken the press: whoever pressed is told that nobody knows, while there
// is still time to tell.
func TestAPressThatNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &daemon{
			orders: newOrders(), log: slog.New(slog.DiscardHandler), accounts: []*account{{name: "home", runner: &engine.Runner{}}},
			config: &configKeeper{inForce: &config.Config{Slack: config.Slack{Deciders: config.Users{"U0ANN"}}}},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // as a Socket gives
		defer cancel()
		outcome, answer := (&slackLine{d: d}).decide(ctx, slack.Press{
			ID: "p", User: "U0ANN", Channel: "C0MUSIC", MessageTS: "1.000001", Value: `{"m":"home/playback/1/1","n":0}`,
		})
		if outcome != pressFailed || len(answer) != 1 || strings.Contains(answer[0].Text, "Nothing happened") || !strings.Contains(answer[0].Text, "not known") {
			t.Errorf("%s %+v", outcome, answer)
		}
		if ctx.Err() != nil {
			t.Error("no time is left to say so")
		}
	})
}

// Whoever may not press yet is told how to be added, and not how to take the place of those who may.
func TestHowToBeAdded(t *testing.T) {
	for deciders, want := range map[string]string{"": "write `deciders: [U0BEN]`", "U0ANN": "add U0BEN to `deciders`"} {
		c := config.Config{Slack: config.Slack{}}
		if deciders != "" {
			c.Slack.Deciders = config.Users{deciders}
		}
		d := &daemon{accounts: []*account{{name: "home"}}, config: &configKeeper{inForce: &c}}
		outcome, answer := (&slackLine{d: d}).decide(t.Context(), slack.Press{User: "U0BEN", Value: `{"m":"home/playback/1/1","n":0}`})
		if outcome != pressRefused || !strings.Contains(answer[0].Text, want) {
			t.Errorf("%s %+v", outcome, answer)
		}
	}
}

// A token that was mended while no message waits is noticed all the same.
func TestAMendedTokenIsNoticedWithoutAMessage(t *testing.T) {
	h := chatty(t, "U0ANN")
	cfg, err := config.Load(config.LoadOptions{Path: filepath.Join(h.dir, "gatefold.yaml"), Env: h.secrets})
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(t.Context(), cfg, world{
		Clock: newClock(100), Log: slog.New(slog.DiscardHandler), // a minute is 0.6 s
		Stdio: stdio{out: io.Discard, err: io.Discard, env: []string{"XDG_CONFIG_HOME=" + h.keys}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	d.slack.heard(&slack.Error{Code: "token_revoked", Class: slack.Credential}, false)
	h.awaits("Slack was asked, and has taken the token", func() bool {
		return slices.ContainsFunc(h.slack.Calls(), func(c sim.SlackCall) bool { return c.Method == "auth.test" && c.Error == "" })
	})
	for end := time.After(30 * time.Second); d.slack.status().Refused != ""; {
		select {
		case <-end:
			t.Fatal("it is still said to be refused")
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
