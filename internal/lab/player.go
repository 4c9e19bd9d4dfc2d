package lab

import "time"

// listener is somebody who can hold the player. The player tells him what others do to him.
type listener interface {
	paused()      // by a command
	ousted()      // somebody else plays now
	moved()       // a command moved what he plays to another device
	volume(p int) // a command set it
	chance() chance
}

// state is what the player is in, at the server or as looks see it.
type state struct {
	device  *Device // nil: nobody holds the player
	by      listener
	playing bool
	volume  int
	changed time.Duration // last play, pause or move

	tracks uint64 // seed of what plays
	track  int    // which of them
	into   time.Duration
	anchor time.Duration // when the track was at into, if it plays
}

// song says what plays at a time, which goes from track to track.
func (s *state) song(at time.Duration) (track int, length, progress time.Duration) {
	progress = s.into
	if s.playing {
		progress += at - s.anchor
	}
	length = trackLength(s.tracks, s.track)
	for progress >= length { // kept, so that hours of playing are not walked through at every look
		progress -= length
		s.track++
		s.into, s.anchor = progress, at
		s.changed = max(s.changed, at-progress)
		length = trackLength(s.tracks, s.track)
	}
	return s.track, length, progress
}

// visible is a state that looks see from a time on.
type visible struct {
	from time.Duration
	state
}

// player is the account's player: what it is in, and what of it can be seen yet.
type player struct {
	*stage
	lag     time.Duration
	is      state
	seen    []visible      // oldest first; those before the one that is seen are dropped
	version int            // counts changes
	volumes map[string]int // by device, of those that were set
	rec     *record
}

// idleAfter is how long a paused device holds the player.
const idleAfter = 10 * time.Minute

// change enters a new state, and lets it be seen after a lag that is drawn from c.
func (p *player) change(c chance, next state) {
	p.rec.heard(p.now, &p.is)
	if was := p.is; next.device != was.device || next.playing != was.playing || next.by != was.by {
		next.changed = p.now // a volume that is set is no such change
	}
	p.is = next
	p.version++
	u := c.Float64()
	from := p.now + time.Duration(u*u*u*u*float64(p.lag))
	p.seen = append(p.seen, visible{from, next})
	if version := p.version; !next.playing && next.device != nil {
		p.at(p.now+idleAfter, func() {
			if p.version == version {
				p.change(c, state{})
			}
		})
	}
}

// look gives what looks see now: the newest change that can be seen.
func (p *player) look() *state {
	for i := len(p.seen) - 1; i > 0; i-- {
		if p.seen[i].from <= p.now {
			p.seen = append(p.seen[:0], p.seen[i:]...)
			break
		}
	}
	if len(p.seen) == 0 {
		return &state{}
	}
	if p.seen[0].from > p.now { // only before the first change can be seen
		return &state{}
	}
	return &p.seen[0].state
}

// visibleAt is when the present state can be seen.
func (p *player) visibleAt() time.Duration { return p.seen[len(p.seen)-1].from }

// play has somebody play on a device, from a track on.
func (p *player) play(by listener, on *Device, tracks uint64, track int, into time.Duration) {
	was := p.is
	p.change(by.chance(), state{
		device: on, by: by, playing: true, volume: p.volumeOf(on), tracks: tracks, track: track, into: into, anchor: p.now,
	})
	if was.by != nil && was.by != by && was.playing {
		was.by.ousted()
	}
}

// loud is the volume of a device that nobody has set.
const loud = 60

func (p *player) volumeOf(d *Device) int {
	if v, ok := p.volumes[d.ID]; ok {
		return v
	}
	return loud
}

// halt stops what plays where it is.
func (p *player) halt(c chance) {
	next := p.is
	_, _, next.into = next.song(p.now)
	next.playing = false
	p.change(c, next)
}

// holds says whether somebody holds the player, playing or not.
func (p *player) holds(by listener) bool { return p.is.device != nil && p.is.by == by }
