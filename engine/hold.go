package engine

import (
	"encoding/json"
	"fmt"
	"time"
)

// Hold has an account left alone for a while: it is looked at, decided and lit,
// and nothing is enforced or announced. It ends by itself, also over restarts, or
// with a Hold of no length; then what stands is decided anew, so that an intruder
// who still plays is paused and announced. It never switches enforcement on. Told
// by an OrderReport.
type Hold struct {
	ID  string
	For time.Duration // 0: it ends now
	By  string
}

// How long a hold may be.
const (
	ShortestHold = time.Minute
	LongestHold  = 7 * 24 * time.Hour
)

// Check says what is wrong with it.
func (in Hold) Check() error {
	if in.For != 0 && (in.For < ShortestHold || in.For > LongestHold) {
		return fmt.Errorf("a hold of %s: at least %s, at most 7d", FormatDuration(in.For), FormatDuration(ShortestHold))
	}
	return nil
}

// HoldReport says until when an account is on hold; zero: not any more.
type HoldReport struct {
	Until time.Time
	By    string
}

func (Hold) input()        {}
func (HoldReport) report() {}

// holding is the hold in force. It is kept as a reserved row of the state.
type holding struct {
	Until time.Time `json:"until"` // zero: none
	By    string    `json:"by"`
}

func (h holding) on() bool { return !h.Until.IsZero() }

// weigh works out whether decisions are enforced: switched on, and not on hold.
func (l *Loop) weigh() { l.enforce = l.switched && !l.hold.on() }

// takeHold begins, replaces or ends a hold. What waits to be carried out is
// discarded when one begins.
func (l *Loop) takeHold(now time.Time, in Hold) {
	if err := in.Check(); err != nil || in.For == 0 && !l.hold.on() {
		l.tell(OrderReport{ID: in.ID, Err: err})
		return
	}
	w, what := Write{Key: reservedHold}, "off"
	l.hold = holding{}
	if in.For > 0 {
		l.hold = holding{now.Add(in.For), in.By}
		w.Value, _ = json.Marshal(l.hold)
		w.Expires, w.Length = l.hold.Until.Round(0), in.For
		what = "for " + FormatDuration(in.For)
	}
	if l.weigh(); l.hold.on() {
		l.discard(now)
	}
	l.tellHold()
	l.switchTo(now, in.ID, KindHold, Order{By: in.By, What: what}, w)
	l.again(now, CauseState)
}

// endHold ends a hold whose time has come.
func (l *Loop) endHold(now time.Time) {
	if !l.hold.on() || now.Before(l.hold.Until) {
		return
	}
	l.hold = holding{}
	l.weigh()
	l.tellHold()
	l.ended(now, reservedHold)
}

// restoreHold takes up a hold that has not ended yet.
func (l *Loop) restoreHold() {
	e, ok := l.kept.state[reservedHold]
	if !ok {
		return
	}
	if err := json.Unmarshal(e.Value, &l.hold); err != nil {
		l.hold = holding{}
		l.o.Restored("hold", err)
		return
	}
	l.hold.Until = e.Expires // which a clock that was set back has moved
	l.weigh()
	l.early = append(l.early, Tell{l.holdReport()})
}

func (l *Loop) tellHold() { l.tell(l.holdReport()) }

func (l *Loop) holdReport() HoldReport {
	r := HoldReport{By: l.hold.By}
	if l.hold.on() {
		r.Until = l.hold.Until.In(l.o.Zone)
	}
	return r
}

// unenforced says why nothing is carried out, for the journal.
func (l *Loop) unenforced() string {
	if l.hold.on() {
		return "the account is on hold"
	}
	return "enforcement was switched off"
}
