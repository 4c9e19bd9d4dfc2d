package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	minPoll     = 100 * time.Millisecond
	maxPoll     = 24 * time.Hour
	minKeep     = time.Hour
	maxKeep     = 10 * 365 * 24 * time.Hour
	maxPer30s   = 1_000_000
	maxPerDay   = 1_000_000_000
	maxAccounts = 10_000
)

var (
	accountPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	targetPattern   = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	arnPattern      = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[0-9A-Za-z/_+=.@-]{1,512}$`)
	regionPattern   = regexp.MustCompile(`^[a-z0-9-]{0,32}$`)
	clientIDPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{0,64}$`)
)

// check looks at every value of c, wherever it came from. What has a problem already is not mentioned again.
func check(c *Config, r *report) {
	k := checker{r}
	k.folders(c)
	k.want("isolation", c.Isolation == IsolationProcess || c.Isolation == IsolationNone, "write process or none")
	k.want("listen", isListen(c.Listen), `write host:port, such as 127.0.0.1:9464 (0.0.0.0 for every interface), or "" for none`)
	k.lights(c.Lights)
	k.count("brightness", c.Brightness, 100)
	k.want("reload.timelines", slices.Contains([]string{TimelinesWarn, TimelinesRequire}, c.Reload.Timelines), "write warn or require")
	k.want("reload.confirm", slices.Contains([]string{ConfirmNone, ConfirmDiff}, c.Reload.Confirm), "write none or diff")
	k.between("history.keep", c.History.Keep, minKeep, maxKeep)
	k.secrets(&c.Secrets)
	k.spotify(&c.Spotify)
	k.address("slack.api_url", c.Slack.APIURL)
	k.want("slack.channel", isChannel(c.Slack.Channel), `write a channel's name or id, such as "#music" or C0123456789`)
	k.targets(c)
	k.accounts(c.Accounts)
}

// KeyFileNone as secrets.key_file means a passphrase.
const KeyFileNone = "none"

func stores() []string { return []string{"file", "keyring", "aws"} }

type checker struct{ r *report }

// want notes a problem with key unless ok.
func (k checker) want(key string, ok bool, right string) {
	if !ok {
		k.r.about(key, "found %s; %s", k.r.found(key), right)
	}
}

func (k checker) folders(c *Config) {
	k.folder("rules", c.Rules)
	k.folder("data", c.Data)
	if c.Shadow != "" {
		k.folder("shadow", c.Shadow)
	}
	k.want("data", filepath.Clean(c.Data) != filepath.Clean(c.Rules), "use another folder than that of the rules")
}

func (k checker) folder(key, path string) {
	k.want(key, path != "" && !strings.ContainsFunc(path, unicode.IsControl), "write the path of a folder")
	k.want(key, path != "~" && !strings.HasPrefix(path, "~/"), "write the path out: ~ is not expanded here")
}

func (k checker) secrets(s *Secrets) {
	k.want("secrets.store", slices.Contains(stores(), s.Store), "write file, keyring or aws")
	if s.KeyFile != "" && s.KeyFile != KeyFileNone {
		k.folder("secrets.key_file", s.KeyFile)
	}
	k.want("secrets.aws.region", regionPattern.MatchString(s.AWS.Region), `write a region such as eu-central-1, or "" for that of the environment`)
	k.arn("secrets.aws.shared_arn", s.AWS.SharedARN)
	if s.AWS.Endpoint != "" {
		k.address("secrets.aws.endpoint", s.AWS.Endpoint)
	}
}

func (k checker) arn(key, s string) {
	k.want(key, s == "" || arnPattern.MatchString(s), "write the whole ARN, such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:gatefold/home-AbCdEf")
}

func (k checker) spotify(s *Spotify) {
	k.want("spotify.client_id", clientIDPattern.MatchString(s.ClientID), "write the Client ID as the dashboard shows it")
	k.address("spotify.api_url", s.APIURL)
	k.address("spotify.accounts_url", s.AccountsURL)
	k.count("spotify.budget.per_30s", s.Budget.Per30s, maxPer30s)
	k.want("spotify.budget.per_30s", s.Budget.Per30s != 1, "write at least 2: a look and its pause are two calls")
	k.count("spotify.budget.per_day", s.Budget.PerDay, maxPerDay)
	k.between("spotify.poll.denied", s.Poll.Denied, minPoll, maxPoll)
	k.between("spotify.poll.playing", s.Poll.Playing, minPoll, maxPoll)
	k.between("spotify.poll.paused", s.Poll.Paused, minPoll, maxPoll)
	k.between("spotify.poll.idle", s.Poll.Idle, minPoll, maxPoll)
	k.between("spotify.poll.idle_max", s.Poll.IdleMax, minPoll, maxPoll)
	k.rising(s.Poll)
}

// rising wants idle_max not below idle; the one that was written is at fault.
func (k checker) rising(p Poll) {
	const idle, idleMax = "spotify.poll.idle", "spotify.poll.idle_max"
	if p.IdleMax >= p.Idle || k.r.bad[idle] || k.r.bad[idleMax] {
		return
	}
	if _, written := k.r.places[idleMax]; written {
		k.want(idleMax, false, fmt.Sprintf("write at least %s, which is %s", p.Idle, idle))
		return
	}
	k.want(idle, false, fmt.Sprintf("write at most %s, which is %s, or raise that", p.IdleMax, idleMax))
}

func (k checker) address(key, url string) {
	if why := urlProblem(url); why != "" {
		k.want(key, false, why)
	}
}

func (k checker) count(key string, n, most int) {
	k.want(key, 1 <= n && n <= most, fmt.Sprintf("write a number from 1 to %d", most))
}

func (k checker) between(key string, d, least, most time.Duration) {
	k.want(key, least <= d && d <= most, fmt.Sprintf("write a duration from %s to %s", short(least), short(most)))
}

// short is d without the zeros that Duration.String ends in.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (k checker) accounts(accounts []Account) {
	if len(accounts) == 0 {
		k.r.about("accounts", "found none; name at least one: - name: home")
	}
	if len(accounts) > maxAccounts {
		k.r.about("accounts", "found %d; at most %d", len(accounts), maxAccounts)
	}
	owner := make(map[string]int) // by the name of the refresh token, which has to tell them apart as well
	for i, a := range accounts {
		key := fmt.Sprintf("accounts[%d].name", i)
		if _, written := k.r.places[key]; !written && !k.r.bad[key] {
			k.r.about(fmt.Sprintf("accounts[%d]", i), "found no name; write name: home")
			continue
		}
		k.want(key, accountPattern.MatchString(a.Name), "write 1 to 40 of a-z, 0-9 and -, not a - first")
		if arn := fmt.Sprintf("accounts[%d].secret_arn", i); !k.r.bad[arn] {
			k.arn(arn, a.SecretARN)
		}
		token := RefreshTokenName(a.Name)
		if first, taken := owner[token]; taken {
			k.want(key, false, fmt.Sprintf("accounts[%d] is called so already (both would use %s)", first, token))
			continue
		}
		owner[token] = i
	}
}

// isChannel reports whether s can be a Slack channel.
func isChannel(s string) bool {
	return s != "" && s != "#" && len(s) <= 255 &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}
