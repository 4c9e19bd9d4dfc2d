package config

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
	for _, a := range c.Accounts {
		if _, ok := c.RefreshToken(a.Name); !ok {
			missing("accounts", "no refresh token for "+quoted(a.Name)+"; set "+secretPrefix+RefreshTokenName(a.Name)+
				", or the same with _FILE to the path of a file that holds it")
		}
	}
	if len(e.Problems) == 0 {
		return nil
	}
	return &e
}
