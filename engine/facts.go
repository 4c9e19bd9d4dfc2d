package engine

import (
	"maps"
	"strings"
	"time"
)

const (
	episodeGap  = 10 * time.Minute // an episode ends after this long without a deny
	keptPauses  = 256              // pauses of an episode that are kept with their times
	keptEpisode = 64               // episodes kept at a time: a spoofer can invent names for ever
	keptKeys    = 4096             // throttles kept at a time, for the same reason
)

// Facts is what an account's past says: what the next turn is told about it.
// A value of it is never changed; Fold makes the next one.
type Facts struct {
	Held     Held      // the snapshot before; nil before the first look
	HeldAt   time.Time // when it was last seen
	Run      Run       // of that snapshot
	Verdict  Verdict   // of the last turn that gave one
	Episodes map[string]Episode
	Repeats  map[string][]string  // kind -> what its last committed turn asked for once
	Throttle map[string]time.Time // key -> when it was last reserved
	LastID   int64                // the last event's number, for unique ids
	Ledger   Ledger               // everybody who was ever seen
	Habits   Habits               // when denied devices begin to play

	approvals State  // of this turn
	reads     *Reads // of this turn; nil: nobody wants to know
}

// Run counts the looks that showed the same snapshot.
type Run struct {
	First, Last time.Time
	Count       int
}

// Episode is one holder's time of being denied, over restarts and rotating ids.
type Episode struct {
	Began     time.Time   `json:"began"`
	LastDeny  time.Time   `json:"last_deny"`
	LastPause time.Time   `json:"last_pause,omitzero"` // when a pause was last sent
	Count     int         `json:"pauses"`              // pauses that took effect
	Pauses    []time.Time `json:"times,omitempty"`     // the newest of them
	Fixed     *Fix        `json:"fixed,omitempty"`     // it turned out that the device takes no commands; nil: it did not

	Resumes []time.Duration `json:"resumes,omitempty"` // after how long it was played again, the newest last
}

// Episode gives the holder's running episode, or a zero one.
func (f Facts) Episode(holder string, now time.Time) Episode {
	f.reads.holder(holder)
	e, ok := f.Episodes[holder]
	if !ok || now.Sub(e.LastDeny) >= episodeGap {
		return Episode{}
	}
	return e
}

// Since counts the pauses of the episode in the time before now.
func (e Episode) Since(now time.Time, d time.Duration) int {
	n := 0
	for _, t := range e.Pauses {
		if now.Sub(t) < d {
			n++
		}
	}
	return n
}

// PausesIn counts the pauses of the holder's running episode in the time before now.
func (f Facts) PausesIn(holder string, now time.Time, d time.Duration) int {
	if f.reads != nil {
		f.reads.Pauses = max(f.reads.Pauses, d)
	}
	return f.Episode(holder, now).Since(now, d)
}

// Before gives the snapshot before and when it was last seen; nil before the first look.
func (f Facts) Before() (Held, time.Time) {
	if f.reads != nil {
		f.reads.Before = true
	}
	return f.Held, f.HeldAt
}

// Knows gives the rows of the ledger whose key a test finds.
func (f Facts) Knows(wanted func(holder string) bool) []Known {
	var out []Known
	for holder, k := range f.Ledger {
		if wanted(holder) {
			f.reads.holder(holder)
			out = append(out, k)
		}
	}
	return out
}

// Fold makes the facts after a turn: pure. A void turn (d.Err) still keeps what
// was seen, but judges nobody.
func Fold(f Facts, ev Event, d Decision) Facts {
	held, ok := ev.Data.(Held)
	if !ok {
		return f
	}
	if ev.Cause == CauseLook {
		f.Habits = f.Habits.looked(f, ev.Time, d.Err == nil && d.Verdict.Kind == Deny && held.Active())
		if f.Held != nil && f.Held.Same(held) {
			f.Run.Last, f.Run.Count = ev.Time, f.Run.Count+1
		} else {
			f.Run = Run{First: ev.Time, Last: ev.Time, Count: 1}
		}
		f.Ledger = f.sighted(held, ev.Time)
		f.Held, f.HeldAt = held, ev.Time
	}
	if d.Err != nil {
		return f
	}
	f.Verdict = d.Verdict
	return f.judged(held.Holder(), d.Verdict.Kind, ev.Time)
}

// judged begins, continues or ends episodes.
func (f Facts) judged(holder string, v VerdictKind, now time.Time) Facts {
	switch v {
	case Allow:
		if _, ok := f.Episodes[holder]; ok {
			f.Episodes = maps.Clone(f.Episodes)
			delete(f.Episodes, holder)
		}
	case Deny:
		if holder == "" {
			return f
		}
		e := f.Episode(holder, now)
		if e.Began.IsZero() {
			e.Began = now
		}
		e.LastDeny = now
		f.Episodes = f.withEpisode(holder, e, now)
	}
	return f
}

