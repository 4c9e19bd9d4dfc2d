package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lookAt folds a look into facts.
func lookAt(f Facts, s snap, at time.Time) Facts {
	ev := playback(s)
	ev.Time = at
	return Fold(f, ev, Decision{Event: ev})
}

func TestIDKnown(t *testing.T) {
	type sight struct {
		after string // since the one before
		who   string
		id    string
		known bool
	}
	for name, sights := range map[string][]sight{
		"never seen": {{"0s", "ann", "1", false}, {"15s", "ann", "1", false}, {"3h", "ann", "1", true}},
		"in sight for long": {
			{"0s", "ann", "1", false}, {"9m", "ann", "1", false}, {"9m", "ann", "1", false}, {"9m59s", "ann", "1", false}, {"10m", "ann", "1", true}, {"15s", "ann", "1", true},
		},
		"comes back soon":   {{"0s", "ann", "1", false}, {"1m", "", "", false}, {"8m59s", "ann", "1", false}, {"9m", "ann", "1", false}},
		"comes back later":  {{"0s", "ann", "1", false}, {"1m", "", "", false}, {"10m", "ann", "1", true}, {"15s", "ann", "1", true}, {"15s", "bob", "2", false}, {"15s", "ann", "1", true}},
		"another id":        {{"0s", "ann", "1", false}, {"1h", "ann", "2", false}, {"15s", "ann", "2", false}, {"15s", "ann", "1", true}, {"15s", "ann", "2", false}},
		"another's id":      {{"0s", "ann", "1", false}, {"1h", "bob", "1", false}, {"15s", "ann", "1", true}, {"15s", "bob", "1", false}},
		"two take turns":    {{"0s", "ann", "1", false}, {"5m", "bob", "2", false}, {"5m", "ann", "1", true}, {"5m", "bob", "2", true}},
		"two turns sooner":  {{"0s", "ann", "1", false}, {"5m", "bob", "2", false}, {"4m59s", "ann", "1", false}, {"5m", "bob", "2", false}},
		"seen until lately": {{"0s", "ann", "1", false}, {"9m", "ann", "1", false}, {"1s", "bob", "2", false}, {"9m58s", "ann", "1", false}},
	} {
		t.Run(name, func(t *testing.T) {
			f, now := Facts{}, start
			for i, s := range sights {
				d, _ := time.ParseDuration(s.after)
				now = now.Add(d)
				if got := f.Acquainted(s.who, s.id, now).TargetKnown; got != s.known {
					t.Errorf("sight %d: known is %v", i, got)
				}
				f = lookAt(f, snap{Who: s.who, ID: s.id}, now)
				if got := f.Acquainted(s.who, s.id, now).TargetKnown; got != s.known {
					t.Errorf("sight %d: known is %v after it", i, got)
				}
			}
		})
	}
}

// Only looks are sights: evaluating anew is none.
func TestOnlyLooksAreSights(t *testing.T) {
	f := lookAt(Facts{}, ann, start)
	ev := playback(bob)
	for _, cause := range []string{CauseReload, CauseState, CauseClock} {
		ev.Cause, ev.Time = cause, start.Add(time.Hour)
		if g := Fold(f, ev, Decision{}); len(g.Ledger) != 1 || !g.HeldAt.Equal(start) {
			t.Errorf("%s: %v", cause, g.Ledger)
		}
	}
	equal(t, "a turn that failed still saw", len(Fold(Facts{}, playback(bob), Decision{Err: errDisk}).Ledger), 1)
}

// history is what a ledger without bounds and without shortcuts would know.
type history map[string][]time.Time // holder + id -> when it was seen

func (h history) key(s snap) string { return s.Who + "\x00" + s.Target() }

func (h history) see(s snap, at time.Time) {
	if s.Who != "" {
		h[h.key(s)] = append(h[h.key(s)], at)
	}
}

// known says whether it was seen before the stretch that now belongs to.
func (h history) known(s snap, now time.Time) bool {
	seen := h[h.key(s)]
	for i := len(seen) - 1; i >= 0; i-- {
		if now.Sub(seen[i]) >= spellGap {
			return true
		}
		now = seen[i]
	}
	return false
}

func (h history) first(who string, now time.Time) time.Time {
	for key, seen := range h {
		if strings.HasPrefix(key, who+"\x00") && seen[0].Before(now) {
			now = seen[0]
		}
	}
	return now
}

// restored is what a loop knows that is started with what another has kept.
func restored(f Facts, now time.Time) Facts {
	l := &Loop{facts: f, written: map[string]Known{}}
	return NewLoop(LoopOptions{Account: "home", Decode: decodeSnap}, Recovered{Facts: marshalFacts(f), State: l.houseNews()}, now).facts
}

