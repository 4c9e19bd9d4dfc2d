package engine

import (
	"fmt"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// Timer is a function given to every or at. It runs once per account.
type Timer struct {
	ID     string             `json:"id"` // file, function and times: the same after a reload
	File   string             `json:"file"`
	Fn     *starlark.Function `json:"-"`                // nil: it is loaded elsewhere
	Every  time.Duration      `json:"every,omitempty"`  // of every; 0: it is an at
	Hour   int                `json:"hour,omitempty"`   // of at, in the zone of the account's clock
	Minute int                `json:"minute,omitempty"` // of at
	Days   Days               `json:"days,omitempty"`
}

// Days is a set of weekdays, bit 0 for Sunday. The zero value means every day.
type Days uint8

// Has says whether the day is in the set.
func (d Days) Has(w time.Weekday) bool { return d == 0 || d&(1<<w) != 0 }

// With adds a day.
func (d Days) With(w time.Weekday) Days { return d | 1<<w }

var dayNames = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// DayName is "mon".
func DayName(w time.Weekday) string { return dayNames[w] }

// ParseDays reads "mon-fri,sun"; "" is every day.
func ParseDays(s string) (Days, error) {
	var out Days
	if strings.TrimSpace(s) == "" {
		return 0, nil
	}
	for _, part := range strings.Split(s, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			to = from
		}
		a, err := parseDay(from)
		if err != nil {
			return 0, err
		}
		b, err := parseDay(to)
		if err != nil {
			return 0, err
		}
		for w := a; ; w = (w + 1) % 7 {
			out = out.With(w)
			if w == b {
				break
			}
		}
	}
	return out, nil
}

func parseDay(s string) (time.Weekday, error) {
	for w, name := range dayNames {
		if strings.EqualFold(strings.TrimSpace(s), name) {
			return time.Weekday(w), nil
		}
	}
	return 0, fmt.Errorf(`%s is no day: write "mon", "mon-fri" or "sat,sun"`, quote(s))
}

func (t *Timer) spec() string {
	if t.Every > 0 {
		return "every " + FormatDuration(t.Every)
	}
	s := fmt.Sprintf("at %02d:%02d", t.Hour, t.Minute)
	if t.Days != 0 {
		s += fmt.Sprintf(" days %d", t.Days)
	}
	return s
}

func (r *Ruleset) timer(id string) *Timer {
	for _, t := range r.timers {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Next is when the timer runs next after a moment, in that moment's zone. An
// every is aligned to the epoch, so that a reload does not restart it. An at
// whose time does not exist on a day runs at the first minute that does, and
// one that exists twice runs the first time.
func (t *Timer) Next(after time.Time) time.Time {
	if t.Every > 0 {
		n := after.UnixNano()/int64(t.Every) + 1
		return time.Unix(0, n*int64(t.Every)).In(after.Location())
	}
	y, m, d := after.Date()
	for i := range 9 {
		wanted := time.Date(y, m, d+i, t.Hour, t.Minute, 0, 0, time.UTC)
		if !t.Days.Has(wanted.Weekday()) {
			continue
		}
		if at := clockTime(wanted, after.Location()); at.After(after) {
			return at
		}
	}
	return time.Time{} // no weekday at all: ParseDays makes no such set
}

// longest is how far ahead the next run can be.
func (t *Timer) longest() time.Duration {
	if t.Every > 0 {
		return t.Every
	}
	return 8 * 24 * time.Hour // a week, and a zone that moves
}

// clockTime is the first moment at which the clocks of a zone show what the
// wanted time shows in UTC, or, where they skip it, at which they have passed it.
func clockTime(wanted time.Time, zone *time.Location) time.Time {
	y, m, d := wanted.Date()
	at := time.Date(y, m, d, wanted.Hour(), wanted.Minute(), 0, 0, zone)
	shown := shows(at)
	start, end := at.ZoneBounds()
	switch {
	case shown.After(wanted): // skipped when this offset began
		return start
	case shown.Before(wanted): // skipped when the next one begins
		return end
	case start.IsZero():
		return at
	}
	// With the offset before, the clocks may have shown it once already.
	_, now := at.Zone()
	_, before := start.Add(-1).Zone()
	if first := at.Add(time.Duration(now-before) * time.Second); first.Before(start) {
		return first
	}
	return at
}

// shows is what the clocks show at a moment, as a time in UTC.
func shows(at time.Time) time.Time {
	_, offset := at.Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// FormatDuration writes a duration as rule authors do: "30m", not "30m0s".
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
