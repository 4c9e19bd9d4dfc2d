package replay

import (
	"time"

	"gatefold/engine"
)

// step is one thing of history that rules are asked about, or told of.
type step struct {
	at     time.Time
	moment *moment // nil: a look that showed what the one before had shown, and was not recorded by itself
	turn   *Turn   // nil: no rules decided it
	shown  engine.Held
}

// keptSteps is how many steps wait for the end of a run: one that lasts longer goes on without its looks.
const keptSteps = 4096

// looking puts the looks of a run back between what is recorded. Only changes are, together with how often it was looked
// and until when; the looks are laid evenly between, but not where nothing could be seen.
type looking struct {
	steps []step
	shown engine.Held // by the look that the run began with
	give  func(step) error
}

// add takes the next moment. The first look of the next run says how the one before ended.
func (l *looking) add(m moment, t *Turn) error {
	fresh := t != nil && t.Event.Kind == engine.KindPlayback && t.Event.Cause == engine.CauseLook &&
		(l.shown == nil || !l.shown.Same(t.Event.Data.(engine.Held)))
	if fresh || len(l.steps) >= keptSteps {
		if err := l.flush(m.run); err != nil {
			return err
		}
	}
	if fresh {
		l.shown = t.Event.Data.(engine.Held)
	}
	at := m.event.Time
	if t != nil {
		at = t.Event.Time
	}
	l.steps = append(l.steps, step{at: at, moment: &m, turn: t})
	return nil
}

// flush gives the steps that waited, with the looks of their run.
func (l *looking) flush(run *engine.RunRecord) error {
	var looks []time.Time
	if run != nil && l.shown != nil && run.Count > 1 {
		looks = l.spread(*run)
	}
	for _, s := range l.steps {
		for len(looks) > 0 && looks[0].Before(s.at) {
			if err := l.give(step{at: looks[0], shown: l.shown}); err != nil {
				return err
			}
			looks = looks[1:]
		}
		if again := s.turn != nil && s.turn.Event.Cause == engine.CauseLook && s.at.After(l.began(run)); again && len(looks) > 0 {
			looks = looks[1:] // it is one of them, and recorded
		}
		if err := l.give(s); err != nil {
			return err
		}
	}
	for _, at := range looks {
		if err := l.give(step{at: at, shown: l.shown}); err != nil {
			return err
		}
	}
	clear(l.steps)
	l.steps = l.steps[:0]
	return nil
}

func (l *looking) began(run *engine.RunRecord) time.Time {
	if run == nil {
		return time.Time{}
	}
	return run.First
}

// spread lays the looks of a run, but for its first, over the time in which something could be seen.
func (l *looking) spread(run engine.RunRecord) []time.Time {
	dark := l.dark(run)
	seen := run.Last.Sub(run.First)
	for _, d := range dark {
		seen -= d.until.Sub(d.from)
	}
	out := make([]time.Time, 0, run.Count-1)
	for i := 1; i < run.Count; i++ {
		at := run.First.Add(time.Duration(float64(seen) * float64(i) / float64(run.Count-1)))
		for _, d := range dark {
			if at.After(d.from) {
				at = at.Add(d.until.Sub(d.from))
			}
		}
		out = append(out, at)
	}
	return out
}

// spell is a time in which nothing could be seen.
type spell struct{ from, until time.Time }

// dark are the spells in a run, in their order: from when sight was lost until the last that is recorded of it, or until
// the next look was allowed. When it came back is not recorded, if it showed what it had shown before.
func (l *looking) dark(run engine.RunRecord) []spell {
	var out []spell
	for _, s := range l.steps {
		if s.turn == nil {
			continue
		}
		b, ok := s.turn.Event.Data.(engine.Blind)
		if !ok {
			continue
		}
		d := spell{later(b.Since, run.First), later(s.at, b.RetryAt)}
		if n := len(out); n > 0 && d.from.Before(out[n-1].until) { // the same spell, or one that began at once
			d.from = out[n-1].from
			d.until = later(d.until, out[n-1].until)
			out = out[:n-1]
		}
		if d.until.After(run.Last) {
			d.until = run.Last
		}
		if d.until.After(d.from) {
			out = append(out, d)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
