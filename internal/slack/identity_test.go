package slack

import (
	"errors"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	f := newFake(t, reply(200, `{"ok":true,"url":"https://x.slack.com/","team":"Home","user":"gatefold","team_id":"T1","user_id":"U1"}`))
	p, _ := newPoster(t, f)
	who, err := p.Test(t.Context())
	if want := (Identity{Team: "Home", User: "gatefold"}); err != nil || who != want {
		t.Errorf("%+v, %v; want %+v", who, err, want)
	}
	if f.paths[0] != "/api/auth.test" {
		t.Errorf("path %q", f.paths[0])
	}
}

func TestIdentityOfADeadToken(t *testing.T) {
	f := newFake(t, refuse("invalid_auth"))
	p, _ := newPoster(t, f)
	_, err := p.Test(t.Context())
	if e := (*Error)(nil); !errors.As(err, &e) || !e.Credential() || strings.Contains(err.Error(), testToken) {
		t.Errorf("%v: want an error about the token, without it", err)
	}
}
