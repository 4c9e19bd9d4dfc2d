package config

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Target is where notify() can send to. Exactly one of its fields is set.
type Target struct {
	Ntfy    Address `yaml:"ntfy"`    // a topic of ntfy: text by POST
	Webhook Address `yaml:"webhook"` // JSON by POST, signed
	Slack   string  `yaml:"slack"`   // a channel's name or id
}

// Kind is which of the fields is set: "ntfy", "webhook" or "slack".
func (t Target) Kind() string {
	switch {
	case t.Ntfy != "":
		return "ntfy"
	case t.Webhook != "":
		return "webhook"
	case t.Slack != "":
		return "slack"
	}
	return ""
}

// Address is a URL of which the path is nobody else's business: whoever knows a topic of ntfy can read it. It prints as
// its host, whatever the verb; string(a) is all of it.
type Address string

// AddressSecret as an address means that the URL is a secret: see TargetSecret.
const AddressSecret Address = "secret"

// String is the address without its path.
func (a Address) String() string { return pathless(string(a)) }

// Format writes the address without its path, whatever the verb.
func (a Address) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue is the address without its path.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText gives the address without its path, in JSON and YAML too.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// pathless is a URL with "…" for everything behind its host; what is no URL is "…" altogether.
func pathless(s string) string {
	if s == "" || s == string(AddressSecret) {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "…"
	}
	if u.User != nil {
		return u.Scheme + "://" + redacted + "@" + u.Host + "/…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

var writtenAddress = regexp.MustCompile(`(?i)(\b(?:ntfy|webhook)["']?\s*:\s*["']?)([^\s"']*[^\s"',}])`)

// maskAddresses is a line of the file with the addresses of targets without their paths.
func maskAddresses(line string) string {
	return writtenAddress.ReplaceAllStringFunc(line, func(s string) string {
		m := writtenAddress.FindStringSubmatch(s)
		return m[1] + pathless(m[2])
	})
}

var anyURL = regexp.MustCompile(`https?://[^\s"']*[^\s"',}]`)

// maskURLs does the same for a line in which the keys themselves may be wrong.
func maskURLs(line string) string { return anyURL.ReplaceAllStringFunc(line, pathless) }

// The secrets of a target.
const (
	TargetToken = "TOKEN" // of ntfy, if the topic wants one
	TargetKey   = "KEY"   // of a webhook: signs
	TargetURL   = "URL"   // the whole address, where the file says "secret"
)

// TargetSecret returns the name of a target's secret: "my-phone", TargetToken -> "NOTIFY_MY_PHONE_TOKEN".
func TargetSecret(target, what string) string {
	return "NOTIFY_" + strings.ToUpper(strings.ReplaceAll(target, "-", "_")) + "_" + what
}

// TargetNames returns the names of the targets, sorted. It is never nil.
func (c *Config) TargetNames() []string {
	names := slices.AppendSeq([]string{}, maps.Keys(c.Notify))
	slices.Sort(names)
	return names
}

// targetSecrets returns the names of the secrets that the targets of c can use.
func targetSecrets(c *Config) []string {
	var names []string
	for _, name := range c.TargetNames() {
		t := c.Notify[name]
		switch t.Kind() {
		case "ntfy":
			names = append(names, TargetSecret(name, TargetToken))
		case "webhook":
			names = append(names, TargetSecret(name, TargetKey))
		}
		if t.Ntfy == AddressSecret || t.Webhook == AddressSecret {
			names = append(names, TargetSecret(name, TargetURL))
		}
	}
	return names
}

const maxTargets = 1000

// targets checks what notify can send to.
func (k checker) targets(c *Config) {
	if len(c.Notify) > maxTargets {
		k.r.about("notify", "found %d targets; at most %d", len(c.Notify), maxTargets)
	}
	for _, name := range c.TargetNames() {
		key, t := "notify."+name, c.Notify[name]
		if !targetPattern.MatchString(name) {
			k.r.about(key, "found %s as the name of a target; write 1 to 40 of a-z, 0-9 and -", quoted(name))
			continue
		}
		k.target(key, t)
	}
}

func (k checker) target(key string, t Target) {
	given := 0
	for _, f := range fieldsOf(&t) {
		if f.value.Len() > 0 || k.r.bad[join(key, f.key)] {
			given++
		}
	}
	if given == 0 && k.spoilt(key) {
		return // a misspelt key, for instance
	}
	if given != 1 {
		found := "none"
		if given > 1 {
			found = "more than one"
		}
		k.r.about(key, "found %s of ntfy, webhook and slack; write exactly one, such as {ntfy: https://ntfy.sh/a-topic}", found)
		return
	}
	k.destination(join(key, "ntfy"), t.Ntfy, "the topic")
	k.destination(join(key, "webhook"), t.Webhook, "")
	k.want(join(key, "slack"), t.Slack == "" || isChannel(t.Slack), `write a channel's name or id, such as "#music" or C0123456789`)
}

// spoilt reports whether something below key has a problem already.
func (k checker) spoilt(key string) bool {
	for bad := range k.r.bad {
		if strings.HasPrefix(bad, key+".") || bad == key {
			return true
		}
	}
	return false
}

// destination checks an address of a target. needs says what its path is, if it has to have one.
func (k checker) destination(key string, a Address, needs string) {
	if a == "" || a == AddressSecret {
		return
	}
	base, _, asked := strings.Cut(string(a), "?")
	why := urlProblem(base)
	if u, err := url.Parse(string(a)); why == "" && err == nil {
		switch {
		case u.Fragment != "" || strings.Contains(string(a), "#"):
			why = "take out what follows the #"
		case needs != "" && strings.Trim(u.Path, "/") == "":
			why = "write " + needs + " too, such as https://ntfy.sh/a-topic"
		case needs != "" && asked:
			why = "take out what follows the ?"
		}
	} else if why == "" {
		why = "write a URL such as https://host/path"
	}
	if why != "" {
		k.want(key, false, why+"; or write secret, and set the secret "+TargetSecret(strings.Split(key, ".")[1], TargetURL))
	}
}
