package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/hardware"
	"gatefold/internal/reload"
	"gatefold/internal/sim"
)

type showOptions struct {
	stdio stdio
	clock *wallClock
	house *household
	plain bool // lines, not a screen
	speed float64
	quit  func() // ends the demo
	kept  bool   // the journal is on disk, for other commands to read
}

// show is what people see of a demo: it hears every report and watches the
// simulated world, and tells both as lines. On a terminal the newest of them
// stand below a picture of the light.
type show struct {
	o      showOptions
	begun  time.Time
	daemon *daemon
	screen *screen // nil: plain lines
	lamp   *hardware.Terminal

	mu      sync.Mutex
	seen    int // happenings of the world that were told
	stands  engine.Stands
	lights  string // what the light shows, as calls
	verdict string
	tally   tally
	early   []line // that were told before the banner
	heard   int    // happenings of Slack that were told
	listens bool   // somebody can type
	offered []sim.Button
	restore func()    // gives the terminal back as it was; nil: it is
	gone    sync.Once // the terminal was given back
}

// line is one thing that happened, in a few words.
type line struct {
	at   time.Duration
	kind string // "world", "verdict", "light", "pause", "slack", "rules", "blind", "rule"
	text string
}

func newShow(o showOptions) *show {
	s := &show{o: o, begun: o.clock.Now(), tally: newTally()}
	if !o.plain {
		s.screen = newScreen(o.stdio.out)
	}
	return s
}

// log is where the daemon's own log goes: nowhere, what it says is shown as
// lines of the show.
func (s *show) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// light opens the light that is painted on the screen.
func (s *show) light(o hardware.Options) hardware.Light {
	s.lamp = hardware.NewTerminal(hardware.TerminalOptions{
		Options: o, Profile: hardware.ProfileOf(s.o.stdio.terminal && !s.o.plain, s.o.stdio.getenv),
	})
	return s.lamp
}

// asking is a command line for the daemon of the demo.
func (o showOptions) asking(d *daemon, what string) string {
	return os.Args[0] + " " + what + " -c " + d.cfg.File
}

// begin says where everything is.
func (s *show) begin(d *daemon) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.daemon = d
	defer s.flush()
	if s.screen != nil {
		return
	}
	fmt.Fprintf(s.o.stdio.out, `gatefold demo: the real daemon, a simulated household. Nothing leaves this machine.
rules:    %s
          edit home.star there now: it reloads as you save
ask it:   %s   (in another terminal; poll, hold, devices and enforce work too)
          %s
metrics:  http://%s/metrics
`, d.cfg.Rules, s.o.asking(d, "status"), s.o.asking(d, `allow "Bob's Laptop" --for 1m`), d.listener.Addr())
	if s.o.kept {
		fmt.Fprintf(s.o.stdio.out, "history:  %s   (record, rules list and journal too)\n", s.o.asking(d, "replay --since 2m --explain"))
	}
	if s.o.speed != 1 {
		fmt.Fprintf(s.o.stdio.out, "speed:    the story runs %v times as fast; times are the story's\n", s.o.speed)
	}
	fmt.Fprint(s.o.stdio.out, "pace:     looks come more often than a real account's budget allows\n\n")
}

// run shows until ctx ends; stop then waits for the last picture.
func (s *show) run(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	stopKeys := s.listen(ctx)
	go func() {
		defer close(done)
		calm := false
		defer func() {
			if !calm {
				s.giveBack() // before the panic is told
			}
		}()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			s.world()
			s.offer()
			s.draw()
			select {
			case <-ctx.Done():
				calm = true
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		cancel()
		<-done
		stopKeys()
		s.giveBack()
	}
}

// giveBack leaves the terminal as it was found. It may be called more than once, however the demo ends.
func (s *show) giveBack() {
	s.gone.Do(func() {
		if s.screen != nil {
			s.screen.leave()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.restore != nil {
			s.restore()
		}
	})
}

// listen hands on what is typed. A terminal gives each key at once, if it can and there is a screen; anything else gives
// lines.
func (s *show) listen(ctx context.Context) (stop func()) {
	in := s.o.stdio.in
	if in == nil {
		return func() {}
	}
	single := false
	again, stopAgain := continued()
	if terminal := s.o.stdio.terminalIn(); terminal != nil && s.screen != nil {
		single = s.takeKeys(terminal)
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-again: // after ctrl-Z the shell has set the terminal
					s.takeKeys(terminal)
					s.screen.again()
				}
			}
		}()
	}
	s.mu.Lock()
	s.listens = true
	s.mu.Unlock()
	go func() { // until in ends, or the program: there is no way to stop reading
		calm := false
		defer func() {
			if !calm {
				s.giveBack()
			}
		}()
		keys(in, single, func(key string) {
			if ctx.Err() == nil {
				s.typed(key)
			}
		})
		calm = true
		s.mu.Lock()
		defer s.mu.Unlock()
		s.listens = false
	}()
	return stopAgain
}

