package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/poller"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
	"gatefold/rules"
)

// Ours is gatefold: the real loop, gate and rules. The zero value is how it is shipped.
type Ours struct {
	Name   string          // in the table; "": ours
	Rules  engine.Snapshot // nil: home.star as shipped. HOUSEHOLD is replaced by the story's in either
	Limits spotify.Limits  // zero: 8 and 6,000

	// HeardAtMost is how many seconds of a minute the stubborn intruder is to hear: an aim of the table. 0: none.
	HeardAtMost float64

	// Pacer makes the poller. nil: the one that is shipped.
	Pacer func(account string, lane *spotify.Lane, zone *time.Location) engine.Pacer
	// Worst is the longest time until a look that the poller states now. nil: what the shipped poller says.
	Worst func(p engine.Pacer, now time.Time) time.Duration
	// Observe hears every report of the loop. Optional.
	Observe func(p engine.Pacer, now time.Time, account string, r engine.Report)
	// Said is what reaches the loop beside what its looks show: what people say at the command line. Optional.
	Said []Said
	// Inquirer answers the questions of rules. nil: each comes to an error.
	Inquirer builtins.Inquirer
	// Journal keeps what happens. nil: memory does.
	Journal func(now func() time.Time) (*journal.Journal, error)
	// Load loads the rules, wherever they are to decide. nil: in this process.
	Load func(files engine.Snapshot, modules []engine.Module) (*engine.Ruleset, error)
}

// Said is one of those things, and when.
type Said struct {
	At    time.Duration
	Input engine.Input
}

// Live has gatefold live through a story, with the id of a pause honoured: for those who want what it leaves behind.
func (o Ours) Live(s *Story) error {
	_, err := live(s, false, &daemon{o: o})
	return err
}

func (o Ours) name() string {
	if o.Name == "" {
		return "ours"
	}
	return o.Name
}

// HomeStar is home.star as shipped, with changes of its text: old, new, old, new.
func HomeStar(changes ...string) (engine.Snapshot, error) {
	source, err := rules.Files.ReadFile("home.star")
	if err != nil {
		return nil, fmt.Errorf("reading the shipped rules: %w", err)
	}
	text := string(source)
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			return nil, fmt.Errorf("home.star does not say %q any more", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return engine.Snapshot{{Path: "home.star", Data: []byte(text)}}, nil
}

// settled gives rules the devices of a story: what lies between "HOUSEHOLD = {" and the next line that begins with "}".
func settled(files engine.Snapshot, names []string) (engine.Snapshot, error) {
	var own strings.Builder
	own.WriteString("HOUSEHOLD = {\n")
	for _, n := range names {
		fmt.Fprintf(&own, "    %q: \"green\",\n", n)
	}
	out := append(engine.Snapshot(nil), files...)
	for i, f := range out {
		head, rest, ok := strings.Cut(string(f.Data), "HOUSEHOLD = {")
		if !ok {
			continue
		}
		_, tail, ok := strings.Cut(rest, "\n}")
		if !ok {
			return nil, fmt.Errorf("%s: HOUSEHOLD does not end with a line that is a brace", f.Path)
		}
		out[i].Data = []byte(head + own.String() + "}" + tail)
		return out, nil
	}
	return nil, fmt.Errorf("the rules have no HOUSEHOLD = { to put the household into")
}

const account = "home"

// daemon is gatefold with one account.
type daemon struct {
	*world
	o       Ours
	gate    *spotify.Lane
	loop    *engine.Loop
	pacer   engine.Pacer
	modules []engine.Module
	journal *journal.Journal
	wake    time.Duration // when the loop wants to be called; 0: never
	err     error
}

func (d *daemon) time() time.Time                 { return Start().Add(d.now) }
func (d *daemon) since(t time.Time) time.Duration { return t.Sub(Start()) }

// begin puts it together; what fails is in err, and nothing happens then.
func (d *daemon) begin(w *world) {
	d.world = w
	if d.err = d.open(); d.err == nil {
		d.at(0, func() { d.err = d.start() })
		for _, s := range d.o.Said {
			d.at(s.At, func() {
				if d.loop != nil {
					d.step(s.Input)
				}
			})
		}
	}
}

func (d *daemon) open() error {
	open := d.o.Journal
	if open == nil {
		open = func(now func() time.Time) (*journal.Journal, error) {
			return journal.New(journal.NewMemory(), now), nil
		}
	}
	var err error
	if d.journal, err = open(d.time); err != nil {
		return err
	}
	gate := spotify.NewGate(d.o.Limits, spotify.GateState{}, d.time(), d.saveGate)
	d.gate = gate.Lane(account)
	gate.Watch(func(until time.Time, kind string) {
		d.at(d.now, func() { d.step(engine.GateWaits{Kind: kind, Until: until}) })
	})
	d.modules = builtins.All(builtins.Deps{Poster: poster{d}, Now: d.time, Commander: commander{d}, Inquirer: d.o.Inquirer})
	zone := Start().Location()
	if d.o.Pacer == nil {
		d.pacer = poller.New(shipped(), sources.Budget(d.gate))
	} else {
		d.pacer = d.o.Pacer(account, d.gate, zone)
	}
	switch p, ok := d.pacer.(*poller.Pacer); {
	case d.o.Worst != nil:
		d.rec.stated = func() time.Duration { return d.o.Worst(d.pacer, d.time()) }
	case ok:
		d.rec.stated = p.Worst
	}
	return nil
}

// saveGate keeps the budgets as the daemon does: only where writing is counted.
func (d *daemon) saveGate(s spotify.GateState) {
	if d.o.Journal == nil {
		return
	}
	raw, err := json.Marshal(s)
	if err == nil {
		err = d.journal.SaveGate(context.Background(), "lab", raw)
	}
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("keeping the budgets: %w", err)
	}
}

