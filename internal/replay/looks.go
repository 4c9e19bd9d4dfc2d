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
// and until when; the looks are laid evenly between.
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
		between := run.Last.Sub(run.First)
		for i := 1; i < run.Count; i++ {
			looks = append(looks, run.First.Add(time.Duration(float64(between)*float64(i)/float64(run.Count-1))))
		}
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
