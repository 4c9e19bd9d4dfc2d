package engine

import (
	"slices"
	"time"
)

const (
	mergeOver  = 5           // so many messages may wait in a lane before they become one
	mergeAfter = time.Minute // a message that is later than this could not be sent for a while
	mergeMost  = 20          // messages in one
)

// send has the first message of a lane carried out: alone, or with those behind it as one.
func (l *Loop) send(now time.Time, lane []*waiting) {
	w := lane[0]
	with, one := l.merged(now, lane)
	if with == nil {
		one = l.placed(w)
	}
	w.inFlight, w.with = true, with
	for _, o := range with {
		o.inFlight = true
	}
	l.act(ApplyNow{one})
}

// merged makes one message of the first of a lane, if they are too many or too old. One that somebody may still want
// to answer, because its intruder is there, stands for itself; the order is kept.
func (l *Loop) merged(now time.Time, lane []*waiting) (with []*waiting, one Effect) {
	first := lane[0]
	m := moduleOf(l.o.Modules, first.effect.Call)
	if m == nil || m.Messages == nil || m.own(first.effect.Call) {
		return nil, Effect{}
	}
	away := now.Sub(first.message.Time) > mergeAfter
	if !away && len(lane) <= mergeOver {
		return nil, Effect{}
	}
	var several []Merging
	for _, w := range lane[:min(len(lane), mergeMost)] {
		if w.effect.Call != first.effect.Call || w.effect.Answer || l.awaited(w) || !w.message.Expires.IsZero() && !now.Before(w.message.Expires) {
			break
		}
		several = append(several, Merging{Effect: w.effect, Story: l.storyOf(w.message.ID)})
	}
	if len(several) < 2 {
		return nil, Effect{}
	}
	one, holds := m.Messages.Merge(several, away)
	if holds < 2 {
		return nil, Effect{}
	}
	e := first.effect
	one.ID, one.Account, one.Pos, one.Time, one.Lane, one.Expires = e.ID, e.Account, e.Pos, now.In(l.o.Zone), e.Lane, e.Expires
	return slices.Clone(lane[1:holds]), one
}

// awaited says whether somebody may still want to press a button of a message.
func (l *Loop) awaited(w *waiting) bool {
	p := l.posts[w.message.ID]
	if p == nil || !p.Offers || p.Decided != nil {
		return false
	}
	s := l.stories[storyKey(p.About, p.Lane)]
	return p.About == "" || s != nil && !s.Phase.ended()
}

// storyOf is the story that a message began; nil: none.
func (l *Loop) storyOf(id string) *Story {
	p := l.posts[id]
	if p == nil {
		return nil
	}
	if s := l.stories[storyKey(p.About, p.Lane)]; s != nil && s.Head == id {
		told := s.Story
		return &told
	}
	return nil
}

// placed is a message with the thread that it belongs into.
func (l *Loop) placed(w *waiting) Effect {
	e := w.effect
	if p := l.posts[w.message.ID]; p != nil && p.Below != "" {
		if head := l.posts[p.Below]; head != nil {
			e.Thread, e.Quiet = head.Receipt, p.Quiet
		}
	}
	return e
}

// standsAlone says that a message that nobody took below another one is tried without that: somebody may have deleted
// what it belongs to, and it is an alarm. Its story goes on with it.
func (l *Loop) standsAlone(w *waiting) bool {
	p := l.posts[w.message.ID]
	if p == nil || p.Below == "" || l.posts[p.Below] == nil || len(l.posts[p.Below].Receipt) == 0 {
		return false
	}
	if s := l.stories[storyKey(p.About, p.Lane)]; s != nil && s.Head == p.Below {
		s.Head = p.ID
		l.oweStory(s)
	}
	p.Below, p.Quiet = "", false
	l.owePost(p)
	return true
}

// sentLast takes what was sent while the loop stopped: it must not be sent again after the start, nor what was part of
// it, and what follows needs to know where it is.
func (l *Loop) sentLast(now time.Time, in Input) {
	a, ok := in.(Applied)
	w := l.box.find(a.ID)
	if !ok || w == nil || a.Outcome.Result != "sent" {
		return
	}
	l.sent(now, w, w.with, a.Outcome)
}

// sent takes a message off the outbox that was sent, and those that were part of it.
func (l *Loop) sent(now time.Time, w *waiting, with []*waiting, outcome Outcome) {
	commits := l.commits
	l.finish(w, outcome)
	news := l.sentPost(now, w.message.ID, outcome.Detail, len(with) > 0)
	for _, o := range with {
		l.finish(o, Outcome{At: outcome.At, Result: "merged"})
		news = l.sentPost(now, o.message.ID, outcome.Detail, true) || news
	}
	if news && l.commits == commits { // else it is in one of those
		l.commitFacts(now)
	}
}
