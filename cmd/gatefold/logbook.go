package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/lmittmann/tint"

	"gatefold/builtins"
	"gatefold/engine"
)

// newLog writes to people in a terminal and to machines elsewhere.
func newLog(w io.Writer, terminal, color bool, level slog.Leveler) *slog.Logger {
	if terminal {
		return slog.New(tint.NewTextHandler(w, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: !color, ReplaceAttr: printable,
		}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// printable keeps what strangers wrote from steering a terminal: tint writes
// messages as they are.
func printable(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.MessageKey {
		return slog.String(a.Key, harmless(a.Value.String()))
	}
	return a
}

// logbook turns reports into log lines: one per decision that brings news.
type logbook struct {
	log *slog.Logger

	mu     sync.Mutex
	failed map[turns]failing // what was said last of rules that fail; those that do not are not here
	unsent map[turns]string  // account and lane -> why messages wait, said last; those that do not are not here
}

// turns are those of one kind on one account; or its messages of one lane.
type turns struct{ account, kind string }

// failing is what was said of rules that fail, where they do, and when.
type failing struct {
	text, where string
	at          time.Time
}

// news says whether it is to be said after what was said before: what fails at the same place with a text of its own at
// every look is said once a minute.
func (f failing) news(before failing) bool {
	if f.text == before.text {
		return false
	}
	return f.where == "" || f.where != before.where || f.at.Sub(before.at) >= time.Minute
}

func newLogbook(log *slog.Logger) *logbook {
	return &logbook{log: log, failed: map[turns]failing{}, unsent: map[turns]string{}}
}

// says tells whether lines of a level are written: making one that is not would cost more than
// all else that a look without news has observers do.
func (l *logbook) says(level slog.Level) bool { return l.log.Enabled(context.Background(), level) }

// of is the log of an account.
func (l *logbook) of(account string) *slog.Logger { return l.log.With("account", account) }

// Observe implements engine.Observer.
func (l *logbook) Observe(account string, r engine.Report) {
	switch r := r.(type) {
	case engine.TurnReport:
		l.turn(account, r)
		return
	case engine.PaceReport, engine.StandsReport:
		if !l.says(slog.LevelDebug) {
			return
		}
	}
	log := l.of(account)
	switch r := r.(type) {
	case engine.SightReport:
		switch {
		case r.Failure != "":
			log.Debug("look failed", "error", r.Failure)
		case r.Blind.Kind == "":
			log.Info("sight regained")
		default:
			log.Warn("blind", "kind", r.Blind.Kind, "message", r.Blind.Message)
		}
	case engine.PauseReport:
		level := slog.LevelInfo
		if r.Outcome != "paused" && r.Outcome != "already" {
			level = slog.LevelWarn
		}
		log.Log(context.Background(), level, "pause", "device", r.Holder, "outcome", r.Outcome, "message", r.Message)
	case engine.VerifiedReport:
		l.verified(log, r)
	case engine.PaceReport:
		log.Debug("next look", "in", r.Interval, "why", r.Why)
	case engine.OutboxReport:
		l.message(account, log, r)
	case engine.FaultReport:
		if r.Fault == "" {
			log.Info("fault mended")
		} else {
			log.Error("fault", "what", r.Fault)
		}
	case engine.EnforceReport:
		log.Info("enforcement", "on", r.On, "configured", r.Configured)
	case engine.HoldReport:
		if r.Until.IsZero() {
			log.Info("the hold has ended")
		} else {
			log.Info("on hold: nothing is paused or posted", "until", r.Until, "by", r.By)
		}
	case engine.OverrideReport:
		if r.Every == 0 {
			log.Info("the pace is no longer overridden")
		} else {
			log.Info("the pace is overridden, by gatefold poll", "every", r.Every, "until", r.Until, "by", r.By)
		}
	case engine.ProvenReport:
		log.Debug("ruleset proven", "hash", short(r.Ruleset.Hash))
	}
}

func (l *logbook) turn(account string, r engine.TurnReport) {
	l.failure(account, r)
	for _, line := range r.Decision.Logs {
		l.of(account).Info(line.Text, "rule", line.Pos)
	}
	level := slog.LevelDebug
	if r.News {
		level = slog.LevelInfo
	}
	if !l.says(level) {
		return
	}
	d := r.Decision
	attrs := []any{"event", d.Event.Kind}
	if d.Event.Cause != "" {
		attrs = append(attrs, "cause", d.Event.Cause)
	}
	if p, ok := r.Held.(builtins.Playback); ok && p.Device != nil {
		attrs = append(attrs, "device", p.Device.Name, "playing", p.Playing)
	}
	attrs = append(attrs, "verdict", d.Verdict.String(), "effects", callsOf(d))
	msg := "turn"
	switch {
	case r.OnHold:
		msg = "turn, on hold"
		attrs = append(attrs, "on_hold", true)
	case r.DryRun:
		msg = "turn, which would be made true"
		attrs = append(attrs, "dry_run", true)
	}
	attrs = append(attrs, "took", r.Took)
	l.of(account).Log(context.Background(), level, msg, attrs...)
}

// verified says what looks showed of a pause.
func (l *logbook) verified(log *slog.Logger, r engine.VerifiedReport) {
	switch r.Outcome {
	case engine.VerifiedSilent:
		log.Debug("the pause worked", "device", r.Holder)
	case engine.VerifiedResumed:
		log.Info("played again after a pause", "device", r.Holder, "after", r.After)
	case engine.VerifiedFailed:
		log.Warn("a pause was answered with success, and the device plays on", "device", r.Holder)
	case engine.VerifiedUnseen:
		log.Info("whether a pause worked was not seen", "device", r.Holder)
	}
}

// failure is said once until it changes: a look comes every few seconds.
func (l *logbook) failure(account string, r engine.TurnReport) {
	is := failing{at: r.Decision.Event.Time}
	if r.Failed != nil {
		is.text = r.Failed.Error()
		var rule *engine.RuleError
		if errors.As(r.Failed, &rule) && rule.Line > 0 {
			is.where = rule.Pos()
		}
	}
	l.mu.Lock()
	key := turns{account, r.Decision.Event.Kind}
	news := is.news(l.failed[key])
	switch {
	case !news:
	case is.text == "":
		delete(l.failed, key)
	default:
		l.failed[key] = is
	}
	l.mu.Unlock()
	if !news {
		return
	}
	log := l.of(account)
	switch {
	case is.text == "":
		log.Info("the rules decide again")
	case r.Decision.Degraded != "":
		log.Error("a rule failed; the rules before it decide", "error", is.text, "ruleset", short(r.Decision.Ruleset))
	default:
		log.Error("a rule failed: the verdict is unknown, pause and pace stand as they stood", "error", is.text)
	}
}

// message says that a message was sent, or why not. Why it waits is said once until that changes: it is tried again every
// minute, perhaps for hours.
func (l *logbook) message(account string, log *slog.Logger, r engine.OutboxReport) {
	key := turns{account, r.Message.Lane}
	waits := r.Outcome.Result == "" && r.Outcome.Error != ""
	l.mu.Lock()
	said := l.unsent[key] == r.Outcome.Error
	switch {
	case waits:
		l.unsent[key] = r.Outcome.Error
	case r.Outcome.Result == "sent":
		delete(l.unsent, key)
	}
	l.mu.Unlock()
	switch {
	case r.Outcome.Result == "sent", r.Outcome.Result == "merged":
		log.Info(r.Outcome.Result, "message", r.Message.Call)
	case waits && said:
		log.Debug("not sent yet", "message", r.Message.Call, "error", r.Outcome.Error)
	case waits:
		log.Warn("not sent yet", "message", r.Message.Call, "error", r.Outcome.Error)
	case r.Outcome.Result != "":
		log.Warn("not sent", "message", r.Message.Call, "outcome", r.Outcome.Result, "error", r.Outcome.Error)
	}
}

func callsOf(d engine.Decision) []string {
	var out []string
	for _, e := range d.Standing {
		out = append(out, e.String())
	}
	for _, e := range d.Once {
		out = append(out, e.String())
	}
	return out
}

// observers hear every report, in order.
type observers []engine.Observer

// Observe implements engine.Observer.
func (all observers) Observe(account string, r engine.Report) {
	for _, o := range all {
		if o != nil {
			o.Observe(account, r)
		}
	}
}
