package startest

import (
	"fmt"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

// usual is the moment of a fake: a Monday noon, as in timelines.
var usual = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// moment is an argument that is a moment: "2026-01-05 21:00", or a time.
type moment struct{ time.Time }

// Unpack implements starlark.Unpacker.
func (m *moment) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case startime.Time:
		m.Time = time.Time(v)
		return nil
	case starlark.String:
		for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339} {
			if at, err := time.Parse(layout, string(v)); err == nil {
				m.Time = at
				return nil
			}
		}
		return fmt.Errorf(`%s is no moment: write it like "2026-01-05 21:00"`, v)
	}
	return fmt.Errorf(`got %s, want a moment like "2026-01-05 21:00"`, v.Type())
}

// zone is an argument that is a time zone.
type zone struct{ *time.Location }

// Unpack implements starlark.Unpacker.
func (z *zone) Unpack(v starlark.Value) error {
	name, _ := starlark.AsString(v)
	in, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return fmt.Errorf("%s is no time zone: write one like %q", v, "Europe/Berlin")
	}
	z.Location = in
	return nil
}

// when is what every event has.
type when struct {
	account string
	at      moment
	zone    zone
}

func someWhen() when { return when{account: "home", at: moment{usual}, zone: zone{time.UTC}} }

// pairs are its arguments, for starlark.UnpackArgs.
func (w *when) pairs() []any {
	return []any{"time?", &w.at, "timezone?", &w.zone, "account?", &w.account}
}

// time is the moment as the clocks of the zone show it.
func (w *when) time() time.Time {
	if w.zone.Location == time.UTC || w.at.Location() != time.UTC {
		return w.at.In(w.zone.Location)
	}
	y, m, d := w.at.Date()
	return time.Date(y, m, d, w.at.Hour(), w.at.Minute(), w.at.Second(), 0, w.zone.Location)
}

func (w *when) event(kind string, data engine.Payload) engine.Event {
	return engine.Event{ID: w.account + "/" + kind + "/test", Account: w.account, Kind: kind, Time: w.time(), Data: data}
}
