package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	givesUpAfter = time.Minute    // of silence
	toldEvery    = time.Minute    // that often a message says how many pauses there were
	storyLasts   = 24 * time.Hour // after its end: an intruder who is back by then goes on with it
	keptStories  = 16             // of an account: a spoofer can invent names for ever
	loudMost     = 2              // messages of a story that everybody is shown, reminders apart
)

// story is what is told of one intruder in one place: which message began it, and how it stands. It is a reserved row
// of the state.
type story struct {
	Story
	Lane       string    `json:"lane"`
	Head       string    `json:"head"`             // id of the post that began it
	Before     int       `json:"before"`           // pauses of its earlier episodes
	Episode    time.Time `json:"episode,omitzero"` // when the one began that it is in, or was in last
	Loud       int       `json:"loud"`             // messages of it that everybody was shown
	Played     time.Time `json:"played"`           // when he was last seen playing
	Ended      time.Time `json:"ended,omitzero"`   // zero: it has not
	Told       time.Time `json:"told"`             // when its head was last brought up to date
	ToldPauses int       `json:"told_pauses"`      // and what it said then

	pending bool // news that the head has to be sent for first
}

func storyKey(holder, lane string) string { return lane + "\x00" + holder }

func (s *story) key() string { return storyKey(s.Holder, s.Lane) }

func (s *story) notAfter(now time.Time) {
	for _, t := range []*time.Time{&s.Began, &s.Played, &s.Ended, &s.Told} {
		*t = notAfter(*t, now)
	}
}

// tells makes a post part of the story of whom it is about: as its beginning, as a reminder, or below what began it.
func (l *Loop) tells(now time.Time, p *post) {
	s := l.stories[storyKey(p.About, p.Lane)]
	switch {
	case s == nil || s.Phase.ended():
		s = &story{Lane: p.Lane, Head: p.ID, Loud: 1, Played: now, Told: now}
		s.Holder, s.Phase, s.Began = p.About, PhasePlaying, now
		if e := l.facts.Episode(p.About, now); !e.Began.IsZero() {
			s.Began = e.Began
		}
		l.stories[s.key()] = s
	case l.reminds(s, p):
		return
	default:
		p.Below = s.Head
		if p.Quiet = s.Loud >= loudMost; !p.Quiet {
			s.Loud++
		}
	}
	l.oweStory(s)
	for len(l.stories) > keptStories {
		l.forgetStory(slices.MinFunc(slices.Collect(maps.Values(l.stories)), func(a, b *story) int {
			if c := a.Played.Compare(b.Played); c != 0 {
				return c
			}
			return strings.Compare(a.Head, b.Head)
		}))
	}
}

// reminds says whether a post says again what one of its story said before.
func (l *Loop) reminds(s *story, p *post) bool {
	began := p.At
	if head := l.posts[s.Head]; head != nil {
		began = head.At // before that was another story
	}
	for _, o := range l.posts {
		if !o.At.Before(began) && o.About == p.About && o.Lane == p.Lane && (o.Key != "" && o.Key == p.Key || o.Key == "" && o.Call == p.Call) && o.Below == "" {
			return true
		}
	}
	return false
}

func (l *Loop) oweStory(s *story) {
	raw, _ := json.Marshal(s)
	l.owe(Write{Key: reservedStory + s.key(), Value: raw})
}

func (l *Loop) forgetStory(s *story) {
	delete(l.stories, s.key())
	l.owe(Write{Key: reservedStory + s.key()})
}

// untold goes on without a post that was not sent: the next of its story that stands alone begins it.
func (l *Loop) untold(p *post) {
	s := l.stories[storyKey(p.About, p.Lane)]
	if s == nil || s.Head != p.ID {
		return
	}
	var next *post
	for _, o := range l.posts { // older ones are of another story
		if !o.At.Before(p.At) && o.About == p.About && o.Lane == p.Lane && o.Below == "" && (next == nil || o.At.Before(next.At) || o.At.Equal(next.At) && o.ID < next.ID) {
			next = o
		}
	}
	if next == nil {
		l.forgetStory(s)
		return
	}
	s.Head = next.ID
	l.oweStory(s)
}

// goOn takes every story to where the facts are, once the turn or the pause that moved them is handed to the journal.
func (l *Loop) goOn(now time.Time) {
	if !l.moved || l.later != nil {
		return
	}
	l.moved = false
	l.expirePosts(now)
	if len(l.stories) == 0 || !l.enforce || l.sight.blind != "" || l.sight.failing() {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(l.stories)) {
		s := l.stories[key]
		p := l.posts[s.Head]
		again := s.pending && p != nil && len(p.Receipt) > 0 // the journal has not taken it
		if news, due := s.goOn(l.facts, now); due || again {
			s.pending = s.pending && !again
			l.tellStory(now, s, news || again)
		}
		if !s.Ended.IsZero() && now.Sub(s.Ended) >= storyLasts {
			l.forgetStory(s)
		}
	}
}

// goOn takes a story to where the facts are. Due says that its head should be brought up to date; news, that it has
// taken a turn.
func (s *story) goOn(f Facts, now time.Time) (news, due bool) {
	s.notAfter(now) // a clock that was set back
	e := f.Episode(s.Holder, now)
	denied := !e.Began.IsZero()
	plays := denied && f.Held != nil && f.Held.Holder() == s.Holder && f.Held.Active()
	if denied {
		if !e.Began.Equal(s.Episode) { // the one before may have ended while nobody looked
			s.Episode, s.Before = e.Began, s.Pauses
		}
		s.Pauses = s.Before + e.Count // an allow takes the episode away
	}
	was := s.Phase
	switch {
	case plays && was != PhasePlaying:
		s.Returns++
		s.Away = now.Sub(s.Played)
		s.Phase, s.Ended = PhasePlaying, time.Time{}
	case !denied && !was.ended():
		s.Phase, s.Ended = PhaseOver, now
		if f.Verdict.Kind == Allow && f.Held != nil && f.Held.Holder() == s.Holder {
			s.Phase = PhaseAllowed
		}
		s.Before = s.Pauses
	case was == PhasePlaying && !plays && now.Sub(s.Played) >= givesUpAfter:
		s.Phase = PhaseGaveUp
	}
	if plays {
		s.Played = now
	}
	s.Lasted = max(s.Played.Sub(s.Began), 0)
	news = s.Phase != was
	return news, news || s.Phase == PhasePlaying && s.Pauses != s.ToldPauses && now.Sub(s.Told) >= toldEvery
}

// tellStory brings the head of a story up to date. Where it has not been sent yet, that waits for it.
func (l *Loop) tellStory(now time.Time, s *story, news bool) {
	l.oweStory(s)
	p := l.posts[s.Head]
	if p == nil || len(p.Receipt) == 0 {
		s.pending = s.pending || news
		return
	}
	if !news && s.Pauses == s.ToldPauses && s.Phase == PhasePlaying {
		return
	}
	s.Told, s.ToldPauses = now, s.Pauses
	loud := news && s.Phase == PhaseOver && s.Loud < loudMost
	if loud {
		s.Loud++
	}
	l.oweStory(s)
	told := s.Story
	l.followAll(now, []*post{p}, Following{Story: &told, News: news, Loud: loud}, func() {
		s.ToldPauses = -1
		if s.pending = s.pending || news; loud {
			s.Loud--
		}
		l.oweStory(s)
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
