package sim

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// slackWorld is a simulated Slack and the client that gatefold uses.
type slackWorld struct {
	t     *testing.T
	clock *manual
	s     *Slack
	api   *slack.Client
}

func slackBothWays(t *testing.T, o SlackOptions, test func(*slackWorld)) {
	build := func(t *testing.T, client func(*Slack) (string, *http.Client)) {
		w := &slackWorld{t: t, clock: newManual()}
		o.Now = w.clock.now
		w.s = NewSlack(o)
		url, c := client(w.s)
		w.api = slack.New("xoxb-1", slack.OptionAPIURL(url+"/api/"), slack.OptionHTTPClient(c))
		test(w)
	}
	t.Run("memory", func(t *testing.T) {
		build(t, func(s *Slack) (string, *http.Client) {
			return "https://slack.com", &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": s})}
		})
	})
	t.Run("http", func(t *testing.T) {
		build(t, func(s *Slack) (string, *http.Client) {
			srv := httptest.NewServer(s)
			t.Cleanup(srv.Close)
			return srv.URL, srv.Client()
		})
	})
}

func (w *slackWorld) post(channel, text string) (string, error) {
	_, ts, err := w.api.PostMessageContext(w.t.Context(), channel, slack.MsgOptionText(text, true))
	return ts, err
}

func TestPostMessage(t *testing.T) {
	slackBothWays(t, SlackOptions{Token: "xoxb-1"}, func(w *slackWorld) {
		first, err := w.post("#music", "Bob & <friends>")
		if err != nil {
			w.t.Fatal(err)
		}
		second, err := w.post("#music", "again")
		if err != nil || first == second {
			w.t.Errorf("ts %s and %s, %v", first, second, err)
		}
		got := w.s.Messages()
		want := Message{Time: w.clock.now(), Channel: "#music", Text: "Bob &amp; &lt;friends&gt;", TS: "1795262400.000000"}
		if len(got) != 2 || got[0] != want || got[0].TS != first || got[1].TS != second {
			w.t.Errorf("%+v, want %+v first", got, want)
		}
		if _, err := w.api.AuthTestContext(w.t.Context()); err != nil {
			w.t.Error(err)
		}
		same(w.t, "requests", len(w.s.Requests()), 3)
	})
}

func TestSlackRefuses(t *testing.T) {
	slackBothWays(t, SlackOptions{Token: "xoxb-2"}, func(w *slackWorld) {
		if _, err := w.post("#music", "x"); err == nil || err.Error() != "invalid_auth" {
			w.t.Errorf("%v, want invalid_auth", err)
		}
		if _, err := w.api.AuthTestContext(w.t.Context()); err == nil || err.Error() != "invalid_auth" {
			w.t.Errorf("%v, want invalid_auth", err)
		}
		if len(w.s.Messages()) != 0 {
			w.t.Error("it was posted")
		}
	})
}

func TestSlackByHand(t *testing.T) {
	s := NewSlack(SlackOptions{Now: newManual().now, Token: "xoxb-1"})
	client := &http.Client{Transport: Transport(map[string]http.Handler{"slack.com": s})}
	cases := map[string]struct{ method, kind, auth, body, want string }{
		"JSON":        {"chat.postMessage", "application/json; charset=utf-8", "Bearer xoxb-1", `{"channel":"C1","text":"hi","blocks":[{"type":"divider"}]}`, `"ok":true`},
		"form":        {"chat.postMessage", "application/x-www-form-urlencoded", "", "token=xoxb-1&channel=C1&text=hi", `"channel":"C1"`},
		"broken JSON": {"chat.postMessage", "application/json", "Bearer xoxb-1", `{"channel":`, "channel_not_found"},
		"no channel":  {"chat.postMessage", "application/x-www-form-urlencoded", "Bearer xoxb-1", "text=hi", "channel_not_found"},
		"no text":     {"chat.postMessage", "application/x-www-form-urlencoded", "Bearer xoxb-1", "channel=C1", "no_text"},
		"too long":    {"chat.postMessage", "application/x-www-form-urlencoded", "Bearer xoxb-1", "channel=C1&text=" + strings.Repeat("x", 40001), "msg_too_long"},
		"no token":    {"chat.postMessage", "application/x-www-form-urlencoded", "", "channel=C1&text=hi", "not_authed"},
		"no method":   {"chat.shout", "application/x-www-form-urlencoded", "Bearer xoxb-1", "", "unknown_method"},
	}
	for name, c := range cases {
		req, _ := http.NewRequest("POST", "https://slack.com/api/"+c.method, strings.NewReader(c.body))
		req.Header.Set("Content-Type", c.kind)
		if c.auth != "" {
			req.Header.Set("Authorization", c.auth)
		}
		if r := do(client, req); r.status != 200 || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d %s %v, want %s", name, r.status, r.body, r.err, c.want)
		}
	}
	same(t, "messages", len(s.Messages()), 2)
}

