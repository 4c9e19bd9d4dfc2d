package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/replay"
)

// review is what other rules would change: of the present, and of the recent past.
type review struct {
	now     []change // by account
	present int      // accounts whose present could be told
	looks   int      // that there were
	past    []change // in the order of time
	tried   int      // turns of the past
	of      int      // that there were
	untold  int      // that cannot be told
	asked   int      // looks and turns that cannot be told because of what the candidate asks
	late    bool     // there was no time for more
	killed  error    // the candidate has ended the process that it was tried in; nil: it has not
}

// change is a turn that comes out differently.
type change struct {
	event   engine.Event
	was, is engine.DecisionRecord
}

// verdict says whether it is the verdict that differs, or whether there is one at all.
func (c change) verdict() bool {
	return c.was.Verdict.Kind != c.is.Verdict.Kind || (c.was.Err == "") != (c.is.Err == "")
}

// mayChangeVerdict says whether a verdict of now or of the past would be another one, or whether nobody can tell.
func (r review) mayChangeVerdict() bool {
	return slices.ContainsFunc(r.past, change.verdict) || slices.ContainsFunc(r.now, change.verdict) ||
		r.late || r.asked > 0 || r.nothing() && r.looks+r.of > 0
}

// nothing could be compared.
func (r review) nothing() bool { return r.present == 0 && r.tried == 0 }

// judge is a Decider of which the ruleset is known.
type judge struct {
	engine.Decider
	hash string // "": it is not
}

// differing has two rulesets decide the same turns, each within half of a time: a turn that was begun is let come to its
// end, so that one that never does is found out. What the turns had decided then is not the measure
// but what the rules in force decide about them now: an edit is told apart from those before it, and from throttles.
func differing(ctx context.Context, looks, past []replay.Turn, inForce, candidate judge, within time.Duration) review {
	r := review{looks: len(looks), of: len(past)}
	half, stop := context.WithTimeout(ctx, within/2)
	now, nowAsking := decided(half, looks, inForce.hash, newWitness(ctx, inForce))
	then, asking := decided(half, past, inForce.hash, newWitness(ctx, inForce))
	stop()
	half, stop = context.WithTimeout(ctx, within/2)
	defer stop()
	w := newWitness(ctx, candidate)
	r.now, r.present = differ(half, now, w, within)
	r.asked, nowAsking = w.asking, nowAsking+w.asking
	w = &witness{whole: ctx, by: candidate, spoiled: map[string]bool{}, killed: w.killed}
	r.past, r.tried = differ(half, then, w, within)
	r.untold, r.killed = asking+w.asking, w.killed
	r.asked += w.asking
	r.late = r.tried+r.untold < r.of || r.present+nowAsking < r.looks
	return r
}

// decided gives the turns with what a ruleset decides about them, as far as that can be told: the newest first tried,
// in the order of time given. One that fails now and had an answer then keeps that; and what
// failed then by these very rules is not asked for again: it may end their process.
func decided(ctx context.Context, turns []replay.Turn, hash string, w *witness) (told []replay.Turn, asking int) {
	for _, t := range slices.Backward(turns) {
		if ctx.Err() != nil {
			break
		}
		if hash != "" && (t.Was.Degraded == hash || t.Was.Ruleset == hash && t.Was.Err != "") {
			told = append(told, t)
			continue
		}
		d := w.Decide(ctx, t.Event, t.Facts, t.State)
		if w.spoiled[t.Event.ID] {
			continue
		}
		if d.Err == nil || t.Was.Ruleset == "" || t.Was.Err != "" {
			t.Was = engine.RecordOf(d)
		}
		told = append(told, t)
	}
	slices.Reverse(told)
	return told, w.asking
}

// differ gives the turns that come out differently, and how many could be tried.
func differ(ctx context.Context, turns []replay.Turn, w *witness, within time.Duration) (found []change, tried int) {
	all, tried := replay.Differ(ctx, turns, w, within)
	for _, d := range all {
		if !w.spoiled[d.Turn.Event.ID] {
			found = append(found, change{event: d.Turn.Event, was: d.Turn.Was, is: d.Is})
		}
	}
	return found, tried - len(w.spoiled)
}

// witness is a Decider that notes which decisions do not count: questions were put that nobody answers now, or nobody
// waits any more.
type witness struct {
	whole   context.Context // of turns that were begun
	by      engine.Decider
	spoiled map[string]bool // by the id of the event
	asking  int             // of those, because of questions
	killed  error           // the first decision that ended the process it was made in: none is asked for after it
}

func newWitness(whole context.Context, by engine.Decider) *witness {
	return &witness{whole: whole, by: by, spoiled: map[string]bool{}}
}

// Decide implements engine.Decider.
func (w *witness) Decide(_ context.Context, ev engine.Event, facts engine.Facts, state engine.State) engine.Decision {
	if w.killed != nil {
		w.spoiled[ev.ID] = true
		return engine.Decision{Event: ev, Err: w.killed}
	}
	d := w.by.Decide(w.whole, ev, facts, state)
	switch {
	case d.Err != nil && !ofRules(d.Err): // the system kept them from deciding
		w.spoiled[ev.ID] = true
	case errors.Is(d.Err, engine.ErrKilled) && w.whole.Err() == nil:
		w.spoiled[ev.ID], w.killed = true, d.Err
	case w.whole.Err() != nil:
		w.spoiled[ev.ID] = true
	case len(d.Asks) > 0:
		w.spoiled[ev.ID] = true
		w.asking++
	}
	return d
}