func drawSnap(t *rapid.T) snap {
	s := snap{
		Who:  rapid.SampledFrom([]string{"", "ann", "bob", "eve"}).Draw(t, "who"),
		ID:   rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "id"),
		NoID: rapid.IntRange(0, 5).Draw(t, "no id") == 0,
	}
	return s
}

// The ledger knows what one knows who remembers every look, in any order of
// looks, also after a start at any moment; and Fold never changes its input.
func TestLedgerIsAsGoodAsMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, now, all := Facts{}, start.UTC(), history{}
		for range rapid.IntRange(1, 60).Draw(t, "looks") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 4 * time.Minute, 9 * time.Minute, 10*time.Minute - 1, 10 * time.Minute, time.Hour}).Draw(t, "gap"))
			s := drawSnap(t)
			check := func(when string) {
				if s.Who == "" {
					return
				}
				got := f.Acquainted(s.Who, s.Target(), now)
				if want := all.known(s, now); got.TargetKnown != want {
					t.Fatalf("%s %v at %s: known is %v, want %v\n%v", when, s, now.Sub(start), got.TargetKnown, want, f.Ledger)
				}
				if want := all.first(s.Who, now); !got.FirstSeen.Equal(want) {
					t.Fatalf("%s %v: first seen %s, want %s", when, s, got.FirstSeen, want)
				}
			}
			check("before")
			before := ledgerText(f.Ledger)
			next := lookAt(f, s, now)
			if ledgerText(f.Ledger) != before {
				t.Fatalf("Fold has changed its input:\n%s\n%s", before, ledgerText(f.Ledger))
			}
			all.see(s, now)
			f = next
			check("after")
			if rapid.IntRange(0, 4).Draw(t, "restart") == 0 {
				f = restored(f, now)
				check("restarted")
			}
		}
	})
}

func ledgerText(l Ledger) string {
	raw, _ := json.Marshal(l)
	return string(raw)
}

// Within a stretch id_known says the same all the time; and what it holds is
// bounded whatever a stranger is called.
func TestLedgerIsBoundedAndSteady(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, now := Facts{}, start.UTC()
		names, ids := rapid.IntRange(1, 700).Draw(t, "names"), rapid.IntRange(1, 50).Draw(t, "ids")
		for i := range rapid.IntRange(1, 900).Draw(t, "looks") {
			s := snap{Who: fmt.Sprint("n", i*7%names), ID: fmt.Sprint(i * 3 % ids)}
			known := f.Acquainted(s.Who, s.ID, now).TargetKnown
			for range i % 3 {
				f = lookAt(f, s, now)
				now = now.Add(9 * time.Minute)
				if f.Acquainted(s.Who, s.ID, now).TargetKnown != known {
					t.Fatalf("known was %v, and is not any more", known)
				}
			}
			f = lookAt(f, s, now)
			now = now.Add(time.Second)
		}
		if len(f.Ledger) > keptHolders {
			t.Fatalf("%d holders", len(f.Ledger))
		}
		for holder, k := range f.Ledger {
			if len(k.Targets) > keptTargets || len(k.Targets) == 0 {
				t.Fatalf("%s: %d ids", holder, len(k.Targets))
			}
			for _, s := range k.Targets {
				if s.First.After(s.Spell) || s.Spell.After(s.Last) || s.Last.After(now) || s.First.Before(k.First) {
					t.Fatalf("%s: %+v in %s to %s", holder, s, k.First, k.Last)
				}
			}
		}
	})
}

// Ever new names, and ever new ids under a known name, do not push out who was
// there before.
func TestStrangersDoNotPushOutTheHousehold(t *testing.T) {
	f, now := Facts{}, start
	household := []string{"kitchen", "bath", "phone"}
	for range 10 {
		for _, who := range household {
			f = lookAt(f, snap{Who: who, ID: "its own"}, now)
			now = now.Add(30 * time.Minute)
		}
	}
	for i := range 2000 {
		f = lookAt(f, snap{Who: fmt.Sprint("stranger ", i), ID: "x"}, now)
		now = now.Add(15 * time.Second)
	}
	for i := range 200 {
		f = lookAt(f, snap{Who: "kitchen", ID: fmt.Sprint("forged ", i)}, now)
		now = now.Add(15 * time.Second)
	}
	for _, who := range household {
		if a := f.Acquainted(who, "its own", now); !a.TargetKnown || a.FirstSeen.After(start.Add(time.Hour)) {
			t.Errorf("%s is pushed out: %+v", who, a)
		}
	}
	equal(t, "the newest is there", f.Ledger["kitchen"].target("forged 199") >= 0, true)
	equal(t, "and holders are bounded", len(f.Ledger), keptHolders)
	equal(t, "and ids", len(f.Ledger["kitchen"].Targets), keptTargets)
}

