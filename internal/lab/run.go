package lab

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Options of a run. Params is required: one for each seed.
type Options struct {
	Params   []Params
	Policies []string      // by name, in the order of the table; nil: DefaultPolicies
	Ours     []Ours        // what "ours" stands for; nil: gatefold as shipped
	Warm     time.Duration // visits before it are lived through and not counted: what they teach is known then
	Disk     bool          // count what ours writes to disk in two days (Linux), after everything else
	Stubborn bool          // run the stubborn intruder too
	Against  []Ours        // only against the stubborn intruder, beside ours
	Curve    bool          // run fixed intervals from 14 s to 2 min too: for the plot
	Workers  int           // how many run at once; 0: one for each processor
}

// DefaultPolicies are the names of all policies that there are; "fixed Ns" stands for any duration.
func DefaultPolicies() []string {
	return []string{"original 3s", "fixed 10s", "fixed 20s", "fixed 30s", "30s + track end", Same, "ours", "clairvoyant"}
}

// Same is the fixed interval that spends as many calls as (the first of) ours.
const Same = "fixed as often as ours"

// runs are all records of one policy: for each seed with the id honoured, and with it ignored.
type runs struct {
	name     string
	every    []time.Duration // of fixed intervals that were found or chosen, for each seed
	honoured []*record
	ignored  []*record
}

// Check says what Run would not take.
func (o Options) Check() error { return newLaboratory(o).plan() }

// Run lets all policies live through all stories. ctx ends it between two of them.
func Run(ctx context.Context, o Options) (*Report, error) {
	l := newLaboratory(o)
	for _, p := range o.Params {
		l.stories = append(l.stories, NewStory(p))
	}
	if err := l.plan(); err != nil {
		return nil, err
	}
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	return l.report(ctx)
}

type laboratory struct {
	o       Options
	stories []*Story
	all     []*runs
	curve   []*runs
	first   []job // ours and all that depends on nothing
	second  []job // what depends on them
}

type job func() error

func newLaboratory(o Options) *laboratory {
	if o.Policies == nil {
		o.Policies = DefaultPolicies()
	}
	if o.Ours == nil {
		o.Ours = []Ours{{}}
	}
	return &laboratory{o: o}
}

// plan makes a job of every policy, seed and sort of server.
func (l *laboratory) plan() error {
	if len(l.o.Params) == 0 {
		return errors.New("there is no seed to run")
	}
	var ours *runs
	for _, name := range l.o.Policies {
		made, err := l.makers(name)
		if err != nil {
			return err
		}
		for _, m := range made {
			r := l.newRuns(m.name)
			l.all = append(l.all, r)
			if name == "ours" && ours == nil {
				ours = r
			}
			if name == Same {
				continue
			}
			for i, s := range l.stories {
				l.first = append(l.first,
					func() (err error) {
						r.honoured[i], err = live(s, false, m.make())
						return err
					},
					func() (err error) {
						r.ignored[i], err = live(s, true, m.make())
						return err
					})
			}
		}
	}
	if l.o.Curve {
		l.planCurve()
	}
	for _, r := range l.all {
		if r.name != Same {
			continue
		}
		if ours == nil {
			return fmt.Errorf("the policy %q needs ours among the policies", Same)
		}
		r.every = make([]time.Duration, len(l.stories))
		for i, s := range l.stories {
			l.second = append(l.second, func() (err error) {
				r.every[i], r.honoured[i], r.ignored[i] = alike(s, len(ours.honoured[i].Sent))
				return nil
			})
		}
	}
	return nil
}

func (l *laboratory) newRuns(name string) *runs {
	n := len(l.stories)
	return &runs{name: name, honoured: make([]*record, n), ignored: make([]*record, n)}
}

// planCurve adds the fixed intervals of the plot, from the shortest that the day's limit lets through.
func (l *laboratory) planCurve() {
	for _, seconds := range []time.Duration{14, 17, 20, 24, 30, 40, 50, 60, 75, 90, 120} {
		every := seconds * time.Second
		r := l.newRuns("fixed " + every.String())
		r.every = slices.Repeat([]time.Duration{every}, len(l.stories))
		l.curve = append(l.curve, r)
		for i, s := range l.stories {
			l.first = append(l.first, func() (err error) {
				r.honoured[i], err = live(s, false, &fixed{every: every})
				return err
			})
		}
	}
}

type maker struct {
	name string
	make func() policy
}

// makers are what a name stands for.
func (l *laboratory) makers(name string) ([]maker, error) {
	const fixedly = "fixed "
	switch {
	case name == "ours":
		var out []maker
		for _, o := range l.o.Ours {
			out = append(out, maker{o.name(), func() policy { return &daemon{o: o} }})
		}
		return out, nil
	case name == "original 3s":
		return []maker{{name, func() policy { return &original{} }}}, nil
	case name == "30s + track end":
		return []maker{{name, func() policy { return &fixed{every: 30 * time.Second, ends: true} }}}, nil
	case name == "clairvoyant":
		return []maker{{name, func() policy { return &clairvoyant{per30s: 8, perDay: 6000} }}}, nil
	case name == Same:
		return []maker{{name: name}}, nil
	case len(name) > len(fixedly) && name[:len(fixedly)] == fixedly:
		if every, err := time.ParseDuration(name[len(fixedly):]); err == nil && every >= 100*time.Millisecond {
			return []maker{{name, func() policy { return &fixed{every: every} }}}, nil
		}
	}
	return nil, fmt.Errorf("there is no policy %q: one of %q, or \"fixed 15s\" with any duration", name, DefaultPolicies())
}

// live is one policy in one story.
func live(s *Story, ignoreID bool, p policy) (*record, error) {
	rec := newWorld(s, ignoreID).live(p)
	if d, ok := p.(*daemon); ok && d.err != nil {
		return nil, fmt.Errorf("%s: %w", d.o.name(), d.err)
	}
	return rec, nil
}

// alike finds the fixed interval that spends as many calls.
func alike(s *Story, calls int) (every time.Duration, honoured, ignored *record) {
	every = s.Params.Span() / time.Duration(max(calls, 1))
	for range 4 {
		honoured = newWorld(s, false).live(&fixed{every: every})
		every = max(time.Duration(float64(every)*float64(len(honoured.Sent))/float64(max(calls, 1))), 100*time.Millisecond)
	}
	honoured = newWorld(s, false).live(&fixed{every: every})
	return every, honoured, newWorld(s, true).live(&fixed{every: every})
}

// run does the jobs, some at once. What they find does not depend on which comes first.
func (l *laboratory) run(ctx context.Context) error {
	if err := atOnce(ctx, l.o.Workers, l.first); err != nil {
		return err
	}
	return atOnce(ctx, l.o.Workers, l.second)
}

func atOnce(ctx context.Context, workers int, jobs []job) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wait sync.WaitGroup
	free := make(chan struct{}, workers)
	errs := make([]error, len(jobs))
	for i, do := range jobs {
		free <- struct{}{}
		if ctx.Err() != nil {
			wait.Wait()
			return context.Cause(ctx)
		}
		wait.Go(func() {
			errs[i] = do()
			<-free
		})
	}
	wait.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}