// text is the review on one line, times as in the zone.
func (r review) text(now time.Time, zone *time.Location, accounts int) string {
	var parts []string
	head := r.head(accounts)
	switch {
	case r.nothing() && r.looks+r.of == 0:
		parts = append(parts, "nothing was seen yet on which they could be tried")
	case r.nothing():
		parts = append(parts, "nothing could be compared")
	case len(r.now) == 0 && len(r.past) == 0 && r.present > 0 && r.tried > 0:
		parts = append(parts, "nothing changes now or for the last "+count(r.tried, "turn"))
	case len(r.past) == 0 && r.tried > 0:
		parts = append(parts, head, "none of the last "+count(r.tried, "turn")+" would differ")
	case r.tried > 0:
		parts = append(parts, head, r.differ(now, zone, accounts))
	default:
		parts = append(parts, head)
	}
	if r.late {
		parts = append(parts, fmt.Sprintf("there was no time for more than %d of %s", r.tried, count(r.of, "turn")))
	}
	if r.untold > 0 {
		parts = append(parts, count(r.untold, "turn")+" cannot be told: they ask what nobody asked then")
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "; ")
}

// head is what changes now; of many accounts the first three.
func (r review) head(accounts int) string {
	if r.present == 0 {
		return ""
	}
	if len(r.now) == 0 {
		return "nothing changes now"
	}
	const most = 3
	var texts []string
	for _, c := range r.now[:min(most, len(r.now))] {
		texts = append(texts, c.text(accounts))
	}
	if more := len(r.now) - most; more > 0 {
		texts = append(texts, count(more, "more account"))
	}
	return "now: " + strings.Join(texts, ", ")
}

// differ counts the past; the newest turn of another verdict is shown, or else the newest.
func (r review) differ(now time.Time, zone *time.Location, accounts int) string {
	newest := r.past[len(r.past)-1]
	verdicts := 0
	for _, c := range r.past {
		if c.verdict() {
			verdicts++
			newest = c
		}
	}
	also := ""
	if verdicts < len(r.past) {
		also = fmt.Sprintf(" (%d in the verdict)", verdicts)
	}
	return fmt.Sprintf("of the last %s %d would differ%s, the newest %s %s", count(r.tried, "turn"), len(r.past), also,
		clockText(now, newest.event.Time, zone), newest.text(accounts))
}

// text says what changes about one turn: "Kitchen: allow -> deny (home.star:14)".
func (c change) text(accounts int) string {
	who := subject(c.event)
	if accounts > 1 {
		who = c.event.Account + " " + who
	}
	if c.verdict() {
		return fmt.Sprintf("%s: %s -> %s%s", who, verdictText(c.was), verdictText(c.is), whereText(c.is))
	}
	return fmt.Sprintf("%s: %s as before%s", who, verdictText(c.is), callsText(c.was, c.is))
}

// subject is what a turn was about.
func subject(ev engine.Event) string {
	switch data := ev.Data.(type) {
	case builtins.Playback:
		if data.Device == nil {
			return "nobody"
		}
		return clean(data.Device.Name)
	case engine.Tick:
		return "timer " + clean(data.Timer)
	}
	return clean(ev.Kind)
}

func verdictText(d engine.DecisionRecord) string {
	if d.Err != "" {
		return "fails"
	}
	return d.Verdict.Kind.String()
}

// whereText is where the rules say so, by file and line, or why they fail.
func whereText(d engine.DecisionRecord) string {
	if d.Err != "" {
		first, _, _ := strings.Cut(d.Err, "\n")
		return " (" + briefText(harmless(first), 120) + ")"
	}
	if d.Verdict.Pos == "" {
		return ""
	}
	pos := strings.Split(d.Verdict.Pos, ":")
	return " (" + harmless(strings.Join(pos[:min(2, len(pos))], ":")) + ")"
}

// callsText names the first of the calls that come, and of those that go.
func callsText(was, is engine.DecisionRecord) string {
	had, has := slices.Concat(was.Standing, was.Once), slices.Concat(is.Standing, is.Once)
	first := func(of, not []string) string {
		i := slices.IndexFunc(of, func(call string) bool { return !slices.Contains(not, call) })
		if i < 0 {
			return ""
		}
		return briefText(harmless(briefly(of[i])), 60)
	}
	more, less := first(has, had), first(had, has)
	switch {
	case more != "" && less != "":
		return ", " + more + " instead of " + less
	case more != "":
		return ", and " + more
	case less != "":
		return ", without " + less
	case was.Verdict.Reason != is.Verdict.Reason:
		return ", because: " + briefText(harmless(is.Verdict.Reason), 60)
	}
	return ", in another order"
}

func briefText(s string, most int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if letters := []rune(s); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return s
}

// clockText is a time of today as people say it, and with its date otherwise.
func clockText(now, t time.Time, zone *time.Location) string {
	now, t = now.In(zone), t.In(zone)
	if now.YearDay() == t.YearDay() && now.Year() == t.Year() {
		return t.Format("15:04")
	}
	return t.Format("2006-01-02 15:04")
}