// A clock that was set back before a start: nothing lies in the future, and who
// was known still is.
func TestLedgerAfterTheClockWasSetBack(t *testing.T) {
	f := lookAt(Facts{}, snap{Who: "ann", ID: "1"}, start)
	f = lookAt(f, snap{Who: "ann", ID: "1"}, start.Add(300*time.Hour))
	f = lookAt(f, snap{Who: "bob", ID: "2"}, start.Add(301*time.Hour))
	f = lookAt(f, snap{}, start.Add(301*time.Hour))
	f = restored(f, start.Add(-1000*time.Hour))
	now := start.Add(-1000 * time.Hour)
	for holder, k := range f.Ledger {
		for _, at := range []time.Time{k.First, k.Last, k.Targets[0].First, k.Targets[0].Last, k.Targets[0].Spell} {
			if at.After(now) {
				t.Errorf("%s: %s lies in the future", holder, at)
			}
		}
	}
	equal(t, "who was known is", f.Acquainted("ann", "1", now).TargetKnown, true)
	equal(t, "who was not is not", f.Acquainted("bob", "2", now).TargetKnown, false)
	equal(t, "for how long", f.Ledger["ann"].Last.Sub(f.Ledger["ann"].First), 300*time.Hour)
}

// The house's rows: what is new goes along with the next commit, and comes again
// when that was not kept.
func TestLedgerIsKept(t *testing.T) {
	h := newHouse(t, houseOptions{first: ann, rules: []string{"def on_playback(now):\n\tlog(now.known)\n\tallow()"}})
	rows := func(rec Record) []string {
		var out []string
		for _, w := range rec.State {
			if holder, ok := strings.CutPrefix(w.Key, reservedLedger); ok && w.Value != nil {
				out = append(out, holder)
			}
		}
		return out
	}
	equals(t, "with the first look", rows(h.records[0]), "ann")
	h.plays(bob)
	h.commits = func() error { return errDisk }
	h.until(time.Minute)
	equals(t, "and the next", rows(h.records[1]), "ann", "bob")
	h.until(2 * time.Minute)
	equals(t, "after a failure again", rows(h.records[2]), "ann", "bob")
	h.commits = func() error { return nil }
	h.receipt = Receipt{Duplicate: true}
	h.until(3 * time.Minute)
	equals(t, "and again", rows(h.records[3]), "ann", "bob")
	h.receipt = Receipt{}
	h.plays(ann)
	h.until(4 * time.Minute)
	equals(t, "after a commit that wrote nothing", rows(h.records[4]), "ann", "bob")
	h.plays(bob)
	h.until(5 * time.Minute)
	equals(t, "only what is new", rows(h.records[5]), "ann")

	h.plays(ann)
	h.now = h.now.Add(20 * time.Minute)
	h.restarts()
	equals(t, "after a restart", h.causes(), "True")
	equals(t, "whom the journal has", holdersOf(h.recovered().State), "ann", "bob")
}

func holdersOf(state []Write) []string {
	var out []string
	for _, row := range LedgerRows(state) {
		out = append(out, row.Holder)
	}
	return out
}

// Who was given up in memory is given up in the journal, too: also when the first
// commit that says so fails.
func TestWhoIsForgottenIsForgottenInTheJournal(t *testing.T) {
	h := newHouse(t, houseOptions{pace: time.Second, rules: []string{"def on_playback(now):\n\tallow()"}})
	failing := false
	h.commits = func() error {
		if failing = !failing; failing {
			return errDisk
		}
		return nil
	}
	for i := range keptHolders + 20 {
		h.plays(snap{Who: fmt.Sprint("n", i)})
		h.until(time.Duration(i) * time.Second)
	}
	h.commits = func() error { return nil }
	h.plays(ann)
	h.until((keptHolders + 30) * time.Second)
	want := slices.Sorted(maps.Keys(h.l.facts.Ledger))
	got := holdersOf(h.recovered().State)
	slices.Sort(got)
	equals(t, "in the journal", got, want...)
}

func TestLedgerRows(t *testing.T) {
	at := func(d time.Duration) Known { return Known{First: start.Add(d), Last: start.Add(d)} }
	state := []Write{
		ledgerWrite("b", at(2)), ledgerWrite("a", at(2)), ledgerWrite("c", at(1)), ledgerWrite("", at(3)),
		{Key: reservedLedger + "broken", Value: []byte("{")}, {Key: "ledger x", Value: []byte("{}")}, {Key: reservedApproval + "a", Value: []byte("{}")},
	}
	equals(t, "oldest first", holdersOf(state), "c", "a", "b", "")
}
