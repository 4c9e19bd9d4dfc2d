package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// spellGap is how long a target may be out of sight without its next sight
	// counting as another time: who leaves for a minute and comes back is no old
	// acquaintance.
	spellGap      = 10 * time.Minute
	keptHolders   = 512
	keptTargets   = 32
	ledgerFresher = 10 * time.Minute // how stale a kept Last may be
)

// Ledger is everybody who was ever seen to hold the player, by key. A value of
// it is never changed; Fold makes the next one.
type Ledger map[string]Known

// Known is one holder as the ledger has it.
type Known struct {
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
	Targets []Sighting `json:"targets"` // in the order in which they were first seen
}

// Sighting is one target under which a holder was seen; "" is none.
type Sighting struct {
	Target string    `json:"target"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	Spell  time.Time `json:"spell"` // when the present or last stretch of seeing it began
}

// same says that both tell the same.
func (k Known) same(o Known) bool {
	return k.First.Equal(o.First) && k.Last.Equal(o.Last) && len(k.Targets) == len(o.Targets) &&
		(len(k.Targets) == 0 || &k.Targets[0] == &o.Targets[0]) // a change copies them
}

// target is the index of a sighting, -1 for none.
func (k Known) target(id string) int {
	return slices.IndexFunc(k.Targets, func(s Sighting) bool { return s.Target == id })
}

// Acquaintance is what the ledger says about a holder with a target at a moment.
type Acquaintance struct {
	FirstSeen   time.Time // of the holder, under any target
	TargetKnown bool      // it was seen under this holder before the present stretch
}

// Acquainted says what is known about a holder who is seen now.
func (f Facts) Acquainted(holder, target string, now time.Time) Acquaintance {
	f.reads.holder(holder)
	k, ok := f.Ledger[holder]
	if !ok {
		return Acquaintance{FirstSeen: now}
	}
	a := Acquaintance{FirstSeen: k.First}
	i := k.target(target)
	if i < 0 {
		return a
	}
	s := k.Targets[i]
	a.TargetKnown = s.First.Before(s.Spell) || now.Sub(f.lastSight(holder, s)) >= spellGap
	return a
}

// lastSight is when a target was seen last: the row of the ledger is behind for
// as long as it is in sight.
func (f Facts) lastSight(holder string, s Sighting) time.Time {
	if held, at := f.Before(); held != nil && held.Holder() == holder && held.Target() == s.Target && at.After(s.Last) {
		return at
	}
	return s.Last
}

// sighted takes up a look: before Held is replaced.
func (f Facts) sighted(held Held, now time.Time) Ledger {
	out := f.Ledger
	holder, target := held.Holder(), held.Target()
	if f.Held != nil && f.Held.Holder() != "" && (f.Held.Holder() != holder || f.Held.Target() != target) {
		out = out.with(f.Held.Holder(), f.Held.Target(), f.HeldAt, false)
	}
	if holder == "" {
		return out
	}
	k, ok := out[holder]
	i := k.target(target)
	if !ok || i < 0 {
		return out.with(holder, target, now, true)
	}
	switch s := k.Targets[i]; {
	case now.Sub(f.lastSight(holder, s)) >= spellGap:
		return out.with(holder, target, now, true)
	case now.Sub(s.Last) >= ledgerFresher:
		return out.with(holder, target, now, false)
	}
	return out
}

// with is the ledger after a sight; begins says that a stretch begins with it.
func (l Ledger) with(holder, target string, at time.Time, begins bool) Ledger {
	at = at.UTC().Round(0)
	out := maps.Clone(l)
	if out == nil {
		out = Ledger{}
	}
	k, ok := out[holder]
	if !ok {
		if !begins {
			return l // forgotten while it was in sight
		}
		k.First = at
		out.makeRoom()
	}
	k.Targets = slices.Clone(k.Targets)
	i := k.target(target)
	if i < 0 {
		if !begins {
			return l
		}
		k.Targets = append(k.Targets, Sighting{Target: strings.Clone(target), First: at})
		if len(k.Targets) > keptTargets {
			k.Targets = withoutShortest(k.Targets)
		}
		i = len(k.Targets) - 1
	}
	s := &k.Targets[i]
	if begins {
		s.Spell = at
	}
	s.Last, k.Last = later(s.Last, at), later(k.Last, at)
	out[strings.Clone(holder)] = k
	return out
}

// notAfter is what is known as a clock sees it that was set back: nothing lies in
// the future, and who was known for a year still is.
func (k Known) notAfter(now time.Time) Known {
	latest := later(k.First, k.Last)
	for _, s := range k.Targets {
		latest = later(latest, later(later(s.First, s.Last), s.Spell))
	}
	ahead := latest.Sub(now)
	if ahead <= 0 {
		return k
	}
	k.First, k.Last = k.First.Add(-ahead), k.Last.Add(-ahead)
	k.Targets = slices.Clone(k.Targets)
	for i, s := range k.Targets {
		s.First, s.Last, s.Spell = s.First.Add(-ahead), s.Last.Add(-ahead), s.Spell.Add(-ahead)
		k.Targets[i] = s
	}
	return k
}

// withoutShortest gives up the shortest acquaintance among the targets, but for
// the newest: a stranger under a known name, with ever new targets, must not push
// out those that were there before.
func withoutShortest(all []Sighting) []Sighting {
	least := 0
	for i, s := range all[:len(all)-1] {
		if shorter(s.First, s.Last, all[least].First, all[least].Last) {
			least = i
		}
	}
	return slices.Delete(all, least, least+1)
}

// makeRoom gives up the shortest acquaintances: a device that changes its name
// without end must not push the household out.
func (l Ledger) makeRoom() {
	for len(l) >= keptHolders {
		shortest := ""
		for holder, k := range l {
			if s := l[shortest]; shortest == "" || shorter(k.First, k.Last, s.First, s.Last) ||
				!shorter(s.First, s.Last, k.First, k.Last) && holder < shortest {
				shortest = holder
			}
		}
		delete(l, shortest)
	}
}

// shorter compares two acquaintances: a that is as long as b is the shorter one if
// it ended before.
func shorter(aFirst, aLast, bFirst, bLast time.Time) bool {
	if a, b := aLast.Sub(aFirst), bLast.Sub(bFirst); a != b {
		return a < b
	}
	return aLast.Before(bLast)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// LedgerRow is one holder of the ledger as the journal keeps it, and as
// gatefold devices prints it.
type LedgerRow struct {
	Holder string
	Known
}

// ledgerWrite is a row of the ledger as a write of the state.
func ledgerWrite(holder string, k Known) Write {
	raw, _ := json.Marshal(k)
	return Write{Key: reservedLedger + holder, Value: raw}
}

// Write is the row as a write of the state.
func (r LedgerRow) Write() Write { return ledgerWrite(r.Holder, r.Known) }

// LedgerRows picks the ledger out of what a journal has kept, oldest first.
func LedgerRows(state []Write) []LedgerRow {
	var out []LedgerRow
	for _, w := range state {
		holder, ok := strings.CutPrefix(w.Key, reservedLedger)
		var k Known
		if ok && json.Unmarshal(w.Value, &k) == nil {
			out = append(out, LedgerRow{holder, k})
		}
	}
	slices.SortFunc(out, func(a, b LedgerRow) int {
		if c := a.First.Compare(b.First); c != 0 {
			return c
		}
		return strings.Compare(a.Holder, b.Holder)
	})
	return out
}
