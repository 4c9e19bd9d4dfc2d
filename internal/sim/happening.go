package sim

import (
	"slices"
	"time"
)

// Who made something happen.
const (
	Person  = "person"  // somebody in the house
	Player  = "player"  // of itself: a track ended
	Command = "command" // a pause or play request
	Service = "service" // Spotify or Slack misbehaves by script
	App     = "app"     // what gatefold says in Slack
)

// Happening is one thing that happened in the simulated world.
type Happening struct {
	Time    time.Time
	Account string // "" for a service
	Device  string // its name; in Slack, who: a user id or "gatefold"; "" for a service
	By      string // Person, Player, Command, Service or App
	Text    string // what follows the device's name: `presses play`; of a service, a whole sentence
}

// String is a sentence: "Bob's Laptop presses play".
func (h Happening) String() string {
	if h.Device == "" {
		return h.Text
	}
	return h.Device + " " + h.Text
}

// Happenings is what happened since the first n happenings, in the order of time, and the n to ask with next.
func (s *Spotify) Happenings(n int) ([]Happening, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.live()
	for _, a := range s.order {
		a.live(now)
	}
	news := s.happened.since(n)
	slices.SortStableFunc(news, func(a, b Happening) int { return a.Time.Compare(b.Time) })
	return news, s.happened.count
}

func (a *Account) happen(t time.Time, by, text string) {
	name := a.now.what.Device.Name
	if name == "" {
		name = a.name
	}
	a.s.happened.add(Happening{Time: t, Account: a.name, Device: name, By: by, Text: text})
}

// title is the item as a person would say it.
func (i Item) title() string {
	switch i.Kind {
	case Ad:
		return "an advertisement"
	case Unknown, None:
		return "something unknown"
	}
	return `"` + i.Name + `" by ` + i.Artists[0]
}

// record is a log that forgets its oldest entries.
type record[T any] struct {
	entries []T
	count   int // of all that were ever added
}

const recorded = 1 << 16

func (l *record[T]) add(e T) {
	if len(l.entries) >= recorded {
		l.entries = slices.Delete(l.entries, 0, recorded/2)
	}
	l.entries = append(l.entries, e)
	l.count++
}

// since returns a copy of all that came after the first n, as far as it is still there.
func (l *record[T]) since(n int) []T {
	gone := l.count - len(l.entries)
	return slices.Clone(l.entries[min(max(n-gone, 0), len(l.entries)):])
}
