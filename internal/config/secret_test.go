package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const hush = "hush-hush-1"

func secretFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode)
	return path
}

func TestSecrets(t *testing.T) {
	file := secretFile(t, "from-file\r\n", 0o440)
	c, err := parse("x", []byte("accounts: [{name: home}, {name: my-office}]\n"), []string{
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN=one",
		"GATEFOLD_SECRET_SPOTIFY_MY_OFFICE_REFRESH_TOKEN_FILE=" + file,
		"GATEFOLD_SECRET_SLACK_BOT_TOKEN=xoxb=1",
	})
	if err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]string{"home": "one", "my-office": "from-file", "nobody": ""} {
		s, ok := c.RefreshToken(account)
		if s.Reveal() != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", account, s.Reveal(), ok)
		}
	}
	if s, ok := c.Secret("SLACK_BOT_TOKEN"); !ok || s.Reveal() != "xoxb=1" {
		t.Errorf("slack: %q, %v", s.Reveal(), ok)
	}
	if _, ok := c.Secret("SPOTIFY_CLIENT_SECRET"); ok {
		t.Error("a secret that nobody gave")
	}
}

func TestSecretProblems(t *testing.T) {
	const slack = "GATEFOLD_SECRET_SLACK_BOT_TOKEN"
	readable := secretFile(t, hush, 0o644)
	groupCanWrite := secretFile(t, hush, 0o660)
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"unknown", []string{"GATEFOLD_SECRET_SLACK_TOKEN=" + hush},
			"GATEFOLD_SECRET_SLACK_TOKEN: unknown secret; known are GATEFOLD_SECRET_SPOTIFY_<ACCOUNT>_REFRESH_TOKEN, " +
				"GATEFOLD_SECRET_SPOTIFY_CLIENT_SECRET, GATEFOLD_SECRET_SLACK_BOT_TOKEN"},
		{"a typo", []string{"GATEFOLD_SECRET_SLACK_BOT_TOKN_FILE=" + hush},
			`GATEFOLD_SECRET_SLACK_BOT_TOKN_FILE: unknown secret; did you mean "GATEFOLD_SECRET_SLACK_BOT_TOKEN_FILE"?`},
		{"no such account", []string{"GATEFOLD_SECRET_SPOTIFY_OFFICE_REFRESH_TOKEN=" + hush},
			"GATEFOLD_SECRET_SPOTIFY_OFFICE_REFRESH_TOKEN: unknown secret; no account of that name is in the file"},
		{"nameless", []string{"GATEFOLD_SECRET_=" + hush}, "GATEFOLD_SECRET_: unknown secret; known are "},
		{"without its prefix", []string{"GATEFOLD_SLACK_BOT_TOKEN=" + hush},
			`GATEFOLD_SLACK_BOT_TOKEN: unknown variable; did you mean "GATEFOLD_SECRET_SLACK_BOT_TOKEN"?`},
		{"both", []string{slack + "=" + hush, slack + "_FILE=/dev/null"},
			slack + "_FILE: GATEFOLD_SECRET_SLACK_BOT_TOKEN is set too; keep one of them"},
		{"empty", []string{slack + "="}, slack + ": set but empty"},
		{"empty path", []string{slack + "_FILE="}, slack + "_FILE: set but empty"},
		{"line break", []string{slack + "=" + hush + "\n"}, slack + ": holds a space, a line break"},
		{"space", []string{slack + "=hush " + hush}, slack + ": holds a space"},
		{"not UTF-8", []string{slack + "=\xff" + hush}, slack + ": holds a space"},
		{"file of one line break", []string{slack + "_FILE=" + secretFile(t, "\n", 0o600)}, " is empty"},
		{"file of two lines", []string{slack + "_FILE=" + secretFile(t, hush+"\n"+hush+"\n", 0o600)}, "holds a space, a line break"},
		{"no file", []string{slack + "_FILE=/nowhere/secret"}, slack + "_FILE: reading a file: open /nowhere/secret: no such file"},
		{"folder", []string{slack + "_FILE=/"}, "/ is a folder"},
		{"huge", []string{slack + "_FILE=" + secretFile(t, strings.Repeat(hush, 10000), 0o600)}, "larger than 64 KiB"},
		{"readable by all", []string{slack + "_FILE=" + readable},
			readable + " can be read or changed by others (mode 0644): chmod g-w,o= " + readable},
		{"writable by group", []string{slack + "_FILE=" + groupCanWrite}, "(mode 0660): chmod g-w,o= "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse("x", []byte(minimal), tt.env)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), hush) {
				t.Errorf("the error shows the secret: %v", err)
			}
			if n := strings.Count(err.Error(), "\n"); n != 0 {
				t.Errorf("%d problems: %v", n+1, err)
			}
		})
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	c, err := parse("x", []byte(minimal), []string{
		"GATEFOLD_SECRET_SLACK_BOT_TOKEN=" + hush,
		"GATEFOLD_SECRET_SPOTIFY_HOME_REFRESH_TOKEN_FILE=" + secretFile(t, hush, 0o600),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.Secret("SLACK_BOT_TOKEN")
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T"} {
		for _, v := range []any{s, &s, c, *c, struct{ s Secret }{s}, []Secret{s}, map[string]Secret{"a": s}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "secret", s, "config", c, "in", struct{ S Secret }{s})
	}
	for _, encode := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
		b, err := encode(struct {
			S Secret
			C *Config
		}{s, c})
		if err != nil {
			t.Error(err)
		}
		out.Write(b)
	}
	for _, secret := range []string{hush, fmt.Sprintf("%x", hush), fmt.Sprintf("%X", hush), fmt.Sprint([]byte(hush))} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in:\n%s", secret, out.String())
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, s); got != redacted {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if b, err := json.Marshal(s); err != nil || string(b) != `"`+redacted+`"` {
		t.Errorf("json: %s, %v", b, err)
	}
	if s.Reveal() != hush || (Secret{}).Reveal() != "" {
		t.Error("Reveal does not reveal")
	}
}
