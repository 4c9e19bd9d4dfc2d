package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Reread returns what another content of c's file says, for a daemon that runs: under the variables that c was loaded
// under, which cannot change any more, and with c's secrets, which come from them too.
func (c *Config) Reread(data []byte) (*Config, error) {
	next, r := bound(c.File, data, c.vars)
	if err := r.err(); err != nil {
		return nil, err
	}
	next.secrets = c.secrets
	next.settle(c.File)
	return next, nil
}

// WithLive returns c with what next says of the keys that count at once.
func (c *Config) WithLive(next *Config) *Config {
	out := *next
	was := scalarsOf(c)
	for i, s := range scalarsOf(&out) {
		if !s.live {
			s.value.Set(was[i].value)
		}
	}
	out.Lights = c.Lights
	keepTables(c, &out)
	out.Accounts = slices.Clone(c.Accounts)
	for i := range out.Accounts {
		j := slices.IndexFunc(next.Accounts, func(a Account) bool { return a.Name == out.Accounts[i].Name })
		if j < 0 {
			continue
		}
		said := fieldsOf(&next.Accounts[j])
		for k, f := range fieldsOf(&out.Accounts[i]) {
			if f.live {
				f.value.Set(said[k].value)
			}
		}
	}
	return &out
}

// LiveKeys returns the keys that count at once in a running daemon.
func LiveKeys() []string {
	var keys []string
	for _, s := range scalarsOf(Default()) {
		if s.live {
			keys = append(keys, s.path)
		}
	}
	for _, f := range fieldsOf(new(Account)) {
		if f.live {
			keys = append(keys, "accounts."+f.key)
		}
	}
	return keys
}

// DataFolder returns the data folder of a configuration that may be one that Load refuses, as far as it can be told:
// a daemon that runs on an earlier content can still be asked what is wrong.
func DataFolder(o LoadOptions) string {
	folder := Default().Data
	if data, _, err := readFile(o.Path, MaxFile); err == nil {
		for line := range strings.Lines(string(data)) {
			if !strings.HasPrefix(line, "data:") {
				continue
			}
			c, r := Default(), newReport("", []byte(line))
			binder{r}.section("", fieldsOf(c), parseYAML([]byte(line), r))
			if r.err() == nil {
				folder = c.Data
			}
		}
	}
	if given := gatefoldVars(o.Env)[varName("data")]; given != "" {
		folder = given
	}
	if path, err := filepath.Abs(o.Path); err == nil && !filepath.IsAbs(folder) {
		folder = filepath.Join(filepath.Dir(path), folder)
	}
	return filepath.Clean(folder)
}

// withoutSecrets returns the variables that give no secret.
func withoutSecrets(vars map[string]string) map[string]string {
	vars = maps.Clone(vars)
	maps.DeleteFunc(vars, func(name, _ string) bool { return strings.HasPrefix(name, secretPrefix) })
	return vars
}
