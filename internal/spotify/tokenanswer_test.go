package spotify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// An answer that was odd beside its refresh token was refused as a whole, and the only refresh token that worked was
// lost with it.
func TestOddAnswersKeepTheRefreshToken(t *testing.T) {
	const usual = `"access_token":"a","refresh_token":"refresh-1"`
	for body, life := range map[string]time.Duration{
		`{` + usual + `,"expires_in":3600}`:                         time.Hour,
		`{` + usual + `,"expires_in":" 600 "}`:                      10 * time.Minute,
		`{` + usual + `,"expires_in":"6e2"}`:                        10 * time.Minute,
		`{` + usual + `,"expires_in":600.5}`:                        10 * time.Minute,
		`{` + usual + `,"expires_in":0.5}`:                          time.Second,
		`{` + usual + `,"expires_in":1e30}`:                         1<<31*time.Second - time.Second,
		`{` + usual + `,"expires_in":99999999999999999999}`:         1<<31*time.Second - time.Second,
		`{` + usual + `,"expires_in":1e999}`:                        time.Hour,
		`{` + usual + `,"expires_in":-5}`:                           time.Hour,
		`{` + usual + `,"expires_in":"soon"}`:                       time.Hour,
		`{` + usual + `,"expires_in":"NaN"}`:                        time.Hour,
		`{` + usual + `,"expires_in":"Inf"}`:                        time.Hour,
		`{` + usual + `,"expires_in":true}`:                         time.Hour,
		`{` + usual + `,"expires_in":[]}`:                           time.Hour,
		`{` + usual + `,"expires_in":{"a":[1]}}`:                    time.Hour,
		`{` + usual + `,"Expires_In":"soon"}`:                       time.Hour,
		`{` + usual + `,"token_type":7}`:                            time.Hour,
		`{` + usual + `,"scope":7,"error":null,"error_uri":[]}`:     time.Hour,
		`{` + usual + `} trailing`:                                  time.Hour,
		`{` + usual + `}{"refresh_token":"x"}`:                      time.Hour,
		`{` + usual + `}` + strings.Repeat("[", 100):                time.Hour,
		`{"refresh_token":"refresh-0",` + usual + `}`:               time.Hour, // of two the last counts
		`{` + usual + `,"refresh_token":null,"access_token":false}`: time.Hour,
	} {
		v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
		e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, body }}
		tokens, heard := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
		if got, err := tokens.Access(t.Context()); got != "a" || err != nil {
			t.Errorf("%s: %q, %v", body, got, err)
			continue
		}
		if kept, err := v.MemoryVault.Load(t.Context()); kept.RefreshToken() != "refresh-1" || err != nil {
			t.Errorf("%s: kept %s, %v", body, kept.RefreshToken(), err)
		}
		if r := heard()[0]; r.Outcome != "rotated" || r.Expiry.Sub(start) != life {
			t.Errorf("%s: %s for %v, want %v", body, r.Outcome, r.Expiry.Sub(start), life)
		}
	}
}

// unusable are answers with a new refresh token and no access token that could be sent.
var unusable = []string{
	`{"refresh_token":"refresh-1","expires_in":3600}`,
	`{"access_token":"","refresh_token":"refresh-1"}`,
	`{"access_token":7,"refresh_token":"refresh-1"}`,
	`{"access_token":"a c","refresh_token":"refresh-1"}`,
}

func TestRefreshTokenBesideAnUnusableAccessToken(t *testing.T) {
	for _, body := range unusable {
		v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
		inner := rotating()
		e := &endpoint{answer: func(n int, form url.Values) (int, string) {
			status, answer := inner.answer(n, form)
			if n == 1 {
				answer = body
			}
			return status, answer
		}}
		tokens, heard := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
		err := wantError(t, tokens, Unreachable, "")
		if kept, _ := v.MemoryVault.Load(t.Context()); kept.RefreshToken() != "refresh-1" || strings.Contains(fmt.Sprint(err), "refresh-1") {
			t.Errorf("%s: kept %s, %v", body, kept.RefreshToken(), err)
		}
		if h := heard(); len(h) != 1 || h[0].Outcome != "failed" || h[0].Err == nil {
			t.Errorf("%s: %+v", body, h)
		}
		wantAccess(t, tokens, "access-2")
	}
}

// While it cannot be saved it is kept like any other, and no empty access token is handed out once it is.
func TestRefreshTokenBesideAnUnusableAccessTokenThatCannotBeSaved(t *testing.T) {
	v, c := newChest(NewCredential("refresh-0")), &clock{now: start}
	e := &endpoint{answer: func(n int, form url.Values) (int, string) {
		if n == 1 {
			return 200, unusable[0]
		}
		return good(n, form)
	}}
	v.saving = errors.New("disk full")
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	wantError(t, tokens, Unreachable, NotSaved)
	v.fail(&v.saving, nil)
	c.move(5 * time.Second)
	wantAccess(t, tokens, "access-2")
	if got := e.forms[1].Get("refresh_token"); got != "refresh-1" {
		t.Error("refreshed with", got)
	}
}

// What may not be believed leaves the credential alone.
func TestAnswersThatBringNoRefreshToken(t *testing.T) {
	for _, body := range []string{
		`{"error":"x","access_token":"a","refresh_token":"refresh-1"}`,
		`{"access_token":"","refresh_token":"a b"}`,
		`{"access_token":"","refresh_token":"` + strings.Repeat("R", mostToken+1) + `"}`,
		`{"access_token":"","refresh_token":"refresh-0"}`,
		`[{"refresh_token":"refresh-1"}]`,
		`{"access_token":"","refresh_token":"refresh-1"`,
		`<html>{"refresh_token":"refresh-1"}`,
	} {
		v := newChest(NewCredential("refresh-0"))
		e := &endpoint{answer: func(int, url.Values) (int, string) { return 200, body }}
		tokens, _ := tokensOn(e, &clock{now: start}, func(o *TokenOptions) { o.Vault = v })
		if got, err := tokens.Access(t.Context()); err == nil {
			t.Errorf("%.40s: %q", body, got)
		}
		if kept, _ := v.MemoryVault.Load(t.Context()); kept.RefreshToken() != "refresh-0" {
			t.Errorf("%.40s: kept %.20s", body, kept.RefreshToken())
		}
	}
}
