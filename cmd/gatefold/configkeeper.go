package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/reload"
)

// configKeeper keeps the configuration in force equal to the file, as far as that
// goes without a restart. An edit is taken wholly or not at all: it is read,
// checked as a start would, and only then in force; keys that count from the next
// start only are said, with their place.
type configKeeper struct {
	d       *daemon
	watcher *reload.Watcher

	mu      sync.Mutex
	inForce *config.Config
	taken   time.Time       // when the file was last read without a fault
	restart []config.Change // what the file says and is not in force
	applied []string        // by the edit that was taken last
	began   bool            // the watcher has looked: what it finds now is an edit
}

func (d *daemon) openConfig(context.Context) (err error) {
	k := &configKeeper{d: d, inForce: d.cfg}
	k.watcher, err = reload.New(reload.Options{
		File: d.cfg.File, Limits: reload.Limits{File: config.MaxFile}, Clock: newClock(1), Build: k.build, Report: k.report,
	})
	d.config = k
	k.take(d.w.Clock.Now())
	return err
}

// now is the configuration in force: nobody changes it.
func (k *configKeeper) now() *config.Config {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inForce
}

func (k *configKeeper) watch(ctx context.Context) error { return k.watcher.Run(ctx) }

// build reads one content of the file.
func (k *configKeeper) build(s engine.Snapshot) (install func(), err error) {
	if len(s) != 1 {
		return nil, fmt.Errorf("%s: read as %s", k.d.cfg.File, count(len(s), "file"))
	}
	if enc := (*reload.EncodingError)(nil); errors.As(s[0].Err, &enc) {
		return nil, fmt.Errorf("%s:%d:%d: byte 0x%02x is not UTF-8 (save the file as UTF-8)", k.d.cfg.File, enc.Line, enc.Column, enc.Byte)
	}
	if s[0].Err != nil {
		return nil, fmt.Errorf("%s: %w", k.d.cfg.File, s[0].Err)
	}
	next, err := k.now().Reread(s[0].Data)
	if err == nil {
		err = next.Validate()
	}
	if err != nil {
		return nil, err
	}
	return func() { k.install(next) }, nil
}

// install puts in force what can be, and says what cannot.
func (k *configKeeper) install(next *config.Config) {
	was := k.now()
	now := was.WithLive(next)
	changes := config.Changes(was, next)
	if now.Log.Level < was.Log.Level {
		k.d.applyLevel(now.Log.Level) // before the log says so
	}
	k.d.reconfigure(was, now, changes)
	k.take(k.d.w.Clock.Now())
	k.say(k.note(now, changes))
	if now.Log.Level > was.Log.Level {
		k.d.applyLevel(now.Log.Level)
	}
}

func (k *configKeeper) take(now time.Time) {
	k.d.metrics.ConfigTaken(now)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taken = now
}

// news is what an edit came to, each change as text.
type news struct {
	edit      bool     // false: the first look at the file that was loaded
	applied   []string // in force now
	outranked []string // by a variable
	restart   []string // to apply
	back      []string // keys that are again what is in force
}

// note remembers what is in force, and finds what is new about it.
func (k *configKeeper) note(now *config.Config, changes []config.Change) news {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := news{edit: k.began}
	var restart []config.Change
	for _, c := range changes {
		switch {
		case c.Variable != "":
			n.outranked = append(n.outranked, c.String())
		case c.Live:
			n.applied = append(n.applied, c.String())
		default:
			restart = append(restart, c)
			if !slices.ContainsFunc(k.restart, func(o config.Change) bool { return o.Key == c.Key && o.New == c.New }) {
				n.restart = append(n.restart, c.String())
			}
		}
	}
	for _, o := range k.restart {
		if !slices.ContainsFunc(restart, func(c config.Change) bool { return c.Key == o.Key }) {
			n.back = append(n.back, o.Key)
		}
	}
	k.inForce, k.restart, k.applied, k.began = now, restart, n.applied, true
	return n
}

func (k *configKeeper) say(n news) {
	told := func(text string, all []string) {
		if len(all) > 0 {
			k.tell(text + strings.Join(all, "\n"))
		}
	}
	if len(n.applied) > 0 || n.edit && len(n.restart)+len(n.back)+len(n.outranked) == 0 {
		k.d.log.Info("configuration reloaded", "changes", strings.Join(n.applied, "; "))
	}
	if len(n.back) > 0 {
		k.d.log.Info("the configuration says again what is in force", "keys", strings.Join(n.back, ", "))
	}
	if len(n.outranked) > 0 {
		k.d.log.Warn("part of the configuration does not count", "changes", strings.Join(n.outranked, "; "))
	}
	if len(n.restart) > 0 {
		k.d.log.Warn("part of the configuration counts from the next start only: restart to apply", "changes", strings.Join(n.restart, "; "))
	}
	told("in force: ", n.applied)
	told("", n.outranked)
	told("restart to apply ", n.restart)
}

func (k *configKeeper) tell(text string) {
	if k.d.w.Reconfigured != nil {
		k.d.w.Reconfigured(text)
	}
}

// report tells metrics and log what came of a look at the file. What was taken is
// told by install.
func (k *configKeeper) report(r reload.Result) {
	switch r.Outcome {
	case reload.Restored:
		k.take(k.d.w.Clock.Now())
		k.d.log.Info("the file holds the configuration again that was taken last")
		k.tell("as before the failed edit")
	case reload.Failed:
		k.d.metrics.ConfigRefused()
		k.d.log.Error("the configuration was not reloaded: what was in force stays", "error", r.Err)
		k.tell("NOT reloaded, what was in force stays:\n" + r.Err.Error())
	}
}

// reload reads the file now, for gatefold reload and SIGHUP.
func (k *configKeeper) reload(ctx context.Context) (control.Reconfigured, error) {
	r, err := k.watcher.Reload(ctx)
	if err != nil {
		return control.Reconfigured{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	out := control.Reconfigured{Outcome: string(r.Outcome), Restart: texts(k.restart)}
	if r.Outcome == reload.Installed {
		out.Applied = k.applied
	}
	if r.Err != nil {
		out.Error = r.Err.Error()
	}
	return out, nil
}

func (k *configKeeper) status() control.Config {
	w := k.watcher.Status()
	k.mu.Lock()
	defer k.mu.Unlock()
	out := control.Config{File: k.d.cfg.File, Taken: k.taken, Watching: w.Watching, Restart: texts(k.restart)}
	if w.Err != nil {
		out.Error = w.Err.Error()
	}
	return out
}

func texts(changes []config.Change) []string {
	var out []string
	for _, c := range changes {
		out = append(out, c.String())
	}
	return out
}
