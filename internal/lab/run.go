package lab

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Options of a run. Params is required: one for each seed.
type Options struct {
	Params   []Params
	Policies []string // by name, in the order of the table; nil: DefaultPolicies
	Ours     []Ours   // what "ours" stands for; nil: gatefold as shipped
	Disk     bool     // count what ours writes to disk in two days (Linux), after everything else
	Stubborn bool     // run the stubborn intruder too
	Workers  int      // how many run at once; 0: one for each processor
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
	every    time.Duration // of Same: the mean of the intervals that were found
	honoured []*record
	ignored  []*record
}

// Run lets all policies live through all stories. ctx ends it between two of them.
func Run(ctx context.Context, o Options) (*Report, error) {
	if len(o.Params) == 0 {
		return nil, fmt.Errorf("there is no seed to run")
	}
	if o.Policies == nil {
		o.Policies = DefaultPolicies()
	}
	if o.Ours == nil {
		o.Ours = []Ours{{}}
	}
	l := &laboratory{o: o}
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
	first   []job // ours and all that depends on nothing
	second  []job // what depends on them
}

type job func() error

// plan makes a job of every policy, seed and sort of server.
func (l *laboratory) plan() error {
	var ours *runs
	for _, name := range l.o.Policies {
		made, err := l.makers(name)
		if err != nil {
			return err
		}
		for _, m := range made {
			r := &runs{name: m.name, honoured: make([]*record, len(l.stories)), ignored: make([]*record, len(l.stories))}
			l.all = append(l.all, r)
			if name == "ours" && ours == nil {
				ours = r
			}
			if name == Same {
				continue
			}
			for i, s := range l.stories {
				l.first = append(l.first,
					func() (err error) { r.honoured[i], err = live(s, false, m.make()); return err },
					func() (err error) { r.ignored[i], err = live(s, true, m.make()); return err })
			}
		}
	}
	for _, r := range l.all {
		if r.name != Same {
			continue
		}
		if ours == nil {
			return fmt.Errorf("%q needs ours among the policies", Same)
		}
		every := make([]time.Duration, len(l.stories))
		for i, s := range l.stories {
			l.second = append(l.second, func() (err error) {
				every[i], r.honoured[i], r.ignored[i] = alike(s, ours.honoured[i].Calls)
				r.every = every[0]
				return nil
			})
		}
	}
	return nil
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
		every = max(time.Duration(float64(every)*float64(honoured.Calls)/float64(max(calls, 1))), 100*time.Millisecond)
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
