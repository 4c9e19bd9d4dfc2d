package examples

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// manifest is what Slack reads of an app. Source: docs.slack.dev, app manifest reference.
type manifest struct {
	DisplayInformation struct {
		Name            string `json:"name"`
		Description     string `json:"description"`
		BackgroundColor string `json:"background_color"`
	} `json:"display_information"`
	Features struct {
		BotUser struct {
			DisplayName  string `json:"display_name"`
			AlwaysOnline bool   `json:"always_online"`
		} `json:"bot_user"`
	} `json:"features"`
	OAuthConfig struct {
		Scopes map[string][]string `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Interactivity struct {
			IsEnabled  bool   `json:"is_enabled"`
			RequestURL string `json:"request_url"`
		} `json:"interactivity"`
		OrgDeployEnabled     bool `json:"org_deploy_enabled"`
		SocketModeEnabled    bool `json:"socket_mode_enabled"`
		TokenRotationEnabled bool `json:"token_rotation_enabled"`
	} `json:"settings"`
}

// TestSlackManifest keeps what buttons need, and that the app may do no more than that.
func TestSlackManifest(t *testing.T) {
	data, err := os.ReadFile("slack/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if n, d := len(m.DisplayInformation.Name), len(m.DisplayInformation.Description); n == 0 || n > 35 || d > 140 {
		t.Errorf("Slack takes a name of 1 to 35 characters and a description of up to 140; these have %d and %d", n, d)
	}
	if m.Features.BotUser.DisplayName == "" {
		t.Error("without a bot user there is no bot token")
	}
	if !m.Settings.SocketModeEnabled || !m.Settings.Interactivity.IsEnabled || m.Settings.Interactivity.RequestURL != "" {
		t.Errorf("presses come through Socket Mode, and to no URL: %+v", m.Settings)
	}
	if m.Settings.TokenRotationEnabled {
		t.Error("with rotation the bot token ends after twelve hours")
	}
	if got := m.OAuthConfig.Scopes; len(got) != 1 || !slices.Equal(got["bot"], []string{"chat:write", "chat:write.public"}) {
		t.Errorf("scopes %v", got)
	}
}

// TestSlackREADME keeps that each of the five steps names what it is about.
func TestSlackREADME(t *testing.T) {
	data, err := os.ReadFile("slack/README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string][]string{
		"\n1. ": {"(manifest.json)", "chat:write.public"},
		"\n2. ": {"connections:write", "secret set SLACK_BOT_TOKEN", "secret set SLACK_APP_TOKEN"},
		"\n3. ": {"deciders: [U", "Copy member ID"},
		"\n4. ": {"/invite @gatefold"},
		"\n5. ": {"gatefold run"},
	}
	for number, words := range steps {
		_, step, ok := strings.Cut(string(data), number)
		if !ok {
			t.Errorf("no step %q", strings.TrimSpace(number))
		}
		for next := range steps {
			step, _, _ = strings.Cut(step, next)
		}
		for _, w := range words {
			if !strings.Contains(step, w) {
				t.Errorf("step %q does not name %q", strings.TrimSpace(number), w)
			}
		}
	}
}
