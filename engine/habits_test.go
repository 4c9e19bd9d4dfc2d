package engine

import (
	"errors"
	"math"
	"testing"
	"time"
)

// learner is an account whose looks are folded one after the other.
type learner struct {
	t     *testing.T
	facts Facts
	now   time.Time
}

func newLearner(t *testing.T) *learner { return &learner{t: t, now: start} }

// look shows something after a while; bob is denied, everybody else is not.
func (l *learner) look(after time.Duration, s snap) *learner {
	d := Decision{Verdict: Verdict{Kind: Allow}}
	switch s.Who {
	case "bob":
		d.Verdict.Kind = Deny
	case "":
		d.Verdict.Kind = Idle
	}
	return l.turn(after, s, d)
}

func (l *learner) turn(after time.Duration, s snap, d Decision) *learner {
	l.now = l.now.Add(after)
	l.facts = Fold(l.facts, Event{Kind: KindPlayback, Cause: CauseLook, Time: l.now, Data: s}, d)
	return l
}

// visit is bob, who plays for a moment and is gone.
func (l *learner) visit(after time.Duration) *learner {
	return l.look(after, bob).look(10*time.Second, snap{})
}

// about leaves room for what fades within hours.
func (l *learner) about(what string, got, want float64) {
	l.t.Helper()
	if math.Abs(got-want) > 0.005*math.Abs(want) {
		l.t.Errorf("%s: %g, want %g", what, got, want)
	}
}

func sum(v ...float64) (out float64) {
	for _, x := range v {
		out += x
	}
	return out
}

func (l *learner) starts() float64 {
	if l.facts.Habits.Starts == nil {
		return 0
	}
	return sum(l.facts.Habits.Starts[:]...)
}

func TestFirstVisits(t *testing.T) {
	l := newLearner(t).look(0, snap{})
	l.look(time.Minute, bob)
	h := l.facts.Habits
	l.about("by the hour: a Monday, 12 o'clock", h.Starts[12], 1)
	l.about("in all", l.starts(), 1)
	l.about("from silence", h.Silence.Starts, 1)
	l.about("visits", h.Visits, 1)
	equal(t, "seen playing", h.Left.Equal(l.now), true)
	for range 20 {
		l.look(10*time.Second, bob)
	}
	l.about("he stays", l.facts.Habits.Visits, 1)
	l.look(10*time.Second, snap{Who: "bob"}).look(45*time.Second, bob)
	l.about("paused, and played again within the minute", l.facts.Habits.Visits, 1)
	l.look(time.Second, snap{}).look(3*time.Hour, ann).look(time.Minute, bob)
	l.about("an owner plays", l.facts.Habits.Company.Starts, 1)
	l.about("and three hours later", l.facts.Habits.Starts[15], 1)
	l.about("returns", l.facts.Habits.Returned, 0)
}

// Whoever stays is one visit, however far apart the budget puts the looks.
func TestWhoStaysDoesNotComeAnew(t *testing.T) {
	l := newLearner(t).look(0, snap{})
	for range 100 {
		l.look(2*time.Minute, bob)
	}
	l.about("visits", l.facts.Habits.Visits, 1)
	l.about("returns", l.facts.Habits.Returned, 0)
	l.look(6*time.Minute, bob)
	l.about("after a gap of which nothing is known", l.facts.Habits.Visits, 2)
}

func TestReturnsByTheirGap(t *testing.T) {
	for i, end := range GapEnds() {
		begin := VisitGap
		if i > 0 {
			begin = GapEnds()[i-1]
		}
		for _, gap := range []time.Duration{begin, end - time.Second} {
			l := newLearner(t).look(0, bob)
			l.look(time.Second, snap{}).look(gap-time.Second, bob)
			h := l.facts.Habits
			l.about(gap.String(), h.Gaps[i], 1)
			l.about("in all", sum(h.Gaps[:]...), 1)
			l.about("returned", h.Returned, 1)
			l.about("visits", h.Visits, 2)
			l.about("first visits", l.starts(), 1)
		}
	}
	l := newLearner(t).visit(0).look(ReturnWithin-10*time.Second, bob)
	l.about("after an hour it is none", l.facts.Habits.Returned, 0)
	l.about("but a first visit", l.starts(), 2)
}

func TestTimeIsWatched(t *testing.T) {
	l := newLearner(t)
	l.look(0, snap{}).look(time.Minute, ann).look(30*time.Second, bob).look(10*time.Second, snap{Who: "bob"}).look(time.Second, snap{})
	h := l.facts.Habits
	l.about("silence: before she played, and once bob was silent", h.Silence.Seconds, 61)
	l.about("company", h.Company.Seconds, 30)
	l.about("bob plays: neither", h.Watched, 101)
	l.look(3*time.Hour, snap{})
	l.about("of a long gap at most five minutes", l.facts.Habits.Silence.Seconds, 61+watchedAtMost.Seconds())
}

