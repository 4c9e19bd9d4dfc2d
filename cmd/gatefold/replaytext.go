package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/replay"
)

// replayed prints what a replay came to.
type replayed struct {
	stdio
	o       replayOptions
	cfg     *config.Config
	modules []engine.Module
	several bool // accounts: each line says whose it is
	kept    *keptRules
	files   map[string]engine.Snapshot   // by hash
	why     map[string]*engine.Explainer // by hash; nil: they cannot be explained
}

// turn prints a turn: all of them, or of other rules with --explain those that differ.
func (r *replayed) turn(ctx context.Context, d replay.Decided) error {
	if r.o.rules != "" && !(r.o.explain && d.Differs && !d.Exact) {
		return nil
	}
	why := r.explained(ctx, d)
	if r.o.asJSON {
		return printJSON(r.out, replayedTurn(d, why), "")
	}
	account := ""
	if r.several {
		account = d.Turn.Event.Account + "  "
	}
	was, is := why, why // they are of one of the two
	if r.o.rules == "" {
		is = nil
	} else {
		was = nil
	}
	fmt.Fprintf(r.out, "%s  %s%s: %s\n", r.at(d.Turn.Event.Time, time.DateTime), account,
		oneLine(turnText(d.Turn.Event)), oneLine(decidedText(d.Turn.Was, was)))
	if d.Differs && !d.Exact {
		fmt.Fprintf(r.out, "    now: %s\n", oneLine(decidedText(d.Is, is)))
	}
	for _, c := range why {
		fmt.Fprintf(r.out, "    %s\n", oneLine(triedText(c)))
	}
	return nil
}

func (r *replayed) at(t time.Time, layout string) string { return t.In(r.cfg.Timezone).Format(layout) }

// explained says why a turn was decided as it was: of other rules, why they would. Explaining is done in this process: what
// ends the one that rules decide in is not explained.
func (r *replayed) explained(ctx context.Context, d replay.Decided) []engine.Tried {
	if !r.o.explain {
		return nil
	}
	hash := d.Is.Ruleset
	if r.o.rules == "" {
		hash = d.Turn.Was.Ruleset
	}
	if hash == d.Is.Ruleset && d.Killed || hash == d.Turn.Was.Ruleset && d.Turn.Was.Err != "" && d.Turn.Lacks != "" {
		return nil
	}
	x, ok := r.why[hash]
	if !ok {
		files := r.files[hash]
		if files == nil {
			files = r.kept.files[hash]
		}
		if files != nil {
			x, _ = engine.Explaining(files, engine.Limits{}, r.modules...) // they load: they were loaded before
		}
		r.why[hash] = x
	}
	if x == nil {
		return nil
	}
	facts, state := d.Facts, d.State
	if hash != d.Is.Ruleset {
		facts, state = d.Turn.Facts, d.Turn.State
	}
	_, tried := x.Explain(ctx, d.Turn.Event, facts, state)
	return tried
}

func turnText(ev engine.Event) string {
	switch data := ev.Data.(type) {
	case engine.Held:
		text := data.String()
		if ev.Cause != engine.CauseLook {
			text += " (again: " + ev.Cause + ")"
		}
		return text
	case engine.Blind:
		return "blind (" + data.Kind + ")"
	case engine.Tick:
		return "timer " + data.Timer
	case engine.Topic:
		return "topic " + ev.Kind + " by " + data.By
	}
	return ev.Kind
}

// decidedText is a decision in a line: "deny(...) by on_playback, home.star:14; pause()".
func decidedText(d engine.DecisionRecord, why []engine.Tried) string {
	if d.Err != "" {
		return "failed: " + d.Err
	}
	var parts []string
	verdict := d.Verdict.String()
	if d.Verdict.Given {
		by := ""
		if len(why) > 0 {
			by = why[len(why)-1].Handler + ", "
		}
		verdict += " by " + by + withoutColumn(d.Verdict.Pos)
	}
	if d.Verdict.Given || d.Verdict.Kind != engine.Unknown {
		parts = append(parts, verdict)
	}
	parts = append(append(parts, d.Standing...), d.Once...)
	for _, w := range d.State {
		parts = append(parts, w.String())
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}

func withoutColumn(pos string) string {
	if i := strings.LastIndexByte(pos, ':'); i >= 0 && strings.Count(pos, ":") > 1 {
		return pos[:i]
	}
	return pos
}

// triedText is a condition in a line: what it came to, and what it read.
func triedText(c engine.Tried) string {
	came := "False"
	if c.True {
		came = "True"
	}
	text := fmt.Sprintf("%s  %s  -> %s", c.Pos, c.Source, came)
	for i, r := range c.Read {
		sep := ", "
		if i == 0 {
			sep = "   "
		}
		text += sep + r.Name + " = " + r.Value
	}
	return text
}

type turnJSON struct {
	Kind    string                `json:"kind"` // "turn"
	Account string                `json:"account"`
	Seq     uint64                `json:"seq"`
	Time    time.Time             `json:"time"`
	Event   string                `json:"event"`
	Data    json.RawMessage       `json:"data"`
	Was     engine.DecisionRecord `json:"was"`
	Is      engine.DecisionRecord `json:"is"`
	Exact   bool                  `json:"exact"`
	Lacks   string                `json:"lacks,omitempty"`
	Why     []engine.Tried        `json:"why,omitempty"`
}

func replayedTurn(d replay.Decided, why []engine.Tried) turnJSON {
	t := d.Turn
	data, err := t.Event.Data.MarshalJSON()
	if err != nil {
		data = nil
	}
	return turnJSON{
		Kind: "turn", Account: t.Event.Account, Seq: t.Seq, Time: t.Event.Time, Event: t.Event.Kind, Data: data,
		Was: t.Was, Is: d.Is, Exact: d.Exact, Lacks: t.Lacks, Why: why,
	}
}