// takeKeys makes the terminal hand over single keys, and remembers how it was at first.
func (s *show) takeKeys(terminal *os.File) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	restore, err := singleKeys(terminal)
	if err != nil {
		return false
	}
	if s.restore == nil {
		s.restore = restore
	}
	return true
}

// world tells what the simulated people did.
func (s *show) world() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worldLocked()
}

func (s *show) worldLocked() {
	news, seen := s.o.house.spotify.Happenings(s.seen)
	s.seen = seen
	for _, h := range news {
		if h.By != "command" { // our own: told as pauses
			s.tell(line{h.Time.Sub(s.begun), "world", clean(h.String())})
		}
	}
	said, heard := s.o.house.slack.Happenings(s.heard)
	s.heard = heard
	for _, h := range said {
		if h.By != sim.App || !strings.HasPrefix(h.Text, "posts ") { // a post is told by the outbox
			s.tell(line{h.Time.Sub(s.begun), "slack", html.UnescapeString(h.String())})
		}
	}
}

// Observe implements engine.Observer.
func (s *show) Observe(_ string, r engine.Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worldLocked()
	switch r := r.(type) {
	case engine.TurnReport:
		s.turn(r)
	case engine.StandsReport:
		s.standing(r.Stands)
	case engine.SightReport:
		s.sight(r)
	case engine.PauseReport:
		s.tally.pauses[r.Outcome]++
		text := "pause() -> " + r.Outcome
		if r.Outcome == "" {
			text = "pause() " + r.Message
		}
		s.now("pause", text)
	case engine.OutboxReport:
		if r.Outcome.Result != "" {
			if followsUp(r.Message.Call) && r.Outcome.Result == "sent" {
				break // the simulated Slack says what it shows now
			}
			s.tally.messages[r.Outcome.Result]++
			module := r.Message.Call[:max(0, strings.IndexAny(r.Message.Call, ".("))] // "slack", "notify"
			s.now(module, briefly(r.Message.Call)+" -> "+r.Outcome.Result)
		}
	case engine.FaultReport:
		s.now("fault", r.Fault)
	case engine.EnforceReport:
		text := "off: from now on nothing is paused or posted"
		if r.On {
			text = "on: intruders are paused, messages posted"
		}
		s.now("enforce", text)
	case engine.HoldReport:
		text := "ended"
		if !r.Until.IsZero() {
			text = "until " + r.Until.Format(time.TimeOnly) + ": nothing is paused or posted"
		}
		s.now("hold", text)
	case engine.OverrideReport:
		text := "as planned again"
		if r.Every > 0 {
			text = fmt.Sprintf("a look every %s until %s, by an operator", r.Every, r.Until.Format(time.TimeOnly))
		}
		s.now("poll", text)
	}
}

// followsUp says whether a call brings an earlier message up to date.
func followsUp(call string) bool {
	return strings.HasPrefix(call, "slack.update(") || strings.HasPrefix(call, "slack.reply(")
}

// briefly is a call without its buttons: they are shown by their labels.
func briefly(call string) string {
	if before, buttons, ok := strings.Cut(call, ", actions=[button("); ok {
		return fmt.Sprintf("%s, actions=[%s])", before, count(1+strings.Count(buttons, ", button(label="), "button"))
	}
	return call
}

