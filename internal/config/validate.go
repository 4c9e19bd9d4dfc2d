package config

import (
	"fmt"
	"os"
	"path/filepath"
)

// Validate returns what is still missing to watch real accounts, as an *Error, or nil. Load leaves it be, because
// checking rules, running timelines and asking for the status need none of it.
func (c *Config) Validate() error {
	var e Error
	missing := func(key, text string) {
		if len(e.Problems) == maxProblems {
			e.More++
			return
		}
		e.Problems = append(e.Problems, Problem{Where: c.File, Key: key, Text: text})
	}
	if c.Spotify.ClientID == "" {
		missing("spotify.client_id", "found none; create an app at https://developer.spotify.com/dashboard and write its "+
			"Client ID here, or set "+varName("spotify.client_id"))
	}
	if found := overlap(c.Rules, c.Shadow); found != "" { // here, because both are absolute now
		e.Problems = append(e.Problems, Problem{Where: c.Where("shadow"), Key: "shadow", Text: "found " + found + "; use another one: it is to be their shadow"})
	}
	if c.Secrets.Store == "aws" {
		for i, a := range c.Accounts {
			if a.SecretARN == "" {
				missing(fmt.Sprintf("accounts[%d].secret_arn", i), "found none; with secrets.store aws every account has a secret of its own: write its ARN here")
			}
		}
		if _, ok := c.Secret(JournalKey); !ok && c.Secrets.AWS.SharedARN == "" {
			missing("secrets.aws.shared_arn", "found none; the key of the journal has no place: write the ARN of a secret for what belongs to no account, or set "+secretPrefix+JournalKey)
		}
	}
	if len(e.Problems) == 0 {
		return nil
	}
	return &e
}

// overlap says what the folder of the shadow rules has to do with that of the rules, through whatever links they are
// named; "": nothing.
func overlap(rules, shadow string) string {
	switch {
	case shadow == "":
		return ""
	case within(rules, shadow) && within(shadow, rules):
		return "the folder of the rules"
	case within(rules, shadow):
		return "a folder that holds that of the rules"
	case within(shadow, rules):
		return "a folder within that of the rules"
	}
	return ""
}

// within says whether a folder lies in another one, or is it. One that does not exist yet is judged by its name.
func within(path, folder string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	there, err := os.Stat(folder)
	for {
		if path == folder {
			return true
		}
		if here, gone := os.Stat(path); err == nil && gone == nil && os.SameFile(here, there) { // mounted twice, or written in other letters
			return true
		}
		up := filepath.Dir(path)
		if up == path {
			return false
		}
		path = up
	}
}
