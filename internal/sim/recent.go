package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// recentAsk is what a request for the history asks for.
type recentAsk struct {
	limit         int
	after, before int64 // ms since 1970, not included; 0 = not given
}

// recentPage is where GET /v1/me/player/recently-played really is.
const recentPage = "https://api.spotify.com/v1/me/player/recently-played"

// recent is GET /v1/me/player/recently-played: newest first. When told to be stale, what came in late is missing.
func (a *Account) recent(c *call) answer {
	ask, wrong := readRecent(c.query)
	if wrong != "" {
		return refusal(http.StatusBadRequest, wrong, "")
	}
	until := c.now
	if c.fault.Kind == KindStale {
		until = until.Add(-c.fault.age())
	}
	var found []play
	for _, p := range slices.Backward(a.history) {
		if !p.at.After(until) && ask.wants(p) {
			found = append(found, p)
		}
	}
	return jsonAnswer(http.StatusOK, ask.page(found))
}

func readRecent(q url.Values) (ask recentAsk, wrong string) {
	ask.limit = 20
	var err error
	if q.Has("limit") {
		if ask.limit, err = strconv.Atoi(q.Get("limit")); err != nil || ask.limit < 1 || ask.limit > 50 {
			return ask, "Invalid limit"
		}
	}
	if q.Has("after") && q.Has("before") {
		return ask, "Only one of after and before can be given"
	}
	for name, to := range map[string]*int64{"after": &ask.after, "before": &ask.before} {
		if q.Has(name) {
			if *to, err = strconv.ParseInt(q.Get(name), 10, 64); err != nil || *to < 0 {
				return ask, "Invalid " + name
			}
		}
	}
	return ask, ""
}

func (ask recentAsk) wants(p play) bool {
	at := p.at.UnixMilli()
	return at > ask.after && (ask.before == 0 || at < ask.before)
}

// page is the first part of what was found, and where the rest is.
func (ask recentAsk) page(found []play) object {
	shown := found[:min(len(found), ask.limit)]
	items := []any{}
	for _, p := range shown {
		items = append(items, object{"track": p.what.Item.trackShape(), "context": p.what.contextShape(),
			"played_at": p.at.UTC().Format("2006-01-02T15:04:05.000Z")})
	}
	body := object{"items": items, "limit": ask.limit, "href": ask.address(ask.after, ask.before), "next": nil, "cursors": nil}
	if len(shown) == 0 {
		return body
	}
	newest, oldest := shown[0].at.UnixMilli(), shown[len(shown)-1].at.UnixMilli()
	body["cursors"] = object{"after": strconv.FormatInt(newest, 10), "before": strconv.FormatInt(oldest, 10)}
	if len(found) > len(shown) {
		body["next"] = ask.address(0, oldest)
	}
	return body
}

func (ask recentAsk) address(after, before int64) string {
	q := url.Values{"limit": {strconv.Itoa(ask.limit)}}
	if after > 0 {
		q.Set("after", strconv.FormatInt(after, 10))
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	return recentPage + "?" + q.Encode()
}