func (d *daemon) start() error {
	files := d.o.Rules
	if files == nil {
		var err error
		if files, err = HomeStar(); err != nil {
			return err
		}
	}
	files, err := settled(files, d.story.Household())
	if err != nil {
		return err
	}
	load := d.o.Load
	if load == nil {
		load = func(files engine.Snapshot, modules []engine.Module) (*engine.Ruleset, error) {
			return engine.Load(files, engine.Limits{}, modules...)
		}
	}
	set, err := load(files, d.modules)
	if err != nil {
		return err
	}
	kept, err := d.journal.Recover(context.Background(), account)
	if err != nil {
		return err
	}
	d.loop = engine.NewLoop(engine.LoopOptions{
		Account: account, Enforce: true, Pacer: d.pacer, Zone: Start().Location(),
		Decode: builtins.DecodePlayback,
		Parse:  func(text string) (engine.Effect, error) { return engine.ParseEffect(text, d.modules...) },
	}, kept, d.time())
	d.step(engine.Installed{Ruleset: set})
	return nil
}

// step hands something to the loop and carries out what it wants.
func (d *daemon) step(in engine.Input) {
	for inputs := []engine.Input{in}; len(inputs) > 0; inputs = inputs[1:] {
		actions, wake := d.loop.Step(d.time(), inputs[0])
		d.alarm(wake)
		for _, a := range actions {
			if answer := d.perform(a); answer != nil {
				inputs = append(inputs, answer)
			}
		}
	}
}

// alarm has the loop called when it wants to be.
func (d *daemon) alarm(wake time.Time) {
	at := time.Duration(0)
	if !wake.IsZero() {
		at = max(d.since(wake), d.now)
	}
	if at == d.wake {
		return
	}
	if d.wake = at; at == 0 {
		return
	}
	d.at(at, func() {
		if d.wake == at {
			d.wake = 0
			d.step(engine.Wake{})
		}
	})
}

func (d *daemon) perform(action engine.Action) engine.Input {
	ctx := context.Background()
	switch a := action.(type) {
	case engine.LookNow:
		d.lookNow(a)
	case engine.PauseNow:
		d.pauseNow(a)
	case engine.ApplyNow:
		d.applyNow(a.Effect)
	case engine.AskNow:
		answers := engine.AnswerNow(ctx, d.time, d.modules, a.Asks)
		return engine.Answered{N: a.N, Answers: answers}
	case engine.CommitNow:
		receipt, err := d.journal.Commit(ctx, a.Record)
		return engine.CommitDone{N: a.N, Receipt: receipt, Err: err}
	case engine.DoneNow:
		if err := d.journal.Done(ctx, account, a.ID, a.Outcome); err != nil {
			return engine.MarkFailed{ID: a.ID, Outcome: a.Outcome, Err: err}
		}
	case engine.Tell:
		d.told(a.Report)
	}
	return nil
}

func (d *daemon) told(r engine.Report) {
	if t, ok := r.(engine.TurnReport); ok && t.Failed != nil && d.err == nil {
		d.err = fmt.Errorf("the rules fail: %w", t.Failed)
	}
	if d.o.Observe != nil {
		d.o.Observe(d.pacer, d.time(), account, r)
	}
}

