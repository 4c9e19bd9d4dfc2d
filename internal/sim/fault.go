package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of fault.
const (
	KindStatus    = "status"    // Status and Body ("" = what the service usually says with it)
	KindReset     = "reset"     // the connection is dropped, the request not carried out
	KindLost      = "lost"      // the request is carried out, then the connection is dropped
	KindHang      = "hang"      // no answer until the request's context ends
	KindStall     = "stall"     // half of the true answer, then nothing until the request's context ends
	KindTruncated = "truncated" // half of the true answer
	KindHuge      = "huge"      // valid JSON of more than 1 MiB
	KindGarbage   = "garbage"   // 200, labelled JSON, and not JSON
	KindDeep      = "deep"      // valid JSON of less than 1 MiB: 100,000 arrays, one inside the other
	KindWide      = "wide"      // valid JSON of less than 1 MiB: 100,000 arrays, one beside the other
	KindHTML      = "html"      // a page of HTML with Status (0 = 503)

	// Of Spotify alone.
	KindSpurious401     = "spurious401"        // 401 "Access token missing"
	KindSpuriousPremium = "spurious403premium" // 403 PREMIUM_REQUIRED
	KindRate            = "429"                // the rate limit; of Slack too
	KindQuota           = "quota"              // 429 QUOTA_EXCEEDED
	KindStale           = "stale"              // the player's state and the history as they were Lag ago (0 = 5s)
	KindDelay           = "delay"              // commands take effect after Lag (0 = 0 to 3 s, varying)

	// Of Spotify's Web API alone: authorize and token do not suffer them.
	KindBadToken         = "badtoken"         // 401 with WWW-Authenticate; Body is the message ("" = "Invalid access token")
	KindOnlyBearer       = "onlybearer"       // 400 "Only valid bearer authentication supported"
	KindUnregistered     = "unregistered"     // 403 in plain text: the user is not on the app's list
	KindOwnerPremium     = "ownerpremium"     // 403 "Active premium subscription required for the owner of the app"
	KindOwnerPremiumText = "ownerpremiumtext" // the same in plain text

	// Of Spotify's token endpoint alone.
	KindRevoked = "revoked" // 400 invalid_grant "Refresh token revoked", although it is not

	// Of Slack alone.
	KindRatelimited     = "ratelimited"       // 200 {"ok":false,"error":"ratelimited"}
	KindChannelNotFound = "channel_not_found" // 200 {"ok":false,"error":"channel_not_found"}
	KindError           = "error"             // 200 {"ok":false,"error":Body}

	// Of Slack's open sockets alone: each connection suffers it once, one that opens while it lasts as soon as it said hello.
	KindDrop       = "drop"       // the connection ends without a word
	KindSilent     = "silent"     // nothing comes any more, not even pings; the connection stays open
	KindGarbled    = "garbled"    // a frame that is Body ("" = broken JSON)
	KindDisconnect = "disconnect" // Slack asks to connect anew; Body is its reason: warning, refresh_requested ("" = this), link_disabled
)

// Remaining as a RetryAfter is the time until the fault ends.
const Remaining = "remaining"

// Fault is scripted misbehaviour. The first one that fits a request applies, in the order in which they were
// scripted. (Over real HTTP, Go's Transport itself repeats a GET once when a connection it reuses is
// reset: a reset with Times 1 may go unseen.)
//
// Paths of Spotify:
//
//	me         GET /v1/me                          pause      PUT /v1/me/player/pause
//	player     GET /v1/me/player                   play       PUT /v1/me/player/play
//	devices    GET /v1/me/player/devices           transfer   PUT /v1/me/player
//	recent     GET /v1/me/player/recently-played   volume     PUT /v1/me/player/volume
//	authorize  GET /authorize                      playlist   PUT and POST /v1/playlists/{id}/items
//	token      POST /api/token
//
// Paths of Slack:
//
//	post       chat.postMessage     auth     auth.test
//	update     chat.update          connect  apps.connections.open
//	ephemeral  chat.postEphemeral   socket   GET /link/: the socket's handshake; with a kind of its own, the open sockets
type Fault struct {
	Path       string // one of those above; "*" or "" = all that can suffer this kind
	Account    string // of Spotify: only this account's requests; "" = everybody's
	From       time.Time
	Until      time.Time // zero = no end
	Times      int       // this many requests; 0 = any number
	Kind       string
	Status     int
	Body       string
	RetryAfter *string       // the header's value, or Remaining; nil = no such header
	Lag        time.Duration // of stale and delay
}

// faults are the scripted ones that are not over yet.
type faults []*Fault

func (fs *faults) add(f Fault) { *fs = append(*fs, &f) }

// pick takes the fault that a request must suffer, if any. Those of open sockets no request suffers.
func (fs *faults) pick(path, account string, now time.Time) (Fault, bool) {
	for _, f := range *fs {
		if !f.fits(path, account, now) || slices.Contains(socketKinds(), f.Kind) { // which befall what is open
			continue
		}
		taken := *f
		fs.take(f)
		return taken, true
	}
	return Fault{}, false
}

