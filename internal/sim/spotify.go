package sim

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// SpotifyOptions describe the simulated service. Now is required.
type SpotifyOptions struct {
	Now func() time.Time

	// Brief leaves out of items what nobody here reads: links, markets, pictures. That is most of an answer, and of the time
	// that a client takes to read it.
	Brief bool

	// Limits over all accounts in rolling windows; 0 = none of that kind. What is refused does not count.
	Per30s int // beyond it 429 "API rate limit exceeded"
	PerDay int // in 24 h; beyond it 429 QUOTA_EXCEEDED

	TokenLifetime time.Duration // of access tokens; 0 = 1h
	GrantLifetime time.Duration // of refresh tokens, counted from the login (really 6 months); 0 = for ever
	Rotate        bool          // each refresh replaces the refresh token; the old one is revoked
	ClientID      string        // the only one known; "" = any
	ClientSecret  string        // the app's; "" = it has none, and needs PKCE to log in
	RedirectURI   string        // registered; "" = http://127.0.0.1/callback, with any port
}

// Spotify is the Web API and the accounts service in one handler. It serves GET /v1/me,
// /v1/me/player, /v1/me/player/devices and /v1/me/player/recently-played; PUT /v1/me/player,
// /v1/me/player/pause, /v1/me/player/play and /v1/me/player/volume; PUT and POST
// /v1/playlists/{id}/items; GET /authorize and POST /api/token.
type Spotify struct {
	o SpotifyOptions

	mu        sync.Mutex // guards all below and every Account
	last      time.Time
	accounts  map[string]*Account
	order     []*Account
	refresh   map[string]*grant // by every refresh token ever given out
	access    map[string]accessToken
	codes     map[string]code // that can still be exchanged
	issued    int             // access tokens and codes
	browsing  *Account        // whose owner sits at the browser; nil = the first one's
	playlists map[string]*playlist
	burst     window
	day       window
	faults    faults
	stories   []*follower
	commands  int // successful ones, for bodies and delays that differ
	requests  record[Request]
	happened  record[Happening]
}

// Request is one entry of the log of requests.
type Request struct {
	Time    time.Time
	Method  string
	Path    string
	Query   string
	Account string // "" if it could not be told
	Status  int    // 0 = no answer arrived
}

var _ http.Handler = (*Spotify)(nil)

// NewSpotify returns a Spotify without accounts. It panics without a clock, and if the RedirectURI cannot be
// registered.
func NewSpotify(o SpotifyOptions) *Spotify {
	if o.Now == nil {
		panic("sim: SpotifyOptions.Now is required")
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	if o.RedirectURI == "" {
		o.RedirectURI = defaultRedirect
	}
	if wrong := redirectRefusal(o.RedirectURI, o.RedirectURI); wrong != "" {
		panic("sim: SpotifyOptions.RedirectURI: " + wrong)
	}
	return &Spotify{
		o:         o,
		accounts:  map[string]*Account{},
		refresh:   map[string]*grant{},
		access:    map[string]accessToken{},
		codes:     map[string]code{},
		playlists: map[string]*playlist{},
		burst:     window{length: 30 * time.Second, limit: o.Per30s},
		day:       window{length: 24 * time.Hour, limit: o.PerDay},
	}
}

// Requests is the log of requests, oldest first.
func (s *Spotify) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests.since(0)
}

// maxRequestBody is more than any request of ours needs.
const maxRequestBody = 1 << 20

// ServeHTTP answers one request.
func (s *Spotify) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The body is read first: the server notices that the asker has gone only once it has been.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	a, now := s.answer(r, body)
	a.write(w, r, now)
}

// answer works out what to say to a request and keeps the logs.
func (s *Spotify) answer(r *http.Request, body []byte) (answer, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.live()
	c := s.newCall(r, body, now)
	if c.account != nil {
		c.account.live(now)
	}
	a := s.treat(c)
	req := Request{Time: now, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Status: a.seen()}
	if c.account != nil {
		req.Account = c.account.name
	}
	if c.pause != nil {
		c.pause.Status = req.Status
	}
	if c.transfer != nil {
		c.transfer.Status = req.Status
	}
	s.requests.add(req)
	return a, now
}

// treat applies the limits, then the scripted faults, then asks the service proper.
func (s *Spotify) treat(c *call) answer {
	if c.path == "" {
		return noSuchService()
	}
	if !isAccounts(c.path) {
		if a, refused := s.limited(c.now); refused {
			return a
		}
	}
	f, faulty := s.faults.pick(c.path, c.accountName(), c.now)
	if !faulty {
		return s.serve(c)
	}
	c.fault = f
	return f.spotify(c.now, func() answer { return s.serve(c) })
}

// serve is the service as it should be.
func (s *Spotify) serve(c *call) answer {
	switch c.path {
	case pathAuthorize:
		return s.authorize(c)
	case pathToken:
		return s.token(c)
	}
	if refused, ok := s.identify(c); !ok {
		return refused
	}
	if needed := playerScope(c.path); needed != "" && !c.grant.scopes.allow(needed) {
		return permissionsMissing()
	}
	switch c.path {
	case pathMe:
		return c.account.me()
	case pathPlayer:
		return c.account.player(c)
	case pathDevices:
		return c.account.deviceList()
	case pathRecent:
		return c.account.recent(c)
	case pathPlaylist:
		return s.playlist(c)
	default:
		return c.account.command(c)
	}
}
