package timeline

import (
	"context"
	"fmt"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/journal"
	"gatefold/internal/poller"
	"gatefold/internal/sim"
	"gatefold/internal/sources"
	"gatefold/internal/spotify"
)

// Options of a run. Files is required.
type Options struct {
	Files engine.Snapshot // of the rules folder, with what _names and lib/ hold
	Alone string          // only this rule file, and what it loads; "": the whole ruleset

	// Load makes a ruleset of rule files; nil: engine.Load. Timelines that run side by side call it side by side.
	Load func(engine.Snapshot, engine.Limits, ...engine.Module) (*engine.Ruleset, error)

	Context context.Context // ends a run early, with its error; nil: never
	Limits  engine.Limits
	Poll    poller.Intervals     // zero: the usual ones
	Latency func() time.Duration // of each request, asked in order; nil: answers come at once

	// Poster carries messages by the clock of the story; nil: all of them are sent at once.
	Poster func(now func() time.Time) builtins.Poster

	// Observe hears every report of every loop, at its moment. Optional.
	Observe func(now time.Time, account string, r engine.Report)
}

// Run lives through a timeline. Its error is about the rules (an *engine.LoadError), an at line that cannot be carried
// out (an *Error), or a story that does not come to rest; that something else happened than was expected is in the
// result.
func Run(t *Timeline, o Options) (Result, error) {
	r := newRun(t, o)
	rules, err := r.load(o.Files)
	if err != nil {
		return Result{}, err
	}
	r.files, r.rules = o.Files, rules
	if err := r.open(); err != nil {
		return Result{}, err
	}
	if err := r.story(); err != nil {
		return Result{}, err
	}
	return Result{Timeline: t, Happenings: r.record.all, Requests: r.world.Requests()}, nil
}

// run is one story on its way. What outlives a restart of the daemon: the world, the journal's rows, the files.
type run struct {
	t     *Timeline
	o     Options
	clock *clock
	world *sim.Spotify
	store *journal.Memory

	files  engine.Snapshot // as edited
	rules  *engine.Ruleset // in force
	proven *engine.Ruleset // the newest that decided without failing

	journal  *journal.Journal
	gate     *spotify.Gate
	lamp     *lamp
	modules  []engine.Module
	accounts []*account

	offered map[string][]offered // messages with buttons, by account
	presses int

	blocks int // that were begun
	queue  queue
	acting *wire // of the request that is being made
	record record
}

func newRun(t *Timeline, o Options) *run {
	if o.Poll == (poller.Intervals{}) {
		o.Poll = poller.Intervals{
			Denied: 10 * time.Second, Playing: 15 * time.Second, Paused: 30 * time.Second,
			Idle: time.Minute, IdleMax: 2 * time.Minute,
		}
	}
	if o.Load == nil {
		o.Load = engine.Load
	}
	r := &run{t: t, o: o, clock: &clock{t.Start}, store: journal.NewMemory(), lamp: &lamp{}, offered: map[string][]offered{}}
	r.world = sim.NewSpotify(sim.SpotifyOptions{Now: r.clock.Now})
	for _, name := range t.Accounts {
		r.world.AddAccount(name, sim.AccountOptions{})
	}
	calls := sources.Calls{Of: r.client}
	var poster builtins.Poster = mailbox{}
	if o.Poster != nil {
		poster = o.Poster(r.clock.Now)
	}
	r.modules = builtins.All(builtins.Deps{
		Lamp: r.lamp, Poster: poster, Notifier: mailbox{}, Now: r.clock.Now, Inquirer: calls, Commander: calls, Playlists: calls,
	})
	return r
}

func (r *run) load(files engine.Snapshot) (*engine.Ruleset, error) {
	if r.o.Alone != "" {
		files = files.Alone(r.o.Alone)
	}
	return r.o.Load(files, r.o.Limits, r.modules...)
}

// restless is how many things may happen at one moment of a story.
const restless = 10_000

// story does what comes next until nothing of the story is left.
func (r *run) story() error {
	moment, steps := r.clock.now, 0
	for {
		if c := r.o.Context; c != nil && c.Err() != nil {
			return fmt.Errorf("%s: at %s: %w", r.t.Name, moment.Sub(r.t.Start), context.Cause(c))
		}
		at, do := r.next()
		if do == nil {
			return nil
		}
		if at.After(moment) {
			moment, steps = at, 0
		}
		if steps++; steps > restless {
			return fmt.Errorf("%s: at %s the story does not come to rest", r.t.Name, moment.Sub(r.t.Start))
		}
		r.clock.now = moment
		if err := do(); err != nil {
			return err
		}
	}
}

// next is what happens next and when: the story, then news for the loops, then loops that wake up. Nothing happens after
// the last moment of the story, except that on a slow network what is on its way still arrives.
func (r *run) next() (at time.Time, do func() error) {
	end := r.t.Start.Add(r.t.end())
	if r.blocks < len(r.t.blocks) {
		b := r.t.blocks[r.blocks]
		at, do = r.t.Start.Add(b.at), func() error { return r.begin(b) }
	}
	if n, ok := r.queue.first(); ok && (!n.at.After(end) || r.o.Latency != nil) && (do == nil || n.at.Before(at)) {
		at, do = n.at, r.deliver
	}
	for _, a := range r.accounts {
		if w := a.wake; !w.IsZero() && !w.After(end) && (do == nil || w.Before(at)) {
			at, do = w, func() error { return r.step(a, engine.Wake{}) }
		}
	}
	return at, do
}

func (r *run) begin(b *block) error {
	r.blocks++
	if b.deed == nil {
		return nil
	}
	return b.deed(r)
}

func (r *run) deliver() error {
	n := r.queue.take()
	switch n.input.(type) {
	case engine.Installed:
		n.to.started = true
	case engine.LookSoon:
		n.to.hurried = false
	}
	return r.step(n.to, n.input)
}

// step hands one thing to a loop and carries out what it wants.
func (r *run) step(a *account, in engine.Input) error {
	defer r.record.flush()
	for inputs := []engine.Input{in}; len(inputs) > 0; inputs = inputs[1:] {
		actions, wake := a.loop.Step(r.clock.now, inputs[0])
		a.wake = wake
		for _, action := range actions {
			answer, err := r.perform(a, action)
			if err != nil {
				return fmt.Errorf("%s: at %s: %w", r.t.Name, r.clock.now.Sub(r.t.Start), err)
			}
			if answer != nil {
				inputs = append(inputs, answer)
			}
		}
	}
	return nil
}

// client is what an account's requests go through.
func (r *run) client(account string) *spotify.Client {
	for _, a := range r.accounts {
		if a.name == account {
			return a.source.Client
		}
	}
	return nil
}

func (r *run) player(account string) *sim.Account { return r.world.Account(account) }

// lookSoon makes the loop look, if the gate lets the look pass. A loop that starts looks anyway, and once is enough for
// all that changes at one moment.
func (r *run) lookSoon(account string) {
	for _, a := range r.accounts {
		if a.name == account && a.started && !a.hurried {
			a.hurried = true
			r.send(a, engine.LookSoon{}, 0)
		}
	}
}

// send hands something to a loop, later.
func (r *run) send(a *account, in engine.Input, later time.Duration) {
	r.queue.add(r.clock.now.Add(later), a, in)
}
