package lab

import "time"

// Seen is what became of a visit.
type Seen struct {
	Who     string
	Temper  Temper
	Burner  bool
	Return  int
	Within  bool // it began while an owner could be heard
	Begin   time.Duration
	End     time.Duration
	Ended   string        // "gave up", "had enough", "ousted", "the end" of the story
	Looked  time.Duration // when the first answer that shows it was there; before Begin: never
	Paused  time.Duration // when the first pause took effect; likewise
	Pauses  int           // that took effect
	Heard   time.Duration // playing, at a volume that can be heard
	Muted   time.Duration // playing, at volume 0
	Stated  time.Duration // the worst time until a look that was stated when it began; 0: none was
	unended bool
}

// Until is how long it could be heard before the first pause: until it ended when there was none.
func (s *Seen) Until() time.Duration {
	if s.Paused >= s.Begin {
		return s.Paused - s.Begin
	}
	return s.End - s.Begin
}

// record counts what happens in one run.
type record struct {
	Sent     []time.Duration // every call: when
	Refused  int             // 429s
	Locked   time.Duration
	Visits   []*Seen
	Pauses   int // that were sent
	Verified int // that a look which was sent within verifyWithin after the answer has told the effect of
	Needless int // that paused an owner's device
	Messages int
	Gap      time.Duration // the longest without an answer to a look
	Written  int64         // bytes, if they were counted

	end         time.Duration
	stated      func() time.Duration // nil: nothing is stated
	lockedUntil time.Duration
	lastLook    time.Duration
	since       time.Duration // of the player's present state
	waiting     []*sentPause
}

type sentPause struct {
	sent, answered time.Duration
	lost           bool
}

// verifyWithin is how soon after a pause a look has to be sent that counts as its verification.
const verifyWithin = time.Minute

func newRecord(end time.Duration) *record { return &record{end: end} }

// sent counts a call.
func (r *record) sent(now time.Duration) { r.Sent = append(r.Sent, now) }

func (r *record) refused(now, retry time.Duration) {
	r.Refused++
	until := min(now+retry, r.end)
	r.Locked += max(0, until-max(now, r.lockedUntil))
	r.lockedUntil = max(r.lockedUntil, until)
}

func (r *record) looked(now, sent time.Duration, a *Answer) {
	r.Gap = max(r.Gap, now-r.lastLook)
	r.lastLook = now
	if g, ok := a.shows.by.(*guest); ok && a.shows.playing && g.log != nil && g.log.Looked < g.log.Begin {
		g.log.Looked = now
	}
	kept := r.waiting[:0]
	for _, p := range r.waiting {
		switch {
		case p.lost || p.answered > 0 && sent-p.answered > verifyWithin:
		case p.answered > 0 && sent >= p.answered:
			r.Verified++
		default:
			kept = append(kept, p)
		}
	}
	r.waiting = kept
}

func (r *record) pauseSent(now time.Duration) *sentPause {
	r.Pauses++
	p := &sentPause{sent: now}
	r.waiting = append(r.waiting, p)
	return p
}

// effective is a pause that stopped something.
func (r *record) effective(now time.Duration, by listener) {
	g, ok := by.(*guest)
	if !ok {
		return
	}
	g.log.Pauses++
	if g.log.Paused < g.log.Begin {
		g.log.Paused = now
	}
}

// heard adds the time that a state has lasted, when it ends.
func (r *record) heard(now time.Duration, was *state) {
	lasted := now - r.since
	r.since = now
	g, ok := was.by.(*guest)
	if !ok || !was.playing || was.device.Ours {
		return
	}
	if was.volume > 0 {
		g.log.Heard += lasted
	} else {
		g.log.Muted += lasted
	}
}

func (r *record) visit(g *guest, within bool) *Seen {
	s := &Seen{
		Who: g.Who.Name, Temper: g.Who.Temper, Burner: g.Burner, Return: g.Visit.Return, Within: within,
		Begin: g.now, Looked: -1, Paused: -1, unended: true,
	}
	if r.stated != nil {
		s.Stated = r.stated()
	}
	r.Visits = append(r.Visits, s)
	return s
}

func (r *record) ended(now time.Duration, s *Seen, why string) {
	s.End, s.Ended, s.unended = now, why, false
}

func (r *record) close(now time.Duration, is *state) {
	r.heard(now, is)
	r.Gap = max(r.Gap, now-r.lastLook)
	for _, s := range r.Visits {
		if s.unended {
			r.ended(now, s, "the end")
		}
	}
}
