package sim

import "time"

// showing is what a player shows from one moment until the next change. A change replaces it.
type showing struct {
	open    bool     // false: the player is closed, the answer is 204
	what    Playback // complete; its Progress is the one at since
	since   time.Time
	changed time.Time // the API's timestamp
}

// at is the playback as it stands at t.
func (w showing) at(t time.Time) Playback {
	p := w.what
	if p.Playing && !p.Frozen {
		p.Progress += t.Sub(w.since)
	}
	return p
}

// ends is when the item is over and something else begins.
func (w showing) ends() (time.Time, bool) {
	p := w.what
	if !w.open || !p.Playing || p.Frozen || p.Ghost || p.Item.Kind == Unknown {
		return time.Time{}, false
	}
	return w.since.Add(p.Item.Duration - p.Progress), true
}

// replaced is the next showing: p from t on.
func replaced(p Playback, t time.Time) showing {
	p = p.complete()
	p.Ghost = p.Ghost || p.Progress > p.Item.Duration
	changed := p.Since
	if changed.IsZero() {
		changed = t
	}
	p.Since = time.Time{} // holds for this showing, not for what develops from it
	return showing{open: true, what: p, since: t, changed: changed}
}
