package sim

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The parts of Spotify, as faults name them.
const (
	pathMe        = "me"
	pathPlayer    = "player"
	pathDevices   = "devices"
	pathRecent    = "recent"
	pathPause     = "pause"
	pathPlay      = "play"
	pathTransfer  = "transfer"
	pathVolume    = "volume"
	pathPlaylist  = "playlist"
	pathAuthorize = "authorize"
	pathToken     = "token"
)

func spotifyPaths() []string {
	return []string{pathMe, pathPlayer, pathDevices, pathRecent, pathPause, pathPlay, pathTransfer, pathVolume, pathPlaylist,
		pathAuthorize, pathToken}
}

// isAccounts reports whether a part belongs to the accounts service, which has no limits and knows no access tokens.
func isAccounts(path string) bool { return path == pathAuthorize || path == pathToken }

// call is one request on its way through the service.
type call struct {
	method   string
	path     string // "" = there is no such thing
	address  string // the path of the URL
	query    url.Values
	body     []byte
	form     url.Values // of the token endpoint
	client   string     // client id
	secret   string     // client secret
	auth     string     // the Authorization header
	sized    bool       // it has a Content-Length
	account  *Account   // nil if it could not be told
	grant    *grant     // behind its access or refresh token; nil if it has none that is known
	now      time.Time
	fault    Fault     // what it has to suffer; zero = nothing
	pause    *Pause    // its entry in the log of pauses
	transfer *Transfer // its entry in the log of transfers
}

func route(method, path string) string {
	switch method + " " + path {
	case "GET /v1/me":
		return pathMe
	case "GET /v1/me/player":
		return pathPlayer
	case "GET /v1/me/player/devices":
		return pathDevices
	case "GET /v1/me/player/recently-played":
		return pathRecent
	case "PUT /v1/me/player":
		return pathTransfer
	case "PUT /v1/me/player/volume":
		return pathVolume
	case "PUT /v1/me/player/pause":
		return pathPause
	case "PUT /v1/me/player/play":
		return pathPlay
	case "GET /authorize":
		return pathAuthorize
	case "POST /api/token":
		return pathToken
	}
	if isPlaylist(method, path) {
		return pathPlaylist
	}
	return ""
}

func (s *Spotify) newCall(r *http.Request, body []byte, now time.Time) *call {
	c := &call{
		method:  r.Method,
		path:    route(r.Method, r.URL.Path),
		address: r.URL.Path,
		query:   r.URL.Query(),
		body:    body,
		auth:    r.Header.Get("Authorization"),
		sized:   r.Header.Get("Content-Length") != "",
		now:     now,
	}
	switch c.path {
	case pathAuthorize:
		c.account = s.atBrowser()
		return c
	case pathToken:
		s.readForm(c, r)
		return c
	}
	if t, ok := s.access[c.bearer()]; ok {
		c.grant, c.account = t.grant, t.grant.account
		c.log()
	}
	return c
}

// readForm reads what a request to the token endpoint says: who asks, and whose account it is about.
func (s *Spotify) readForm(c *call, r *http.Request) {
	c.form, _ = url.ParseQuery(string(c.body)) // what cannot be read is missing, and refused as missing
	c.client, c.secret = c.form.Get("client_id"), c.form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		c.client, c.secret = user, password
	}
	if g, ok := s.refresh[c.form.Get("refresh_token")]; ok {
		c.grant, c.account = g, g.account
	} else if code, ok := s.codes[c.form.Get("code")]; ok {
		c.account = code.account
	}
}

// log enters the request into the logs of its account.
func (c *call) log() {
	switch c.path {
	case pathPause:
		c.pause = &Pause{Time: c.now, DeviceID: c.query.Get("device_id")}
		c.account.pauses.add(c.pause)
	case pathTransfer:
		c.transfer = newTransfer(c.body, c.now)
		c.account.transfers.add(c.transfer)
	}
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

// identify refuses what has no valid access token.
func (s *Spotify) identify(c *call) (answer, bool) {
	switch t, known := s.access[c.bearer()]; {
	case c.auth == "":
		return refusal(http.StatusUnauthorized, "No token provided", ""), false
	case c.bearer() == "":
		return onlyBearer(), false
	case !known:
		return badToken("Invalid access token"), false
	case !c.now.Before(t.expires):
		return badToken("The access token expired"), false
	}
	return answer{}, true
}
