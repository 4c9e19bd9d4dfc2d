package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// turn folds a turn on a look.
func folded(f Facts, at time.Time, s snap, v VerdictKind) Facts {
	ev := Event{Kind: KindPlayback, Cause: CauseLook, Time: at, Data: s}
	return Fold(f, ev, Decision{Verdict: Verdict{Kind: v}})
}

func TestEpisode(t *testing.T) {
	at := func(d time.Duration) time.Time { return start.Add(d) }
	eve := snap{Who: "eve", Plays: true}
	var f Facts
	f = folded(f, at(0), bob, Deny)
	f = folded(f, at(5*time.Minute), bob, Deny)
	f = folded(f, at(6*time.Minute), eve, Deny)
	equal(t, "began", f.Episode("bob", at(6*time.Minute)).Began, at(0))
	equal(t, "eve's", f.Episode("eve", at(6*time.Minute)).Began, at(6*time.Minute))
	equal(t, "nobody's", f.Episode("mal", at(0)).Began, time.Time{})

	// Nobody, what is unknown and what failed neither go on with it nor end it.
	g := folded(f, at(7*time.Minute), snap{}, Idle)
	g = folded(g, at(8*time.Minute), bob, Unknown)
	g = Fold(g, Event{Kind: KindPlayback, Cause: CauseLook, Time: at(9 * time.Minute), Data: bob}, Decision{Err: errors.New("void"), Verdict: Verdict{Kind: Allow}})
	equal(t, "just before ten minutes", g.Episode("bob", at(15*time.Minute-1)).Began, at(0))
	equal(t, "after ten minutes", g.Episode("bob", at(15*time.Minute)).Began, time.Time{})
	equal(t, "a new one", folded(g, at(15*time.Minute), bob, Deny).Episode("bob", at(15*time.Minute)).Began, at(15*time.Minute))

	// An allow ends it, for that device only.
	h := folded(f, at(7*time.Minute), bob, Allow)
	equal(t, "after an allow", h.Episode("bob", at(7*time.Minute)).Began, time.Time{})
	equal(t, "of the other", h.Episode("eve", at(7*time.Minute)).Began, at(6*time.Minute))
	equal(t, "the value before is unchanged", f.Episode("bob", at(7*time.Minute)).Began, at(0))
	if again := folded(f, at(7*time.Minute), snap{Who: "ann"}, Allow); len(again.Episodes) != 2 {
		t.Error("an allow of another device ends episodes")
	}
	if denied := folded(Facts{}, at(0), snap{}, Deny); len(denied.Episodes) != 0 {
		t.Error("an episode of nobody")
	}
	// A deny without a look counts too: after a reload.
	r := Fold(Facts{}, Event{Kind: KindPlayback, Cause: CauseReload, Time: at(0), Data: bob}, Decision{Verdict: Verdict{Kind: Deny}})
	equal(t, "after a reload", r.Episode("bob", at(0)).Began, at(0))
	if r.Held != nil {
		t.Error("an evaluation without a look is no snapshot")
	}
}

func TestPausesOfAnEpisode(t *testing.T) {
	f := folded(Facts{}, start, bob, Deny)
	for i := range 5 {
		f = f.Paused("bob", start.Add(time.Duration(i)*time.Minute), i != 1)
	}
	now := start.Add(4 * time.Minute)
	e := f.Episode("bob", now)
	equal(t, "pauses", e.Count, 4)
	equal(t, "last", e.LastPause, now)
	equal(t, "in a minute", e.Since(now, time.Minute), 1)
	equal(t, "in two minutes", e.Since(now, 2*time.Minute+1), 3)
	equal(t, "in all", e.Since(now, time.Hour), 4)
	if f.Paused("eve", now, true).Episode("eve", now).Count != 0 {
		t.Error("a pause without an episode counts")
	}
	again := folded(f, start.Add(30*time.Minute), bob, Deny).Episode("bob", start.Add(30*time.Minute))
	equal(t, "of the next episode", again.Count+len(again.Pauses), 0)
	for i := range 2 * keptPauses {
		f = f.Paused("bob", now.Add(time.Duration(i)), true)
	}
	e = f.Episode("bob", now)
	equal(t, "all are counted", e.Count, 4+2*keptPauses)
	equal(t, "the newest are kept", len(e.Pauses), keptPauses)
	equal(t, "the newest", e.Pauses[keptPauses-1], now.Add(2*keptPauses-1))
}