func TestHabitsFade(t *testing.T) {
	l := newLearner(t).look(0, snap{}).visit(time.Minute).visit(5 * time.Minute)
	was := l.facts.Habits
	week := *was.Starts
	l.look(HalfLife, snap{})
	h := l.facts.Habits
	for name, c := range map[string][2]float64{
		"visits": {h.Visits, was.Visits}, "returned": {h.Returned, was.Returned}, "gaps": {sum(h.Gaps[:]...), sum(was.Gaps[:]...)},
		"starts": {h.Starts[12], was.Starts[12]}, "from silence": {h.Silence.Starts, was.Silence.Starts},
		"watched": {h.Watched - watchedAtMost.Seconds(), was.Watched},
	} {
		l.about(name, c[0], c[1]/2)
	}
	equal(t, "the old ones are as they were", *was.Starts == week, true)
	// In steps it comes to the same.
	steps := newLearner(t).look(0, snap{}).visit(time.Minute).visit(5 * time.Minute)
	for range 28 {
		steps.look(24*time.Hour, snap{})
	}
	l.about("in steps", steps.facts.Habits.Visits, h.Visits)
}

// A clock that is set back loses the visit that it hides, and nothing else: nothing
// grows by fading, and the next visits count.
func TestHabitsWithAClockSetBack(t *testing.T) {
	l := newLearner(t).look(0, snap{}).visit(time.Minute)
	was := l.facts.Habits
	l.look(-5*time.Hour, snap{})
	l.about("visits", l.facts.Habits.Visits, was.Visits)
	l.about("watched", l.facts.Habits.Watched, was.Watched)
	equal(t, "faded up to", l.facts.Habits.At.After(l.now), false)
	l.look(time.Minute, bob)
	equal(t, "left", l.facts.Habits.Left.Equal(l.now), true)
	l.look(10*time.Second, snap{}).look(3*time.Minute, bob)
	l.about("the next one counts", l.facts.Habits.Returned, 1)
	h := was.notAfter(start)
	equal(t, "restored: nothing lies in the future", h.Left.After(start) || h.At.After(start), false)
}

func TestAFailedTurnCountsNoVisit(t *testing.T) {
	l := newLearner(t).look(0, snap{})
	l.turn(time.Minute, bob, Decision{Err: errors.New("no"), Verdict: Verdict{Kind: Deny}})
	l.about("visits", l.facts.Habits.Visits, 0)
	equal(t, "left", l.facts.Habits.Left.IsZero(), true)
	l.about("what was seen before it was watched", l.facts.Habits.Silence.Seconds, 60)
	l.look(10*time.Second, bob)
	l.about("the turn after it counts one", l.facts.Habits.Visits, 1)
}

// Turns without a look, and looks that failed, tell nothing of when anybody began.
func TestNothingIsCountedWhileBlind(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder + "\nevery('1m', lambda e: log('tick'))"}, first: ann})
	h.until(5 * time.Minute)
	h.fails(BlindUnreachable)
	h.until(7 * time.Minute)
	was := h.l.facts.Habits
	h.until(3 * time.Hour)
	equal(t, "blind", h.shown.Condition, ConditionBlind)
	equal(t, "habits", h.l.facts.Habits, was)
	h.plays(bob)
	h.until(3*time.Hour + 2*time.Minute)
	now := h.l.facts.Habits
	if more := now.Watched - was.Watched; more > watchedAtMost.Seconds()+180 {
		t.Errorf("%g seconds were watched while nothing could be seen", more)
	}
	equal(t, "and then one visit", now.Visits, 1.0)
}

// What was learned is a row of the journal, once an hour and with every visit, and is
// there again after a restart.
func TestHabitsAreKept(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}, first: ann})
	rows := func() (n int) {
		for _, r := range h.kept {
			for _, w := range r.State {
				if w.Key == reservedHabits {
					n++
				}
			}
		}
		return n
	}
	h.until(10 * time.Minute)
	equal(t, "rows", rows(), 1)
	h.plays(bob)
	h.until(11 * time.Minute)
	h.plays(ann)
	h.until(12 * time.Minute)
	equal(t, "with a visit", rows(), 2)
	before := h.l.facts.Habits
	h.restarts()
	after := h.l.facts.Habits
	equal(t, "visits", after.Visits, before.Visits)
	equal(t, "starts", *after.Starts, *before.Starts)
	equal(t, "gaps", after.Gaps, before.Gaps)
	equal(t, "left", after.Left.Equal(before.Left), true)
	equal(t, "it is no state of the rules", len(h.l.state), 0)
	h.plays(bob)
	h.until(14 * time.Minute)
	equal(t, "and it goes on", h.l.facts.Habits.Returned, 1.0)
}

// A commit that failed is owed; a damaged row is told, and begins anew.
func TestHabitsThatAreNotKept(t *testing.T) {
	h := newHouse(t, houseOptions{rules: []string{intruder}, first: ann})
	h.commits = func() error { return errDisk }
	h.plays(bob)
	h.until(2 * time.Minute)
	h.commits = func() error { return nil }
	h.plays(ann)
	h.until(4 * time.Minute)
	want := h.l.facts.Habits.Visits
	h.restarts()
	equal(t, "visits", h.l.facts.Habits.Visits, want)

	damaged := &house{t: t, now: start}
	damaged.boot(houseOptions{idle: true, kept: Recovered{State: []Write{{Key: reservedHabits, Value: []byte(`{"at":1}`)}}}})
	damaged.expect("damaged", "lost habits")
	equal(t, "begins anew", damaged.l.facts.Habits, Habits{})
}
