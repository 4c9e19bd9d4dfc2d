package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// MaxFile bounds a config file, in bytes.
const MaxFile = 1 << 20

// LoadOptions says what to load. Path is required.
type LoadOptions struct {
	Path string   // the config file
	Env  []string // "NAME=value", as os.Environ() gives them; nil = none
}

// Load reads the file and the environment. What is wrong inside them is an *Error; a file that cannot be read is an
// error that wraps the cause (fs.ErrNotExist, fs.ErrPermission).
func Load(o LoadOptions) (*Config, error) {
	path, err := filepath.Abs(o.Path)
	if o.Path == "" {
		err = errors.New("no path given")
	}
	if err != nil {
		return nil, fmt.Errorf("finding the config file: %w", err)
	}
	data, err := readConfigFile(o.Path)
	if err != nil {
		return nil, err
	}
	c, err := parse(o.Path, data, o.Env)
	if err != nil {
		return nil, err
	}
	c.settle(path)
	return c, nil
}

// readConfigFile returns the file's bytes if nobody else can have changed them.
func readConfigFile(path string) ([]byte, error) {
	data, info, err := readFile(path, MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (see examples/home/gatefold.yaml for one to start from, and name it with --config; "+
			"gatefold demo needs none)", err)
	}
	if err != nil {
		return nil, err
	}
	if keepsModes && info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s can be written by others (mode %04o), who could point it anywhere: chmod go-w %s",
			path, info.Mode().Perm(), shellQuote(path))
	}
	return data, nil
}

// parse turns a file's bytes and the environment into a checked Config with the folders still as written.
func parse(name string, data []byte, env []string) (*Config, error) {
	vars := gatefoldVars(env)
	c, r := bound(name, data, vars)
	if c != nil {
		c.secrets = readSecrets(c, vars, r)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// bound returns a checked Config without secrets, nil if the file is not YAML at all, and what is wrong.
func bound(name string, data []byte, vars map[string]string) (*Config, *report) {
	data = []byte(strings.TrimPrefix(string(data), "\ufeff"))
	r := newReport(name, data)
	c := Default()
	body := parseYAML(data, r)
	if len(r.problems) > 0 {
		return nil, r
	}
	if body != nil {
		binder{r}.section("", fieldsOf(c), body)
	}
	override(c, vars, r)
	check(c, r)
	c.vars, c.places, c.hidden = withoutSecrets(vars), r.places, r.hidden
	return c, r
}

// settle makes the folders absolute and gives the addresses the form that their users expect.
func (c *Config) settle(path string) {
	c.File = path
	for _, folder := range []*string{&c.Rules, &c.Shadow, &c.Data} {
		if *folder == "" {
			continue // no shadow; the others are checked
		}
		if !filepath.IsAbs(*folder) {
			*folder = filepath.Join(filepath.Dir(path), *folder)
		}
		*folder = filepath.Clean(*folder)
	}
	if k := &c.Secrets.KeyFile; *k != "" && *k != KeyFileNone {
		if !filepath.IsAbs(*k) {
			*k = filepath.Join(filepath.Dir(path), *k)
		}
		*k = filepath.Clean(*k)
	}
	c.Spotify.APIURL = strings.TrimRight(c.Spotify.APIURL, "/")
	c.Spotify.AccountsURL = strings.TrimRight(c.Spotify.AccountsURL, "/")
	c.Slack.APIURL = strings.TrimRight(c.Slack.APIURL, "/") + "/"
}