// lookNow does what sources.Spotify does, without a client.
func (d *daemon) lookNow(a engine.LookNow) {
	class := spotify.Look
	if a.Verify {
		class = spotify.Verify
	}
	if wait := d.take(class); wait != nil {
		d.later(engine.LookFailed{Kind: wait.Kind, Message: wait.Reason, RetryAt: wait.Until, Refused: true})
		return
	}
	d.Look(func(a Answer) {
		if d.limited(a) {
			failed := engine.LookFailed{Kind: kindOf(a), Message: "too many requests"}
			failed.RetryAt, _, _ = d.gate.Blocked(d.time())
			d.step(failed)
			return
		}
		d.step(engine.Looked{Data: a.Playback(), Got: d.time(), Surplus: d.gate.Surplus(d.time())})
	})
}

func (d *daemon) pauseNow(a engine.PauseNow) {
	done := engine.PauseDone{Holder: a.Holder}
	if wait := d.take(spotify.Pause); wait != nil {
		done.Message, done.RetryAt, done.Kind = wait.Reason, wait.Until, wait.Kind
		d.later(done)
		return
	}
	done.Sent = d.time()
	d.Pause(a.Target, func(a Answer) {
		d.limited(a)
		err := a.err("PUT /me/player/pause")
		done.Outcome = spotify.PauseOutcome(err)
		if err != nil {
			done.Message, done.Doubtful = err.Error(), a.Status == 403
		}
		d.step(done)
	})
}

// later hands something to the loop after what it is doing now.
func (d *daemon) later(in engine.Input) { d.at(d.now, func() { d.step(in) }) }

func (d *daemon) take(c spotify.Class) *spotify.WaitError {
	wait, _ := d.gate.Take(d.time(), c).(*spotify.WaitError)
	return wait
}

// limited tells the gate how an answer ended.
func (d *daemon) limited(a Answer) bool {
	if a.Status != 429 {
		d.gate.Succeeded(d.time())
		return false
	}
	// Spotify's Retry-After is in whole seconds, rounded up.
	d.gate.Limited(d.time(), kindOf(a), (a.Retry + time.Second - 1).Truncate(time.Second), true)
	return true
}

func kindOf(a Answer) string {
	if a.Quota {
		return spotify.Quota
	}
	return spotify.RateLimited
}

// err is what the client makes of an answer; nil: it is a success.
func (a Answer) err(op string) error {
	switch a.Status {
	case 403:
		return &spotify.Error{Op: op, Kind: spotify.Forbidden, Status: 403, Message: "Player command failed: Restriction violated", Reason: "UNKNOWN"}
	case 404:
		return &spotify.Error{Op: op, Kind: spotify.Malformed, Status: 404, Message: "Device not found"}
	case 429:
		return &spotify.Error{Op: op, Kind: kindOf(a), Status: 429, Message: "Too many requests"}
	}
	return nil
}

// applyNow carries out what happens once. A player command takes effect when it arrives.
func (d *daemon) applyNow(e engine.Effect) {
	do := func() engine.Input {
		return engine.Apply(context.Background(), d.time, d.modules, e)
	}
	if !strings.HasPrefix(e.Call, "spotify.") {
		d.at(d.now, func() { d.step(do()) })
		return
	}
	way := d.p.LatencyLeast/2 + d.p.LatencyMore/6 // half of the mean
	d.at(d.now+way, func() {
		done := do()
		d.at(d.now+way, func() { d.step(done) })
	})
}

// poster counts messages.
type poster struct{ *daemon }

// Post implements builtins.Poster.
func (p poster) Post(context.Context, builtins.Posting) (builtins.Receipt, error) {
	p.rec.Messages++
	return builtins.Receipt{}, nil
}

// commander has commands reach the server.
type commander struct{ *daemon }

// Transfer implements builtins.Commander.
func (c commander) Transfer(_ context.Context, _, device string, play bool) error {
	return c.command(spotify.Pause, func() Answer { return c.transfer(device, play) })
}

// Volume implements builtins.Commander.
func (c commander) Volume(_ context.Context, _, device string, percent int) error {
	return c.command(spotify.Pause, func() Answer { return c.server.volume(percent, device) })
}

func (c commander) command(class spotify.Class, do func() Answer) error {
	if wait := c.take(class); wait != nil {
		return &refusal{wait.Reason, wait.Until}
	}
	c.rec.sent(c.now)
	a, ok := c.admit()
	if ok {
		a = do()
	}
	if c.limited(a) {
		return &refusal{"too many requests", c.time().Add(a.Retry)}
	}
	return a.err("command")
}

// refusal is a command that may be tried later.
type refusal struct {
	why   string
	until time.Time
}

func (r *refusal) Error() string      { return r.why }
func (r *refusal) RetryAt() time.Time { return r.until }

// shipped are the longest intervals as they are configured by default.
func shipped() poller.Intervals {
	return poller.Intervals{
		Denied: 10 * time.Second, Playing: 15 * time.Second, Paused: 30 * time.Second,
		Idle: time.Minute, IdleMax: 2 * time.Minute,
	}
}
