package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatefold/internal/config"
	"gatefold/internal/secrets"
	"gatefold/internal/spotify"
)

// keep puts a credential into the store of a house, as a login did that long ago.
func (h *house) keep(account string, authorized time.Time) {
	h.t.Helper()
	s, err := secrets.OpenFile(context.Background(), secrets.FileOptions{
		Dir: filepath.Join(h.dir, "data", "secrets"), KeyFile: filepath.Join(h.keys, "gatefold", "key"),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	c := spotify.NewCredential("refresh-" + account)
	c.AuthorizedAt, c.User = authorized.UTC(), spotify.User{ID: account, DisplayName: "Ann"}
	raw, err := spotify.EncodeCredential(c)
	if err == nil {
		err = s.Put(context.Background(), config.CredentialName(account), secrets.NewValue(raw))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// ending is when somebody agreed whose authorization ends after that time.
func ending(after time.Duration) time.Time {
	at := time.Now().Add(after).AddDate(0, -6, 0)
	for c := (spotify.Credential{AuthorizedAt: at}); c.Expires().Before(time.Now().Add(after)); c.AuthorizedAt = at {
		at = at.Add(time.Hour) // months have different lengths
	}
	return at
}

// The end of an authorization is warned of 30, 7 and 1 days before, once each, over
// restarts, by log, status and Slack.
func TestTheSixMonthClock(t *testing.T) {
	h := unlinked(t)
	var kept time.Duration
	for _, step := range []struct {
		left   time.Duration
		says   string
		warned int // messages so far
	}{
		{40 * 24 * time.Hour, "", 0},
		{20*24*time.Hour + time.Hour, "in 20 days", 1},
		{20*24*time.Hour + time.Hour, "in 20 days", 1},
		{5*24*time.Hour + time.Hour, "in 5 days", 2},
		{12 * time.Hour, "in less than a day", 3},
		{12 * time.Hour, "in less than a day", 3},
	} {
		if step.left != kept { // another login; otherwise only another start
			kept = step.left
			h.keep("home", ending(step.left))
		}
		before := len(h.slack.Messages())
		d := h.run()
		d.looks(3)
		d.until("it warns", func() bool { return (len(d.account().Warnings) > 0) == (step.says != "") })
		d.until("Slack has heard of it", func() bool { return len(h.slack.Messages()) == step.warned })
		d.looks(3)
		if n := len(h.slack.Messages()); n != step.warned {
			t.Errorf("%s left: %d messages, want %d", step.left, n, step.warned)
		}
		if step.says != "" {
			contains(t, "the status", d.account().Warnings[0], "the authorization of account home ends on", step.says, "type gatefold login home")
		}
		if said := strings.Contains(d.log.String(), "the authorization of account home ends"); said != (before < step.warned) {
			t.Errorf("%s left: the log says it: %t", step.left, said)
		}
		d.measures(`gatefold_authorization_expires_timestamp_seconds{account="home"} 1.`)
		if code, _ := d.stop(); code != 0 {
			t.Errorf("ended with %d", code)
		}
	}
	if text := h.slack.Messages()[2].Text; !strings.Contains(text, "account home") {
		t.Errorf("the message says %q", text)
	}
}

// Three of them in one life: with the daemon up, a login ends the warnings.
func TestALoginEndsTheWarnings(t *testing.T) {
	h := unlinked(t)
	h.keep("home", ending(3*24*time.Hour))
	d := h.run()
	d.until("it warns", func() bool { return len(d.account().Warnings) == 1 })
	h.login("--no-browser").agree()
	d.until("nothing is warned of", func() bool { return len(d.account().Warnings) == 0 })
}
