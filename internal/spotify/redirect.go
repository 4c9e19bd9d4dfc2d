package spotify

import (
	"errors"
	"net/url"
	"strings"
)

// ParseRedirect reads what a person copied out of the address bar when the browser could not
// open the redirect address: the whole address, with blanks or quotes around it, or only
// "code=...&state=...". The result is for Login.Finish. No error shows what was pasted.
func ParseRedirect(pasted string) (url.Values, error) {
	const whole = "copy the whole address of the page that could not be opened: it has code= and state= in it"
	if len(pasted) > 16<<10 {
		return nil, errors.New("that is too long for an address: " + whole)
	}
	s := strings.Join(strings.Fields(pasted), "") // a terminal may have broken the line
	s = strings.Trim(s, `"'`+"`<>()“”‘’„«»")
	if s == "" {
		return nil, errors.New("nothing was pasted: " + whole)
	}
	address, query, hasQuery := strings.Cut(s, "?")
	if !hasQuery && !strings.Contains(address, "://") {
		query = s
	}
	query, _, _ = strings.Cut(query, "#")
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil {
		return nil, errors.New("that is damaged: " + whole)
	}
	out := url.Values{}
	for _, key := range []string{"code", "state", "error", "error_description"} {
		if v := values[key]; len(v) > 1 {
			return nil, errors.New("that holds more than one address: " + whole)
		} else if len(v) == 1 {
			out[key] = v
		}
	}
	switch {
	case out.Get("code") == "" && out.Get("error") == "":
		return nil, errors.New(wrongPage(address, hasQuery, s) + ": " + whole)
	case out.Get("state") == "":
		return nil, errors.New("the state is missing: " + whole)
	}
	return out, nil
}

// wrongPage guesses what was copied instead.
func wrongPage(address string, hasQuery bool, all string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && (strings.HasPrefix(u.Host, "accounts.") || strings.HasSuffix(u.Path, "/authorize") || strings.HasSuffix(u.Path, "/login")):
		return "that is still Spotify's own page: agree there first"
	case hasQuery || strings.Contains(address, "://"):
		return "that is another page"
	case usable(all) && !strings.Contains(all, "=") && len(all) > 40:
		return "that is only the code, without the state"
	}
	return "that is no address"
}