// take counts that a fault was suffered, and reports whether it was still there to suffer.
func (fs *faults) take(f *Fault) bool {
	i := slices.Index(*fs, f)
	if i < 0 {
		return false
	}
	if f.Times > 0 {
		if f.Times--; f.Times == 0 {
			*fs = slices.Delete(*fs, i, i+1)
		}
	}
	return true
}

func (f Fault) fits(path, account string, now time.Time) bool {
	return (f.everywhere() || f.Path == path) && f.canHit(path) && (f.Account == "" || f.Account == account) &&
		!now.Before(f.From) && !f.over(now)
}

func (f Fault) everywhere() bool { return f.Path == "" || f.Path == "*" }

func (f Fault) over(now time.Time) bool {
	return !f.Until.IsZero() && !now.Before(f.Until)
}

// forget drops the faults that are over, so that a story that loops does not pile them up.
func (fs *faults) forget(now time.Time) {
	*fs = slices.DeleteFunc(*fs, func(f *Fault) bool { return f.over(now) })
}

// Fault adds scripted misbehaviour. It panics on a kind that Spotify does not have, or not at that path, and on an
// impossible status.
func (s *Spotify) Fault(f Fault) {
	f.mustBe(spotifyKinds())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live() // what is due comes before it
	s.faults.add(f)
}

// ClearFaults ends all scripted misbehaviour.
func (s *Spotify) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	s.faults = nil
}

func sharedKinds() []string {
	return []string{KindStatus, KindReset, KindLost, KindHang, KindStall, KindTruncated, KindHuge, KindGarbage, KindDeep, KindWide,
		KindHTML, KindRate}
}

func slackKinds() []string {
	return append(append(sharedKinds(), KindRatelimited, KindChannelNotFound, KindError), socketKinds()...)
}

// socketKinds are what befalls connections that are open.
func socketKinds() []string {
	return []string{KindDrop, KindSilent, KindGarbled, KindDisconnect}
}

func (f Fault) mustBe(kinds []string) {
	if !slices.Contains(kinds, f.Kind) {
		panic(fmt.Sprintf("sim: no fault of kind %q; the kinds are %s", f.Kind, strings.Join(kinds, ", ")))
	}
	if !f.everywhere() && !f.canHit(f.Path) {
		panic(fmt.Sprintf("sim: no fault of kind %q at %q", f.Kind, f.Path))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		panic(fmt.Sprintf("sim: a fault answers with a status from 200 to 599, not %d", f.Status))
	}
}

func (f Fault) age() time.Duration {
	if f.Lag > 0 {
		return f.Lag
	}
	return 5 * time.Second
}

// nested is how many arrays a deep or wide answer has.
const nested = 100_000

// common are the faults that any service can have.
func (f Fault) common(now time.Time, honest func() answer) answer {
	switch f.Kind {
	case KindReset:
		return answer{wire: reset}
	case KindHang:
		return answer{wire: hang}
	case KindLost:
		honest()
		return answer{wire: reset}
	case KindStall:
		return cutShort(honest(), stall)
	case KindTruncated:
		return cutShort(honest(), truncated)
	case KindHuge:
		return textAnswer(http.StatusOK, `{"padding":"`+strings.Repeat("la", 1<<19+1<<15)+`"}`)
	case KindGarbage:
		return textAnswer(http.StatusOK, "{\x00\xff]] not JSON")
	case KindDeep:
		return textAnswer(http.StatusOK, `{"item":`+strings.Repeat("[", nested)+strings.Repeat("]", nested)+`}`)
	case KindWide:
		return textAnswer(http.StatusOK, `{"item":[`+strings.Repeat("[],", nested-1)+`[]]}`)
	case KindHTML:
		return f.retry(f.worded(textAnswer(f.statusOr(http.StatusServiceUnavailable),
			"<!DOCTYPE html>\n<html><head><title>Service Unavailable</title></head><body><h1>503</h1></body></html>\n")), now)
	}
	return f.retry(f.worded(usualBody(f.statusOr(http.StatusInternalServerError))), now)
}

// cutShort: an answer without a body has nothing to cut; it gets the beginning of one.
func cutShort(a answer, how wire) answer {
	if len(a.body) < 2 {
		a = textAnswer(http.StatusOK, `{"device":{"id":"4463ed9d`)
	}
	a.wire = how
	return a
}

func (f Fault) statusOr(usual int) int {
	if f.Status == 0 {
		return usual
	}
	return f.Status
}

// worded puts the script's own words in place of the usual ones.
func (f Fault) worded(a answer) answer {
	if f.Body == "" {
		return a
	}
	return textAnswer(a.status, f.Body)
}

// retry adds the Retry-After that the script wants.
func (f Fault) retry(a answer, now time.Time) answer {
	switch {
	case f.RetryAfter == nil:
		return a
	case *f.RetryAfter == Remaining:
		return a.with("Retry-After", wholeSeconds(f.Until.Sub(now)))
	}
	return a.with("Retry-After", *f.RetryAfter)
}
