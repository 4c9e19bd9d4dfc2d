package slack

import (
	"context"
	"strings"
	"testing"
)

func TestAnAppTokenIsTested(t *testing.T) {
	f := newFakeSocket(t)
	token := testAppToken
	s, err := NewSocket(SocketOptions{
		APIURL: f.URL + "/api/", AppToken: func() string { return token }, HTTP: f.Client(), Now: newClock().Now,
		Press: func(context.Context, Press) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Test(t.Context()); err != nil {
		t.Errorf("a good token: %v", err)
	}
	f.answers = append(f.answers, refuse("invalid_auth"))
	if err := s.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") || strings.Contains(err.Error(), testAppToken) {
		t.Errorf("a dead one: %v", err)
	}
	token = "xoxb-1"
	if err := s.Test(t.Context()); err == nil || !strings.Contains(err.Error(), "holds a bot token") {
		t.Errorf("the wrong kind: %v", err)
	}
	if n := len(f.opens); n != 2 {
		t.Errorf("Slack was asked %d times, want 2", n)
	}
	if len(f.conns) != 0 {
		t.Error("a connection was opened")
	}
}
