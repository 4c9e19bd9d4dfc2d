package slack

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Token returns the bot token. It is a function and not a string so that it can be rotated, and so that nothing that
// prints a struct around it, exported or not, can reach the text. A config.Secret's Reveal method is one.
type Token func() string

const redacted = "gf…redacted"

// String does not show the token.
func (Token) String() string { return redacted }

// GoString does not show the token.
func (Token) GoString() string { return redacted }

// Format does not show the token, whatever the verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue does not show the token.
func (Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText does not show the token, in JSON neither.
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// scrubbed is an error whose text held the token. The chain behind it is dropped: it would still say it.
type scrubbed string

func (s scrubbed) Error() string { return string(s) }

// scrub returns err, without token in its text. No error of slack-go or net/http holds the request's body, where the
// token is; a transport that is not ours may be less careful.
func scrub(err error, token string) error {
	if err == nil || token == "" || !strings.Contains(fmt.Sprintf("%s %+v %#v", err, err, err), token) {
		return err
	}
	return scrubbed(strings.ReplaceAll(err.Error(), token, redacted))
}

// checkBotToken tells a token that cannot be a bot's before it is sent anywhere.
func checkBotToken(token string) error {
	switch {
	case token == "":
		return apiError(answer{Error: "not_authed"})
	case strings.HasPrefix(token, "xapp-"):
		return &Error{Code: "not_allowed_token_type", Class: Credential,
			Hint: "the secret SLACK_BOT_TOKEN holds an app-level token (xapp-...): that one is SLACK_APP_TOKEN; " + tokenHint}
	}
	return nil
}
