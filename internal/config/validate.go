package config

import "fmt"

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
	if c.Shadow != "" && c.Shadow == c.Rules { // here, because both are absolute now
		e.Problems = append(e.Problems, Problem{Where: c.Where("shadow"), Key: "shadow", Text: "found the folder of the rules; use another one: it is to be their shadow"})
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
