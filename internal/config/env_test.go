package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestEveryScalarHasAVariable(t *testing.T) {
	values := map[string]string{
		"GATEFOLD_RULES": "r", "GATEFOLD_SHADOW": "s", "GATEFOLD_RELOAD_TIMELINES": "require", "GATEFOLD_RELOAD_CONFIRM": "diff",
		"GATEFOLD_ISOLATION": "none", "GATEFOLD_DATA": "d", "GATEFOLD_LISTEN": "", "GATEFOLD_TIMEZONE": "UTC",
		"GATEFOLD_LIGHT": "usb:deadbeef", "GATEFOLD_BRIGHTNESS": "40", "GATEFOLD_LOG_LEVEL": "error", "GATEFOLD_HISTORY_KEEP": "2h",
		"GATEFOLD_SPOTIFY_CLIENT_ID": "id", "GATEFOLD_SPOTIFY_API_URL": "http://127.0.0.1:1",
		"GATEFOLD_SPOTIFY_ACCOUNTS_URL": "http://127.0.0.1:2", "GATEFOLD_SPOTIFY_BUDGET_PER_30S": "3",
		"GATEFOLD_SPOTIFY_BUDGET_PER_DAY": "2", "GATEFOLD_SPOTIFY_POLL_DENIED": "1s", "GATEFOLD_SPOTIFY_POLL_PLAYING": "2s",
		"GATEFOLD_SPOTIFY_POLL_PAUSED": "3s", "GATEFOLD_SPOTIFY_POLL_IDLE": "4s", "GATEFOLD_SPOTIFY_POLL_IDLE_MAX": "5s",
		"GATEFOLD_SLACK_API_URL": "http://127.0.0.1:3", "GATEFOLD_SLACK_CHANNEL": "#env",
		"GATEFOLD_SLACK_DECIDERS": "U0ANN, U0BEN",
		"GATEFOLD_SECRETS_STORE":  "aws", "GATEFOLD_SECRETS_KEY_FILE": "none", "GATEFOLD_SECRETS_AWS_REGION": "eu-central-1",
		"GATEFOLD_SECRETS_AWS_SHARED_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/shared-AbCdEf",
		"GATEFOLD_SECRETS_AWS_ENDPOINT":   "http://127.0.0.1:4",
	}
	env := []string{"PATH=/bin", "=odd", "nothing", "GATEFOLDER=x", "gatefold_log_level=x"}
	for name, value := range values {
		env = append(env, name+"="+value)
	}
	got, err := parse("x", []byte("log: {level: debug}\n"+minimal), env)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, &Config{
		Rules: "r", Shadow: "s", Reload: Reload{"require", "diff"}, Isolation: "none", Data: "d", Timezone: time.UTC, Light: Light{Kind: "usb", Serial: "deadbeef"}, Brightness: 40,
		Log: Log{slog.LevelError}, History: History{2 * time.Hour},
		Secrets: Secrets{Store: "aws", KeyFile: "none", AWS: AWS{Region: "eu-central-1",
			SharedARN: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/shared-AbCdEf", Endpoint: "http://127.0.0.1:4"}},
		Spotify: Spotify{ClientID: "id", APIURL: "http://127.0.0.1:1", AccountsURL: "http://127.0.0.1:2",
			Budget: Budget{3, 2}, Poll: Poll{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second}},
		Slack:    Slack{APIURL: "http://127.0.0.1:3", Channel: "#env", Deciders: Users{"U0ANN", "U0BEN"}},
		Accounts: []Account{{Name: "home"}},
	})
	for _, s := range scalarsOf(Default()) {
		if _, ok := values[varName(s.path)]; !ok {
			t.Errorf("%s is not tried here", varName(s.path))
		}
		if strings.HasPrefix(varName(s.path), secretPrefix) {
			t.Errorf("%s would be taken for a secret", s.path)
		}
	}
	if len(values) != len(scalarsOf(Default())) {
		t.Errorf("%d values for %d fields", len(values), len(scalarsOf(Default())))
	}
}

// A value that the environment replaces is checked where it stands now.
func TestEnvironmentOutranksTheFile(t *testing.T) {
	got, err := parse("x", []byte("listen: nonsense\n"+minimal), []string{"GATEFOLD_LISTEN=127.0.0.1:1"})
	if err != nil || got.Listen != "127.0.0.1:1" {
		t.Errorf("%v, %v", got, err)
	}
	_, err = parse("x", []byte("listen: 127.0.0.1:1\n"+minimal), []string{"GATEFOLD_LISTEN=nonsense"})
	if err == nil || !strings.HasPrefix(err.Error(), `GATEFOLD_LISTEN: listen: found "nonsense"; write host:port`) {
		t.Error(err)
	}
}