// Paused records when a pause was last sent to the holder's device, and whether
// it took effect.
func (f Facts) Paused(holder string, at time.Time, effective bool) Facts {
	e, ok := f.Episodes[holder]
	if !ok {
		return f // the episode ended while the pause was on its way
	}
	e.LastPause = at
	if effective {
		e.Count++
		e.Pauses = append(append([]time.Time(nil), e.Pauses...), at)
		if n := len(e.Pauses); n > keptPauses {
			e.Pauses = e.Pauses[n-keptPauses:]
		}
	}
	f.Episodes = f.withEpisode(holder, e, at)
	return f
}

// keptResumes is how many of them are kept.
const keptResumes = 8

// resumed records that the holder's device was played again after a pause.
func (f Facts) resumed(holder string, after time.Duration, now time.Time) Facts {
	e, ok := f.Episodes[holder]
	if !ok {
		return f
	}
	e.Resumes = append(append([]time.Duration(nil), e.Resumes...), after)
	if n := len(e.Resumes); n > keptResumes {
		e.Resumes = e.Resumes[n-keptResumes:]
	}
	f.Episodes = f.withEpisode(holder, e, now)
	return f
}

// Fix is that a device took no command.
type Fix struct {
	Target string    `json:"target"`
	At     time.Time `json:"at"`
	Times  int       `json:"times"` // in a row
}

// Fixed says whether the holder's device is known to take no commands under this
// target, in its episode.
func (f Facts) Fixed(holder, target string, now time.Time) bool {
	e := f.Episode(holder, now)
	return e.Fixed != nil && e.Fixed.Target == target
}

// fixedUntil is before when no pause is tried: once more after a minute, then after
// five and every ten. An API that said so once may have been wrong.
func (f Facts) fixedUntil(holder, target string) time.Time {
	fix := f.Episodes[holder].Fixed
	if fix == nil || fix.Target != target {
		return time.Time{}
	}
	waits := [...]time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute}
	return fix.At.Add(waits[min(fix.Times, len(waits))-1])
}

// fixed records that the holder's device takes no commands; first says that this is
// news.
func (f Facts) fixed(holder, target string, now time.Time) (out Facts, first bool) {
	e, ok := f.Episodes[holder]
	if !ok {
		return f, false
	}
	fix := Fix{Target: target, At: now.Round(0), Times: 1}
	if old := e.Fixed; old != nil && old.Target == target {
		fix.Times = old.Times + 1
	}
	first = e.Fixed == nil
	e.Fixed = &fix
	f.Episodes = f.withEpisode(holder, e, now)
	return f, first
}

// mended records that it does take them.
func (f Facts) mended(holder string, now time.Time) Facts {
	if e, ok := f.Episodes[holder]; ok && e.Fixed != nil {
		e.Fixed = nil
		f.Episodes = f.withEpisode(holder, e, now)
	}
	return f
}

// Resume is after how long the device is usually played again: the longest of the
// last three times, so that a look after it finds it playing. 0: not known.
func (e Episode) Resume() time.Duration {
	var out time.Duration
	for _, d := range e.Resumes[max(0, len(e.Resumes)-3):] {
		out = max(out, d)
	}
	return out
}

func (f Facts) withEpisode(holder string, e Episode, now time.Time) map[string]Episode {
	out := make(map[string]Episode, len(f.Episodes)+1)
	for k, old := range f.Episodes {
		if now.Sub(old.LastDeny) < episodeGap {
			out[k] = old
		}
	}
	out[strings.Clone(holder)] = e
	for len(out) > keptEpisode {
		delete(out, oldest(out))
	}
	return out
}

func oldest(m map[string]Episode) string {
	var key string
	for k, e := range m {
		if key == "" || e.LastDeny.Before(m[key].LastDeny) || e.LastDeny.Equal(m[key].LastDeny) && k < key {
			key = k
		}
	}
	return key
}

func (f Facts) withRepeats(kind string, calls []string) Facts {
	out := maps.Clone(f.Repeats)
	if out == nil {
		out = map[string][]string{}
	}
	out[kind] = calls
	f.Repeats = out
	return f
}

// Throttled says whether a call with this key happened less than every ago.
func (f Facts) Throttled(key string, every time.Duration, now time.Time) bool {
	last, ok := f.Throttle[key]
	return ok && now.Sub(last) < every
}

func (f Facts) reserved(keys []string, now time.Time) Facts {
	if len(keys) == 0 {
		return f
	}
	out := maps.Clone(f.Throttle)
	if out == nil {
		out = map[string]time.Time{}
	}
	for _, k := range keys {
		out[k] = now
	}
	for len(out) > keptKeys {
		delete(out, longestAgo(out))
	}
	f.Throttle = out
	return f
}

func longestAgo(m map[string]time.Time) string {
	var key string
	var at time.Time
	for k, t := range m {
		if at.IsZero() || t.Before(at) || t.Equal(at) && k < key {
			key, at = k, t
		}
	}
	return key
}
