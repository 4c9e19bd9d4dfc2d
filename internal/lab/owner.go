package lab

import "time"

// owner is a session on its way.
type owner struct {
	*world
	Session
	c      chance
	device *Device
	track  int
	over   bool // it will not go on
	waits  bool // displaced by an intruder: it may go on
	mine   bool // it has played, and nobody has taken the player from it
}

func (w *world) beginSession(s Session) {
	o := &owner{world: w, Session: s, c: newChance(derive(s.Seed, forPeople))}
	for _, d := range s.Deeds {
		w.at(s.Begin+d.After, func() { o.does(d) })
	}
}

// does what was intended, as far as the owner still has the player.
func (o *owner) does(d Deed) {
	if o.over || o.waits {
		return
	}
	switch d.What {
	case deedPlay:
		o.device, o.track = o.deviceOf(d), d.Track
		o.mine = true
		o.player.play(o, o.device, o.Seed, o.track, 0)
	case deedMove:
		o.device = o.deviceOf(d)
		if o.holds(o) && o.is.playing {
			o.plays()
		}
	case deedPause:
		if o.holds(o) && o.is.playing {
			o.halt(o.c)
		}
	case deedResume:
		o.plays()
	case deedStop:
		if o.holds(o) && o.is.playing {
			o.halt(o.c)
		}
	}
}

func (o *owner) deviceOf(d Deed) *Device { return o.story.Owners[o.Owner].Devices[d.Device] }

// plays goes on where the tracks are.
func (o *owner) plays() {
	track, into := o.track, time.Duration(0)
	if o.holds(o) {
		track, _, into = o.is.song(o.now)
	}
	o.player.play(o, o.device, o.Seed, track, into)
}

// paused is by a command, which is none of his: he presses play again after 4 to 20 s.
func (o *owner) paused() { o.again(o.c.between(4*time.Second, 20*time.Second)) }

// ousted by an intruder he takes the player back in seven of ten cases, after 90 s (median; sigma 0.7), if his session
// would still last then. Ousted by another owner he lets him.
func (o *owner) ousted() {
	_, ok := o.is.by.(*guest)
	if !ok {
		o.over = true
		return
	}
	o.waits = true
	back := o.c.lognormal(90*time.Second, 0.7)
	if !o.c.odds(0.7) || o.now+back > o.End() {
		o.over = true
		return
	}
	o.again(back)
}

func (o *owner) again(after time.Duration) {
	o.at(o.now+after, func() {
		if o.over || o.now > o.End() {
			return
		}
		o.waits = false
		if o.is.playing && o.is.device.Ours {
			if !o.holds(o) {
				o.over = true // another owner listens by now
			}
			return
		}
		o.plays()
	})
}

func (o *owner) moved()         {}
func (o *owner) volume(int)     {}
func (o *owner) chance() chance { return o.c }