func (s *show) turn(r engine.TurnReport) {
	if r.Decision.Event.Kind == engine.KindPlayback && r.Decision.Event.Cause == engine.CauseLook {
		s.tally.looks++
	}
	if r.Held != nil {
		s.tally.verdicts[r.Decision.Verdict.Kind.String()]++
	}
	if r.News {
		for _, l := range r.Decision.Logs {
			s.now("rule", clean(l.Text)+" ("+l.Pos+")")
		}
	}
	switch {
	case r.Failed == nil || !r.News:
	case r.Held == nil && r.Decision.Event.Kind != engine.KindBlind:
		s.now("rules", "FAILED in on_"+clean(r.Decision.Event.Kind)+": "+r.Failed.Error())
	case r.Decision.Degraded != "":
		s.now("rules", "FAILED: "+r.Failed.Error()+"; the rules before ("+short(r.Decision.Ruleset)+") decide")
	default:
		s.now("rules", "FAILED: "+r.Failed.Error()+"; no older rules can decide: the verdict is unknown")
	}
}

func (s *show) standing(st engine.Stands) {
	s.stands = st
	if v := st.Verdict.String(); v != s.verdict {
		s.verdict = v
		s.now("verdict", v)
	}
	shown := builtins.Shown(st)
	calls := make([]string, len(shown))
	for i, e := range shown {
		calls[i] = e.String()
	}
	if text := strings.Join(calls, " "); text != s.lights {
		s.lights = text
		w := builtins.WishOf(st)
		s.now("light", text+"  "+hardware.Paint(frame(w.Top, w.Bottom), time.Time{}, s.profile()))
	}
}

func (s *show) profile() hardware.ColorProfile {
	return hardware.ProfileOf(s.o.stdio.terminal, s.o.stdio.getenv)
}

func (s *show) sight(r engine.SightReport) {
	switch {
	case r.Failure != "":
	case r.Blind.Kind == "":
		s.now("blind", "sight regained")
	default:
		s.tally.blind++
		s.now("blind", r.Blind.Kind+": "+r.Blind.Message)
	}
}

// warned hears what is warned of after a reload.
func (s *show) warned(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now("rules", "warning: "+text)
}

// reconfigured hears what came of an edit of the configuration.
func (s *show) reconfigured(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now("config", text)
}

// reloaded hears what came of a look at the rules.
func (s *show) reloaded(r reload.Result, changes string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Outcome {
	case reload.Installed:
		s.tally.reloads++
		s.now("rules", "reloaded: "+short(r.InForce)+" is in force; "+changes)
		if s.daemon != nil {
			for _, w := range s.daemon.rules.inForce().Warnings {
				s.now("rules", "warning: "+w.String())
			}
		}
	case reload.Restored:
		s.now("rules", "as before the failed edit: "+short(r.InForce)+" is in force")
	case reload.Waiting:
		s.now("rules", short(r.Hash)+" waits for gatefold rules accept, the old rules act on; "+changes)
	case reload.Failed:
		s.tally.refused++
		s.now("rules", "NOT reloaded, the old rules act on:\n"+problemText(r.Err))
	}
}

func (s *show) now(kind, text string) {
	s.tell(line{s.o.clock.Now().Sub(s.begun), kind, text})
}

// tell writes a line, or keeps it for the screen.
func (s *show) tell(l line) {
	if l.kind != "light" { // which is painted
		l.text = harmless(l.text)
	}
	if s.screen != nil {
		s.screen.add(l)
		return
	}
	if s.daemon == nil { // not before the banner
		s.early = append(s.early, l)
		return
	}
	fmt.Fprintln(s.o.stdio.out, l)
}

func (s *show) flush() {
	early := s.early
	s.early = nil
	for _, l := range early {
		s.tell(l)
	}
}

// String aligns the line: time, kind, text.
func (l line) String() string {
	text := strings.ReplaceAll(l.text, "\n", "\n"+strings.Repeat(" ", 18))
	return fmt.Sprintf("%7.1fs  %-8s %s", max(l.at, 0).Seconds(), l.kind, text)
}
