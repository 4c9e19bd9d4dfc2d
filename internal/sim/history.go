package sim

import (
	"slices"
	"time"
)

// play is a track that somebody listened to.
type play struct {
	at   time.Time // when it ended or was left
	what Playback
}

const (
	longEnough = 30 * time.Second // a track that is left counts as listened to from here on
	mostPlays  = 200              // are remembered
)

// listen counts how long the item that is shown was listened to, until the next showing. Once the item is over or left, it
// goes into the history: tracks only, as the real one has no podcasts, advertisements and local files.
func (a *Account) listen(next showing) {
	was, end := a.now, next.since
	over, ends := was.ends()
	ended := ends && !end.Before(over)
	if was.open && was.what.Playing && !was.what.Frozen {
		a.heard += end.Sub(was.since)
	}
	if !ended && was.leadsTo(next) {
		return
	}
	if was.open && was.what.Item.Kind == Track && (ended || a.heard >= longEnough) {
		if len(a.history) >= mostPlays {
			a.history = slices.Delete(a.history, 0, len(a.history)-mostPlays+1)
		}
		a.history = append(a.history, play{at: end, what: was.what})
	}
	a.heard = 0
}

// leadsTo reports whether the next showing goes on with the same item, not from an earlier point.
func (w showing) leadsTo(next showing) bool {
	return w.open && next.open && w.what.Item.URI == next.what.Item.URI && next.what.Progress >= w.at(next.since).Progress
}
