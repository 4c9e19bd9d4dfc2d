package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Override sets an account's pace for a while, whatever the rules and the pacer
// say; the budget still counts. It ends by itself, also over restarts, or with an
// Override without a pace. Told by an OrderReport.
type Override struct {
	ID    string
	Every time.Duration // 0: it ends now
	For   time.Duration // does not count then
	By    string
}

// What an override may be, and how long it lasts when nobody says so.
const (
	ShortestOverride = time.Second
	LongestOverride  = time.Hour
	OverrideFor      = time.Hour
	OverrideForMost  = 7 * 24 * time.Hour
)

// Check says what is wrong with it.
func (in Override) Check() error {
	switch every := FormatDuration(in.Every); {
	case in.Every == 0:
		return nil
	case in.Every < ShortestOverride || in.Every > LongestOverride:
		return fmt.Errorf("a look every %s: at least %s, at most %s apart", every, FormatDuration(ShortestOverride), FormatDuration(LongestOverride))
	case in.For <= 0:
		return errors.New("for how long? An override ends by itself")
	case in.For < in.Every:
		return fmt.Errorf("a look every %s for %s: that is not one look", every, FormatDuration(in.For))
	case in.For > OverrideForMost:
		return fmt.Errorf("an override for %s: at most 7d", FormatDuration(in.For))
	}
	return nil
}

// OverrideReport says which pace an operator has set, and until when; Every 0:
// none any more.
type OverrideReport struct {
	Every time.Duration
	Until time.Time
	By    string
}

func (Override) input()        {}
func (OverrideReport) report() {}

// overriding is the override in force. It is kept as a reserved row of the state;
// the pacer hears of it by Pace.Override.
type overriding struct {
	Every time.Duration `json:"every"`
	Until time.Time     `json:"until"` // zero: none
	By    string        `json:"by"`
}

func (o overriding) on() bool { return !o.Until.IsZero() }

// takeOverride begins, replaces or ends an override, and plans the next look by it.
func (l *Loop) takeOverride(now time.Time, in Override) {
	if err := in.Check(); err != nil || in.Every == 0 && !l.override.on() {
		l.tell(OrderReport{ID: in.ID, Err: err})
		return
	}
	w, what := Write{Key: reservedOverride}, "auto"
	l.override = overriding{}
	if in.Every > 0 {
		l.override = overriding{in.Every, now.Add(in.For), in.By}
		w.Value, _ = json.Marshal(l.override)
		w.Expires, w.Length = l.override.Until.Round(0), in.For
		what = fmt.Sprintf("every %s for %s", FormatDuration(in.Every), FormatDuration(in.For))
	}
	l.overridden()
	l.switchTo(now, in.ID, KindOverride, Order{By: in.By, What: what}, w)
	l.replan(now)
}

// endOverride ends an override whose time has come.
func (l *Loop) endOverride(now time.Time) {
	if !l.override.on() || now.Before(l.override.Until) {
		return
	}
	l.override = overriding{}
	l.overridden()
	l.ended(now, reservedOverride)
	l.replan(now)
}

// restoreOverride takes up an override that has not ended yet.
func (l *Loop) restoreOverride() {
	e, ok := l.kept.state[reservedOverride]
	if !ok {
		return
	}
	if err := json.Unmarshal(e.Value, &l.override); err != nil {
		l.override = overriding{}
		l.o.Restored("override", err)
		return
	}
	l.override.Until = e.Expires // which a clock that was set back has moved
	l.look.pace.Override = l.override.Every
	l.early = append(l.early, Tell{l.overrideReport()})
}

// overridden hands the pace to the pacer, and tells it.
func (l *Loop) overridden() {
	l.look.pace.Override = l.override.Every
	l.tell(l.overrideReport())
}

func (l *Loop) overrideReport() OverrideReport {
	r := OverrideReport{Every: l.override.Every, By: l.override.By}
	if l.override.on() {
		r.Until = l.override.Until.In(l.o.Zone)
	}
	return r
}

// replan plans the next look anew. Before the first look, and while one is decided,
// the plan is made when that is over. It leaves alone what is not the pacer's: a look
// on its way, the back-off of a failure, a look that somebody asked for.
func (l *Loop) replan(now time.Time) {
	if l.rules == nil || !l.look.pace.Seen || l.look.deciding {
		return
	}
	soon := !l.look.planned.IsZero()
	if l.plan(now); soon {
		l.lookSoon(now)
	}
}
