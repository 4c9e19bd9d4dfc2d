package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	redacted      = "gf…redacted"
	maxSecretFile = 64 << 10
)

// The secrets that belong to no account.
const (
	ClientSecret  = "SPOTIFY_CLIENT_SECRET"
	SlackBotToken = "SLACK_BOT_TOKEN"
	SlackAppToken = "SLACK_APP_TOKEN" // for presses of buttons
	JournalKey    = "JOURNAL_KEY"     // 32 bytes in base64: the journal's
)

// Secret is a text that is shown only on purpose. It is kept in a function, so that printing a struct around it,
// exported or not, cannot reach it.
type Secret struct{ reveal func() string }

// NewSecret returns s as a Secret.
func NewSecret(s string) Secret { return Secret{func() string { return s }} }

// Reveal returns the text itself. The zero Secret is "".
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String does not show the secret.
func (Secret) String() string { return redacted }

// GoString does not show the secret.
func (Secret) GoString() string { return redacted }

// Format does not show the secret, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue does not show the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText does not show the secret, in JSON, YAML and XML neither.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Secret returns the secret called name ("SLACK_BOT_TOKEN"), and whether the environment has it.
func (c *Config) Secret(name string) (Secret, bool) {
	s, ok := c.secrets[name]
	return s, ok
}

// RefreshToken returns the Spotify refresh token of account, and whether the environment has it.
func (c *Config) RefreshToken(account string) (Secret, bool) {
	return c.Secret(RefreshTokenName(account))
}

// RefreshTokenName returns the name of an account's refresh token: "my-home" -> "SPOTIFY_MY_HOME_REFRESH_TOKEN".
func RefreshTokenName(account string) string {
	return "SPOTIFY_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_")) + "_REFRESH_TOKEN"
}

// CredentialName returns the name under which the store keeps what an account's owner granted:
// "my-home" -> "SPOTIFY_MY_HOME_CREDENTIAL".
func CredentialName(account string) string {
	return strings.TrimSuffix(RefreshTokenName(account), "REFRESH_TOKEN") + "CREDENTIAL"
}

// SecretNames returns the secrets that a person can set: what the environment can give as well.
func (c *Config) SecretNames() []string { return secretNames(c) }

// secretNames returns the secrets that c can use.
func secretNames(c *Config) []string {
	names := []string{ClientSecret, SlackBotToken, SlackAppToken, JournalKey}
	for _, a := range c.Accounts {
		names = append(names, RefreshTokenName(a.Name))
	}
	return append(names, targetSecrets(c)...)
}

// secretPatterns returns the variables for secrets, for people.
func secretPatterns() []string {
	return []string{secretPrefix + "SPOTIFY_<ACCOUNT>_REFRESH_TOKEN", secretPrefix + ClientSecret, secretPrefix + SlackBotToken, secretPrefix + SlackAppToken, secretPrefix + JournalKey,
		secretPrefix + "NOTIFY_<TARGET>_TOKEN|KEY|URL"}
}

// isSecretVar reports whether variable gives one of names, or the file of one.
func isSecretVar(variable string, names []string) bool {
	name, ok := strings.CutPrefix(variable, secretPrefix)
	return ok && (slices.Contains(names, name) || slices.Contains(names, strings.TrimSuffix(name, "_FILE")))
}

// readSecrets returns the secrets that the environment gives. What is wrong goes to r, without any value.
func readSecrets(c *Config, vars map[string]string, r *report) map[string]Secret {
	names := secretNames(c)
	secrets := make(map[string]Secret)
	for _, variable := range slices.Sorted(maps.Keys(vars)) {
		rest, ok := strings.CutPrefix(variable, secretPrefix)
		if !ok {
			continue
		}
		at := place{env: visible(variable)}
		if !isSecretVar(variable, names) {
			r.at(at, "", "unknown secret%s", meantSecret(variable, names))
			continue
		}
		name := strings.TrimSuffix(rest, "_FILE")
		if _, both := vars[secretPrefix+name]; both && name != rest {
			r.at(at, "", "%s is set too; keep one of them", secretPrefix+name)
			continue
		}
		value, err := secretValue(vars[variable], name != rest)
		if err != nil {
			r.at(at, "", "%s", err)
			continue
		}
		secrets[name] = NewSecret(value)
	}
	return secrets
}

// meantSecret says which secret an unknown one may have been.
func meantSecret(variable string, names []string) string {
	variables := make([]string, 0, 2*len(names))
	for _, n := range names {
		variables = append(variables, secretPrefix+n, secretPrefix+n+"_FILE")
	}
	if near := didYouMean(variable, variables); near != "" {
		return near
	}
	if strings.Contains(variable, "_REFRESH_TOKEN") {
		return "; no account of that name is in the file"
	}
	if strings.HasPrefix(variable, secretPrefix+"NOTIFY_") {
		return "; no target of that name in the file wants it (notify)"
	}
	return "; known are " + strings.Join(secretPatterns(), ", ")
}

// secretValue returns the secret in s, or in the file that s names. Its errors do not show it.
func secretValue(s string, isFile bool) (string, error) {
	if s == "" {
		return "", errors.New("set but empty; unset it or give it a value")
	}
	if !isFile {
		return s, plainSecret(s)
	}
	data, info, err := readFile(s, maxSecretFile)
	if err != nil {
		return "", err
	}
	if keepsModes && info.Mode().Perm()&0o027 != 0 {
		return "", fmt.Errorf("%s can be read or changed by others (mode %04o): chmod g-w,o= %s",
			s, info.Mode().Perm(), shellQuote(s))
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("%s is empty", s)
	}
	return value, plainSecret(value)
}

// plainSecret refuses what no token holds and what would break the request that carries it.
func plainSecret(s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return errors.New("holds a space, a line break or another character that no token has; was it pasted whole?")
	}
	return nil
}
