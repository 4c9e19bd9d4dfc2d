package lab

import (
	"fmt"
	"time"
)

// guest is a visit on its way.
type guest struct {
	*world
	Visit
	c      chance
	device *Device
	turn   int // which of his devices
	tries  int // that he still has
	names  int // that he has given
	over   bool
	moves  int // of what he played, by commands
	log    *Seen
}

func (w *world) beginVisit(v Visit) {
	g := &guest{world: w, Visit: v, c: newChance(derive(v.Seed, forTaste)), device: v.Who.Devices[0], tries: v.Tries}
	w.at(v.Begin, g.begin)
}

func (g *guest) begin() {
	within := g.is.playing && g.is.device.Ours
	g.log = g.rec.visit(g, within)
	g.plays()
	g.at(g.now+g.Stay, func() {
		if g.over {
			return
		}
		if g.holds(g) && g.is.playing {
			g.halt(g.c)
		}
		g.ends("had enough")
	})
}

func (g *guest) plays() {
	track, into := 0, time.Duration(0)
	if g.holds(g) {
		track, _, into = g.is.song(g.now)
	}
	g.player.play(g, g.device, g.Seed, track, into)
	if g.is.volume == 0 {
		g.volume(0)
	}
	g.onPlay(g.log.Pauses == 0)
}

func (g *guest) ends(why string) {
	g.over = true
	g.rec.ended(g.now, g.log, why)
}

// paused decides what he does about a pause.
func (g *guest) paused() {
	if g.over {
		return
	}
	after := g.c.about(g.Who.After, 0.1)
	if g.tries == 0 || g.now+after-g.Begin > g.Patient {
		g.ends("gave up")
		if g.c.odds(g.p.Return) && !g.Burner {
			at := g.now + g.c.lognormal(g.p.ReturnMedian, g.p.ReturnSigma)
			if at < g.p.Span() {
				g.beginVisit(newVisit(g.p, at, g.Who, derive(g.Seed, forReturn), g.Return+1))
			}
		}
		return
	}
	g.tries--
	switch g.Who.Temper {
	case Moves:
		g.turn++
		g.device = g.Who.Devices[g.turn%len(g.Who.Devices)]
	case Renames:
		g.names++
		renamed := *g.device
		renamed.Name = fmt.Sprintf("%s (%d)", g.Who.Devices[0].Name, g.names)
		g.device = &renamed
	}
	moves := g.moves
	g.at(g.now+after, func() {
		if !g.over && g.moves == moves { // else his press goes to the other device
			g.plays()
		}
	})
}

// ousted by an owner he is gone; another intruder ends his visit too.
func (g *guest) ousted() {
	if !g.over {
		g.ends("ousted")
	}
}

// moved away from his device he takes the player back after 5 to 15 s, which is one of his tries: until he has seen
// where it went, the play that he presses is another device's.
func (g *guest) moved() {
	if g.over {
		return
	}
	g.moves++
	if g.tries == 0 {
		g.ends("gave up")
		return
	}
	g.tries--
	g.at(g.now+g.c.between(5*time.Second, 15*time.Second), func() {
		if !g.over {
			g.plays()
		}
	})
}

// volume 0 he turns up again after 3 to 8 s.
func (g *guest) volume(percent int) {
	if percent > 0 || g.over {
		return
	}
	g.at(g.now+g.c.between(3*time.Second, 8*time.Second), func() {
		if g.over || !g.holds(g) || g.is.volume > 0 || !g.is.playing {
			return
		}
		next := g.is
		_, _, next.into = next.song(g.now)
		next.anchor, next.volume = g.now, loud
		g.volumes[g.device.ID] = loud
		g.change(g.c, next)
	})
}

func (g *guest) chance() chance { return g.c }
