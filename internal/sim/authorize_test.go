package sim

import (
	"net/http"
	"net/url"
	"testing"
)

const verifier = "a-verifier.of_exactly~forty-three-characters1"

// visit is a browser that opens the authorization page and does not follow where it leads. The parameters
// replace the usual ones; "" leaves one out.
func (w *world) visit(with map[string]string) reply {
	w.t.Helper()
	q := url.Values{"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {"http://127.0.0.1:8888/callback"},
		"scope": {"user-read-playback-state user-modify-playback-state"}, "state": {"st&te"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "show_dialog": {"true"}}
	for key, value := range with {
		if q.Set(key, value); value == "" {
			q.Del(key)
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), "GET", w.base+"/authorize?"+q.Encode(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Transport: w.client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return do(browser, req)
}

// sentBack is what the app gets to see of an answer to visit.
func sentBack(t *testing.T, r reply) (to *url.URL, parameters url.Values) {
	t.Helper()
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != 302 {
		t.Fatalf("%d %q, %v: not sent back", r.status, r.body, err)
	}
	return to, to.Query()
}

func codeOf(t *testing.T, r reply) string {
	t.Helper()
	_, parameters := sentBack(t, r)
	return parameters.Get("code")
}

func TestAuthorize(t *testing.T) {
	bothWays(t, SpotifyOptions{}, func(w *world) {
		to, got := sentBack(w.t, w.visit(nil))
		same(w.t, "host", to.Host, "127.0.0.1:8888")
		same(w.t, "path", to.Path, "/callback")
		same(w.t, "state", got.Get("state"), "st&te")
		if got.Get("code") == "" || got.Has("error") {
			w.t.Errorf("parameters %v", got)
		}
		if again := codeOf(w.t, w.visit(nil)); again == got.Get("code") {
			w.t.Error("the same code twice")
		}
		w.a.Agree(false)
		_, got = sentBack(w.t, w.visit(nil))
		same(w.t, "refused", got.Encode(), "error=access_denied&state=st%26te")
		_, got = sentBack(w.t, w.visit(map[string]string{"state": ""}))
		same(w.t, "refused without a state", got.Encode(), "error=access_denied")
		w.a.Agree(true)
		if codeOf(w.t, w.visit(nil)) == "" {
			w.t.Error("no code although the owner agrees again")
		}
	})
}

func TestWhoSitsAtTheBrowser(t *testing.T) {
	w := newWorld(t, SpotifyOptions{PerDay: 1})
	other := w.s.AddAccount("other", AccountOptions{})
	whose := func() string {
		t.Helper()
		w.token = w.exchange(codeOf(t, w.visit(nil)), nil).at(t, "access_token").(string)
		log := w.s.Requests()
		for _, r := range log[len(log)-2:] {
			same(t, r.Path+" in the log", r.Account, log[len(log)-1].Account)
		}
		return log[len(log)-1].Account
	}
	same(t, "at first", whose(), "home")
	other.AtBrowser()
	same(t, "then", whose(), "other")
	same(t, "account", w.get("/v1/me").at(t, "id"), "other")
	same(t, "limits", w.get("/v1/me").status, 429)
	w.a.AtBrowser()
	same(t, "the accounts service has no limits", whose(), "home")
	nobody := &world{t: t, client: &http.Client{Transport: Transport(map[string]http.Handler{"x": NewSpotify(SpotifyOptions{Now: w.clock.now})})}, base: "https://x"}
	same(t, "nobody there", nobody.visit(nil).status, 200)
}

func TestMistakesOfAnAppAreNotSentBack(t *testing.T) {
	const (
		client   = "INVALID_CLIENT: Invalid client"
		invalid  = "INVALID_CLIENT: Invalid redirect URI"
		insecure = "INVALID_CLIENT: Insecure redirect URI"
	)
	redirect := func(to string) map[string]string { return map[string]string{"redirect_uri": to} }
	cases := map[string]struct {
		o     SpotifyOptions
		with  map[string]string
		wants string // of the page; "" = sent back
	}{
		"all is well":               {},
		"another client":            {o: SpotifyOptions{ClientID: "ours"}, wants: client},
		"no client":                 {with: map[string]string{"client_id": ""}, wants: client},
		"no redirect":               {with: redirect(""), wants: invalid},
		"no port":                   {with: redirect("http://127.0.0.1/callback")},
		"any port":                  {with: redirect("http://127.0.0.1:1/callback")},
		"localhost":                 {with: redirect("http://localhost:8888/callback"), wants: insecure},
		"plain http":                {with: redirect("http://example.com/callback"), wants: insecure},
		"looks like the loopback":   {with: redirect("http://127.0.0.1.example.com/callback"), wants: insecure},
		"an own scheme":             {with: redirect("gatefold://callback"), wants: insecure},
		"another number":            {with: redirect("http://127.0.0.2/callback"), wants: insecure},
		"IPv6 that is not ours":     {with: redirect("http://[::1]:8888/callback"), wants: invalid},
		"IPv6 that is":              {o: SpotifyOptions{RedirectURI: "http://[::1]/callback"}, with: redirect("http://[::1]:8888/callback")},
		"another path":              {with: redirect("http://127.0.0.1:8888/callback/"), wants: invalid},
		"a query":                   {with: redirect("http://127.0.0.1:8888/callback?a=b"), wants: invalid},
		"a registered query":        {o: SpotifyOptions{RedirectURI: "https://x/cb?a=b"}, with: redirect("https://x/cb?a=b")},
		"a fragment":                {with: redirect("http://127.0.0.1:8888/callback#a"), wants: invalid},
		"a user":                    {with: redirect("http://a@127.0.0.1:8888/callback"), wants: invalid},
		"no address":                {with: redirect("%"), wants: invalid},
		"https where http is ours":  {with: redirect("https://127.0.0.1/callback"), wants: invalid},
		"https":                     {o: SpotifyOptions{RedirectURI: "https://example.com/cb"}, with: redirect("https://example.com/cb")},
		"https with another port":   {o: SpotifyOptions{RedirectURI: "https://example.com/cb"}, with: redirect("https://example.com:8443/cb"), wants: invalid},
		"the registered port":       {o: SpotifyOptions{RedirectURI: "http://127.0.0.1:8888/callback"}},
		"not the registered port":   {o: SpotifyOptions{RedirectURI: "http://127.0.0.1:9999/callback"}, wants: invalid},
		"implicit grant":            {with: map[string]string{"response_type": "token"}, wants: "response_type must be code or token"},
		"no response type":          {with: map[string]string{"response_type": ""}, wants: "response_type must be code or token"},
		"a scope that is not there": {with: map[string]string{"scope": "user-read-playback-state user-read-mind"}, wants: "INVALID_SCOPE: Invalid scope"},
		"no scope":                  {with: map[string]string{"scope": ""}},
		"plain challenge":           {with: map[string]string{"code_challenge_method": "plain"}, wants: "code_challenge_method must be S256"},
		"no method":                 {with: map[string]string{"code_challenge_method": ""}, wants: "code_challenge_method must be S256"},
		"the verifier itself":       {with: map[string]string{"code_challenge": verifier}, wants: "code_challenge must be a base64url-encoded SHA-256 hash"},
		"a method without a hash":   {with: map[string]string{"code_challenge": ""}, wants: "code_challenge must be a base64url-encoded SHA-256 hash"},
		"no PKCE":                   {with: map[string]string{"code_challenge": "", "code_challenge_method": ""}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newWorld(t, c.o).visit(c.with)
			if c.wants == "" {
				if codeOf(t, r) == "" {
					t.Error("no code")
				}
				return
			}
			same(t, "status", r.status, 400)
			same(t, "page", r.body, c.wants)
			same(t, "Location", r.header.Get("Location"), "")
		})
	}
}
