package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The parts of Spotify, as faults name them.
const (
	pathMe      = "me"
	pathPlayer  = "player"
	pathDevices = "devices"
	pathPause   = "pause"
	pathPlay    = "play"
	pathToken   = "token"
)

// call is one request on its way through the service.
type call struct {
	path    string // "" = there is no such thing
	query   url.Values
	form    url.Values // of the token endpoint
	client  string     // client id
	auth    string     // the Authorization header
	sized   bool       // it has a Content-Length
	account *Account   // nil if it could not be told
	now     time.Time
	fault   Fault  // what it has to suffer; zero = nothing
	pause   *Pause // its entry in the log of pauses
}

func route(method, path string) string {
	switch method + " " + path {
	case "GET /v1/me":
		return pathMe
	case "GET /v1/me/player":
		return pathPlayer
	case "GET /v1/me/player/devices":
		return pathDevices
	case "PUT /v1/me/player/pause":
		return pathPause
	case "PUT /v1/me/player/play":
		return pathPlay
	case "POST /api/token":
		return pathToken
	}
	return ""
}

func (s *Spotify) newCall(r *http.Request, body []byte, now time.Time) *call {
	c := &call{
		path:  route(r.Method, r.URL.Path),
		query: r.URL.Query(),
		auth:  r.Header.Get("Authorization"),
		sized: r.Header.Get("Content-Length") != "",
		now:   now,
	}
	if c.path == pathToken {
		c.form, _ = url.ParseQuery(string(body)) // what cannot be read is missing, and refused as missing
		c.client = c.form.Get("client_id")
		if user, _, ok := r.BasicAuth(); ok {
			c.client = user
		}
		c.account = s.refresh[c.form.Get("refresh_token")]
		return c
	}
	if t, ok := s.access[c.bearer()]; ok {
		c.account = t.account
	}
	if c.path == pathPause && c.account != nil {
		c.pause = &Pause{Time: now, DeviceID: c.query.Get("device_id")}
		c.account.logPause(c.pause)
	}
	return c
}

// bearer is the access token, or "".
func (c *call) bearer() string {
	scheme, token, _ := strings.Cut(c.auth, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

func (c *call) accountName() string {
	if c.account == nil {
		return ""
	}
	return c.account.name
}

func (a *Account) logPause(p *Pause) {
	if len(a.pauses) >= recorded {
		a.pauses = slices.Delete(a.pauses, 0, recorded/2)
	}
	a.pauses = append(a.pauses, p)
}

// authorize refuses what has no valid access token.
func (s *Spotify) authorize(c *call) (answer, bool) {
	switch t, known := s.access[c.bearer()]; {
	case c.auth == "":
		return refusal(http.StatusUnauthorized, "No token provided", ""), false
	case c.bearer() == "":
		return refusal(http.StatusBadRequest, "Only valid bearer authentication supported", ""), false
	case !known:
		return badToken("Invalid access token"), false
	case !c.now.Before(t.expires):
		return badToken("The access token expired"), false
	}
	return answer{}, true
}

func badToken(message string) answer {
	challenge := `Bearer realm="spotify", error="invalid_token", error_description="` + message + `"`
	return refusal(http.StatusUnauthorized, message, "").with("WWW-Authenticate", challenge)
}