// A stranger may invent names: everything that they are kept under is bounded.
func TestFactsAreBounded(t *testing.T) {
	var f Facts
	for i := range 1000 {
		f = folded(f, start.Add(time.Duration(i)*time.Millisecond), snap{Who: fmt.Sprint("mallory ", i)}, Deny)
	}
	equal(t, "episodes", len(f.Episodes), keptEpisode)
	for i := range keptEpisode {
		if name := fmt.Sprint("mallory ", 999-i); f.Episodes[name].Began.IsZero() {
			t.Errorf("%s was forgotten, and is one of the newest", name)
		}
	}
	for i := range keptKeys + 10 {
		f = f.reserved([]string{fmt.Sprint("key ", i)}, start.Add(time.Duration(i)*time.Millisecond))
	}
	equal(t, "throttles", len(f.Throttle), keptKeys)
	if _, ok := f.Throttle["key 9"]; ok {
		t.Error("the oldest was kept")
	}
	if _, ok := f.Throttle["key 10"]; !ok {
		t.Error("a newer one was forgotten")
	}
}

func TestRun(t *testing.T) {
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	f := folded(Facts{}, at(0), bob, Allow)
	equal(t, "first", f.Run, Run{at(0), at(0), 1})
	f = folded(f, at(1), bob, Deny)
	equal(t, "the same", f.Run, Run{at(0), at(1), 2})
	f = Fold(f, Event{Kind: KindPlayback, Cause: CauseClock, Time: at(2), Data: bob}, Decision{})
	equal(t, "no look", f.Run, Run{at(0), at(1), 2})
	equal(t, "seen at", f.HeldAt, at(1))
	f = Fold(f, Event{Kind: KindBlind, Time: at(3), Data: Blind{}}, Decision{})
	equal(t, "blind", f.Run.Count, 2)
	f = Fold(f, Event{Kind: KindPlayback, Cause: CauseLook, Time: at(4), Data: snap{Who: "eve"}}, Decision{Err: errors.New("void")})
	equal(t, "another, though the turn failed", f.Run, Run{at(4), at(4), 1})
	equal(t, "what was seen", f.Held.Holder(), "eve")
}

func TestThrottled(t *testing.T) {
	f := Facts{}.reserved([]string{"a"}, start)
	for after, want := range map[time.Duration]bool{0: true, time.Minute - 1: true, time.Minute: false, time.Hour: false} {
		equal(t, after.String(), f.Throttled("a", time.Minute, start.Add(after)), want)
	}
	equal(t, "another key", f.Throttled("b", time.Minute, start), false)
	equal(t, "a shorter every", f.Throttled("a", time.Second, start.Add(time.Second)), false)
}

// Fold changes nothing that it was given.
func TestFoldIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{}
		now := start
		for range rapid.IntRange(1, 20).Draw(t, "turns") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(11*time.Minute)).Draw(t, "wait")))
			before := string(marshalFacts(f))
			s := snap{Who: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "who"), Plays: true}
			v := VerdictKind(rapid.IntRange(0, 3).Draw(t, "verdict"))
			next := folded(f, now, s, v)
			if rapid.Bool().Draw(t, "pause") {
				next = next.Paused(s.Who, now, true)
			}
			if string(marshalFacts(f)) != before {
				t.Fatalf("changed %s to %s", before, marshalFacts(f))
			}
			e := next.Episode(s.Who, now)
			if v == Deny && s.Who != "" && (e.Began.IsZero() || e.Began.After(now) || !e.LastDeny.Equal(now)) {
				t.Fatalf("denied, and the episode is %+v", e)
			}
			if v == Allow && !e.Began.IsZero() {
				t.Fatalf("allowed, and the episode is %+v", e)
			}
			f = next
		}
	})
}

func TestVerdictNames(t *testing.T) {
	for _, name := range VerdictNames() {
		var k VerdictKind
		if err := k.UnmarshalText([]byte(name)); err != nil {
			t.Error(err)
		}
		text, _ := k.MarshalText()
		equal(t, "name", string(text), name)
	}
	if err := new(VerdictKind).UnmarshalText([]byte("maybe")); err == nil {
		t.Error("a verdict of maybe")
	}
	var zero Verdict
	equal(t, "what nobody decided is never authorized", zero.Kind, Unknown)
	for k, want := range map[VerdictKind]Condition{Unknown: ConditionUnknown, Idle: ConditionIdle, Allow: ConditionAllow, Deny: ConditionDeny} {
		equal(t, k.String(), k.condition(), want)
	}
	// One light for several accounts: fault > deny > blind > unknown > allow > idle.
	order := fmt.Sprint([]Condition{ConditionIdle, ConditionAllow, ConditionUnknown, ConditionBlind, ConditionDeny, ConditionFault})
	equal(t, "ranks", order, "[idle allow unknown blind deny fault]")
	if !(ConditionFault > ConditionDeny && ConditionDeny > ConditionBlind && ConditionBlind > ConditionUnknown && ConditionUnknown > ConditionAllow && ConditionAllow > ConditionIdle) {
		t.Error("the ranks are wrong")
	}
}
