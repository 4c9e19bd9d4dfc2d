package hardware

import (
	"errors"
	"time"
)

// session is one open device, from its greeting to its end: what is shown on it, its watchdog, and whether it still is
// as it was told to be. It is used by the goroutine that owns the device.
type session struct {
	dev    device
	traits traits
	seq    *sequence
	alive  func() bool

	heartbeat time.Time // when the watchdog was told last that we live
	contact   time.Time // when the device was heard of last
	held      bool      // Alive says no

	// They speak against a device that answers and is not as it should be.
	player, mirror, memory witness
}

// errEEPROM guards an mk1: each of its lines wears out when it is written.
var errEEPROM = errors.New("a line is not written to an mk1's EEPROM")

// send is the way to the device of all but WriteAlarm.
func (s *session) send(rs ...report) error {
	for _, r := range rs {
		if r.command() == cmdLine && !s.traits.lines() {
			return errEEPROM
		}
		if err := s.dev.send(r); err != nil {
			return err
		}
	}
	return nil
}

// begin is for a device that may hold and play anything: it stops what plays, writes the alarm, arms the watchdog, and
// lets the frame be shown anew. The frame is last, because lines cannot be written while a pattern plays.
func (s *session) begin(now time.Time) error {
	s.held = !s.alive()
	s.seq.reconnect(s.traits, now)
	armed := watchdogReport(AlarmAfter, alarmFirst, alarmLast)
	rs := []report{armed, stopReport()} // armed first: it may be the alarm of somebody before us that is stopped
	if s.traits.lines() {
		rs = append(rs, s.alarm()...)
	}
	s.heartbeat, s.contact = now, now
	return s.send(append(rs, armed)...)
}

// alarm writes the alarm to RAM. Where the watchdog plays all lines, all others are made such that they are skipped.
func (s *session) alarm() []report {
	var rs []report
	if !s.traits.choosesLines() {
		for pos := range alarmFirst {
			rs = append(rs, blankReport(pos))
		}
	}
	if s.traits.addressesLines() {
		rs = append(rs, ledReport(both))
	}
	for i, l := range alarmLines() {
		rs = append(rs, lineReport(alarmFirst+i, l.color, l.ticks))
	}
	return rs
}

// wait is how long until there is something to do.
func (s *session) wait(now time.Time) time.Duration {
	wait := HeartbeatEvery - min(max(between(s.contact, now), 0), HeartbeatEvery)
	if beat := s.seq.next(now); beat > 0 && !s.held {
		wait = min(wait, beat)
	}
	return wait
}

// due says whether it is time for a heartbeat.
func (s *session) due(now time.Time) bool { return between(s.contact, now) >= HeartbeatEvery }

// fate is what a heartbeat has found.
type fate int

const (
	fateGood  fate = iota
	fateAlive      // we were dead, by Alive, and live again: begin anew
	fateLost       // the device is not as it was told to be: begin anew
)

// beat tells the watchdog that we live, if we do, and looks whether the device is as it should be.
func (s *session) beat(now time.Time) (fate, error) {
	was := s.held
	s.held, s.contact = !s.alive(), now
	// Its clock is not ours: a little early is late.
	const early = time.Second
	switch {
	case s.held:
		return fateGood, s.dev.alive()
	case was:
		return fateAlive, nil
	case between(s.heartbeat, now) > AlarmAfter-early:
		return fateLost, nil // we were stopped, and the watchdog has fired or may do so at any moment
	}
	s.heartbeat = now
	if err := s.send(watchdogReport(AlarmAfter, alarmFirst, alarmLast)); err != nil {
		return fateGood, err
	}
	return s.inspect(now)
}

// inspect asks a device that can answer whether it plays what it should, shows what it should, and still has the alarm.
// An answer to something else is no answer.
func (s *session) inspect(now time.Time) (fate, error) {
	if !s.traits.lines() {
		return fateGood, nil
	}
	found := fateGood
	look := func(w *witness, q report, good func(reply) bool) error {
		a, err := s.dev.ask(q)
		if err == nil && a.answers(q) && w.lost(good(a)) {
			found = fateLost
		}
		return err
	}
	if playing, near := s.seq.playing(now); !near {
		if err := look(&s.player, readPlayReport(), func(a reply) bool { return a.playing() == playing }); err != nil {
			return found, err
		}
	}
	// An mk3 answers for the wrong LED: so ask only if both are the same.
	if c, ok := s.seq.settled(now); ok {
		if err := look(&s.mirror, readColorReport(top), func(a reply) bool { return near(a.color(), c) }); err != nil {
			return found, err
		}
	}
	alarm := alarmLines()[0]
	err := look(&s.memory, readLineReport(alarmFirst), func(a reply) bool { return a.line() == alarm })
	return found, err
}

// near says whether two colours are the same but for the rounding of a fade. What that leaves open, whether a dim light
// has gone dark, its memory tells.
func near(a, b RGB) bool {
	const slack = 4
	close := func(a, b uint8) bool { return max(a, b)-min(a, b) <= slack }
	return close(a.R, b.R) && close(a.G, b.G) && close(a.B, b.B)
}

// end makes the light dark and disarms the watchdog, in this order: if only one of them comes to pass, it shows the alarm
// and not a colour that nobody stands for.
func (s *session) end() error { return s.send(offReport(), disarmReport()) }

// between is how much time has passed, by the clock that does not count while the machine is suspended, or by the one
// that does but may be set. To begin anew once too often does no harm.
func between(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}

// witness is one thing that a device is asked about itself. It is believed until it has said three times in a row that
// the device is not as it was just told to be: then it is the answers that are wrong (a model that nobody has seen
// yet), and beginning anew would go on for ever.
type witness struct{ against int }

const disbelieved = 3

// lost hears an answer, and says whether to begin anew.
func (w *witness) lost(good bool) bool {
	switch {
	case w.against >= disbelieved:
		return false
	case good:
		w.against = 0
		return false
	}
	w.against++
	return w.against < disbelieved
}