func TestSlackOneMessageASecond(t *testing.T) {
	slackBothWays(t, SlackOptions{Limit: true}, func(w *slackWorld) {
		steps := []struct {
			pass    time.Duration
			channel string
			limited bool
		}{{0, "#music", false}, {0, "#other", false}, {999 * time.Millisecond, "#music", true}, {time.Millisecond, "#music", false}}
		for i, step := range steps {
			w.clock.pass(step.pass)
			_, err := w.post(step.channel, "x")
			var limited *slack.RateLimitedError
			if errors.As(err, &limited) != step.limited || (err != nil) != step.limited {
				w.t.Errorf("post %d: %v", i, err)
			}
			if limited != nil {
				same(w.t, "Retry-After", limited.RetryAfter, time.Second)
			}
		}
	})
}

func TestSlackFaults(t *testing.T) {
	cases := map[string]struct {
		fault  Fault
		posted int
		is     func(error) bool
	}{
		"429": {Fault{Kind: KindRate, RetryAfter: new("30")}, 0, func(err error) bool {
			var l *slack.RateLimitedError
			return errors.As(err, &l) && l.RetryAfter == 30*time.Second
		}},
		"500": {Fault{Kind: KindStatus, Status: 500}, 0, func(err error) bool {
			var s slack.StatusCodeError
			return errors.As(err, &s) && s.Code == 500
		}},
		"ratelimited":       {Fault{Kind: KindRatelimited}, 0, func(err error) bool { return err.Error() == "ratelimited" }},
		"channel_not_found": {Fault{Kind: KindChannelNotFound}, 0, func(err error) bool { return err.Error() == "channel_not_found" }},
		"error":             {Fault{Kind: KindError, Body: "is_archived"}, 0, func(err error) bool { return err.Error() == "is_archived" }},
		"garbage":           {Fault{Kind: KindGarbage}, 0, func(err error) bool { return true }},
		"reset":             {Fault{Kind: KindReset}, 0, func(err error) bool { return true }},
		"lost":              {Fault{Kind: KindLost}, 1, func(err error) bool { return true }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			slackBothWays(t, SlackOptions{}, func(w *slackWorld) {
				c.fault.Path, c.fault.Times = "post", 1
				w.s.Fault(c.fault)
				if _, err := w.api.AuthTestContext(w.t.Context()); err != nil {
					w.t.Errorf("auth.test suffers too: %v", err)
				}
				if _, err := w.post("#music", "x"); err == nil || !c.is(err) {
					w.t.Errorf("%v", err)
				}
				same(w.t, "posted", len(w.s.Messages()), c.posted)
				if _, err := w.post("#music", "x"); err != nil {
					w.t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

func TestSlackHangs(t *testing.T) {
	slackBothWays(t, SlackOptions{}, func(w *slackWorld) {
		w.s.Fault(Fault{Kind: KindHang})
		ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Millisecond)
		defer cancel()
		if _, _, err := w.api.PostMessageContext(ctx, "#music", slack.MsgOptionText("x", true)); !errors.Is(err, context.DeadlineExceeded) {
			w.t.Errorf("%v", err)
		}
		w.s.ClearFaults()
		if _, err := w.post("#music", "x"); err != nil {
			w.t.Error(err)
		}
	})
}
