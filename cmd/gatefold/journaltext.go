package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/journal"
)

// entryText is an entry of the journal in a line, for people; what cannot be read
// is shown as it is.
func entryText(cfg *config.Config, e journal.Entry) string {
	text, err := "", error(nil)
	switch e.Kind {
	case "event":
		text, err = eventText(e.Data)
	case "decision":
		text, err = decisionText(e.Data)
	case "run":
		text, err = runText(cfg, e.Data)
	case "outcome":
		text, err = outcomeText(e.Data)
	default:
		text = string(e.Data)
	}
	if err != nil {
		text = string(e.Data)
	}
	return strings.ReplaceAll(harmless(text), "\n", " ")
}

func eventText(raw json.RawMessage) (string, error) {
	var ev engine.EventRecord
	if err := json.Unmarshal(raw, &ev); err != nil {
		return "", err
	}
	var p engine.Payload
	var err error
	switch ev.Kind {
	case engine.KindPlayback:
		p, err = builtins.DecodePlayback(ev.Data)
	case engine.KindBlind:
		var b engine.Payload
		if b, err = engine.DecodeBlind(ev.Data); err == nil {
			blind := b.(engine.Blind)
			return fmt.Sprintf("blind (%s): %s", blind.Kind, blind.Message), nil
		}
	default:
		return orderText(ev), nil
	}
	if err != nil {
		return "", err
	}
	text := p.String()
	if ev.Cause != engine.CauseLook {
		text += " (again: " + ev.Cause + ")"
	}
	for _, a := range ev.Answers {
		text += "; asked " + a.Call
		if a.Err != "" {
			text += ": " + a.Err
		}
	}
	return text, nil
}

// orderText is an event that is neither a look nor blindness: what somebody or
// something outside of the rules did, a timer, a topic.
func orderText(ev engine.EventRecord) string {
	var o engine.Order
	if json.Unmarshal(ev.Data, &o) == nil && o.What != "" {
		return fmt.Sprintf("%s: %s (by %s)", ev.Kind, o.What, o.By)
	}
	return ev.Kind + " " + string(ev.Data)
}

func decisionText(raw json.RawMessage) (string, error) {
	var d engine.DecisionRecord
	if err := json.Unmarshal(raw, &d); err != nil {
		return "", err
	}
	if d.Err != "" {
		return "failed: " + d.Err, nil
	}
	parts := append(append([]string{d.Verdict.String()}, d.Standing...), d.Once...)
	for _, w := range d.State {
		parts = append(parts, w.String())
	}
	return strings.Join(parts, " "), nil
}

func runText(cfg *config.Config, raw json.RawMessage) (string, error) {
	var r engine.RunRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return "", err
	}
	p, err := builtins.DecodePlayback(r.Data)
	if err != nil {
		return "", err
	}
	at := func(t time.Time) string { return t.In(cfg.Timezone).Format(time.TimeOnly) }
	return fmt.Sprintf("%s: seen from %s to %s, %s", p, at(r.First), at(r.Last), count(r.Count, "look")), nil
}

func outcomeText(raw json.RawMessage) (string, error) {
	var o struct {
		ID string `json:"id"`
		engine.Outcome
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return "", err
	}
	text := o.Result
	if o.Error != "" {
		text += ": " + o.Error
	}
	return text, nil
}
