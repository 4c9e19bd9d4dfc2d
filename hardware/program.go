package hardware

// program is what the lines of a device hold, so that a pattern that it plays by itself is written with as few reports
// as can be. Lines from alarmFirst on are the alarm's, and never touched here.
type program struct {
	lines   [alarmFirst]line
	known   [alarmFirst]bool
	playing bool // it plays by itself
}

// forget is for a device that may hold anything.
func (p *program) forget() { *p = program{} }

// play is what lets the device play a pattern from its beginning: stopping first, since a pattern that plays sets the
// LED of the lines that are written. The lights are dark until a line is for them.
func (p *program) play(m melody) []report {
	out := []report{stopReport()}
	led, told := both, false
	for i, l := range m.lines {
		if p.known[i] && p.lines[i] == l {
			continue
		}
		if !told || led != l.led {
			out = append(out, ledReport(l.led))
			led, told = l.led, true
		}
		out = append(out, lineReport(i, l.color, l.ticks))
		p.lines[i], p.known[i] = l, true
	}
	if m.lines[0].led != both {
		out = append(out, offReport())
	}
	p.playing = true
	return append(out, playReport(0, len(m.lines)-1, m.repeats))
}
