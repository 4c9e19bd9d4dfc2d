package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.starlark.net/starlark"
)

// Publish is an event from outside of the rules: its handlers run as a turn of its
// topic, and on_playback is evaluated again after it. What the turn did, or how it
// failed, is told by an OrderReport once it is kept.
type Publish struct {
	ID     string
	Topic  string
	Fields []Field
	By     string // "cli"
}

func (Publish) input() {}

// ErrNotLooked is why nothing can be published right after a start.
var ErrNotLooked = errors.New("the player was not looked at yet, and nothing is evaluated before that: try again in a moment")

// Did is what a turn came to that somebody has waited for.
type Did struct {
	Calls    []string // carried out; in a dry run, or on hold, only state is
	Would    []string // left out in a dry run, or on hold
	Held     int      // messages held back by their throttle
	Logs     []Line
	Degraded error // the newest rules failed; older ones have decided
}

// publish has the handlers of a topic run.
func (l *Loop) publish(now time.Time, in Publish) { l.publishAs(now, in, asked{}) }

// asked is what goes with a topic that is published: for a pressed button.
type asked struct {
	event string                         // the event's id; "": a new one
	begin func()                         // before the turn is committed; nil: nothing
	end   func(now time.Time, err error) // once, when it is kept, or is not; nil: nothing
}

func (l *Loop) publishAs(now time.Time, in Publish, with asked) {
	end := func(now time.Time, err error) {
		if with.end != nil {
			with.end(now, err)
		}
	}
	refused := func(err error) {
		l.tell(OrderReport{ID: in.ID, Err: err})
		end(now, err)
	}
	if err := l.publishable(in.Topic); err != nil {
		refused(err)
		return
	}
	topic, err := NewTopic(in.By, in.Fields)
	if err != nil {
		refused(err)
		return
	}
	ev := l.event(now, in.Topic, "", topic.asKept())
	if with.event != "" {
		ev.ID = with.event
	}
	var turn TurnReport
	j := always(ev)
	j.told = func(r TurnReport) { turn = r }
	j.after = func(now time.Time, ev Event, keep func()) {
		if turn.Decision.Err != nil {
			keepIt(keep)
			l.tell(OrderReport{ID: in.ID, Err: turn.Decision.Err})
			end(now, turn.Decision.Err)
			return
		}
		if with.begin != nil {
			with.begin()
		}
		l.waited = &waiter{order: in.ID, did: didOf(turn), end: end}
		keepIt(keep)
		if w := l.waited; w != nil {
			l.waited = nil
			err := errors.New("the journal does not take it: nothing of it happens")
			l.tell(OrderReport{ID: in.ID, Err: err})
			end(now, err)
		}
	}
	l.turn(now, j)
	l.again(now, CauseState)
}

// waiter is who waits for the turn that is kept next.
type waiter struct {
	order string
	did   Did
	end   func(now time.Time, err error)
}

// publishable says why a topic cannot be published now.
func (l *Loop) publishable(topic string) error {
	switch err := checkTopic(topic); {
	case err != nil:
		return err
	case l.rules == nil:
		return errors.New("no rules are in force yet")
	case !l.rules.Handles(topic):
		return l.rules.unhandled(topic)
	case !l.look.answered:
		return ErrNotLooked
	}
	return nil
}

// Topics are the topics that the rules handle.
func (r *Ruleset) Topics() []string {
	var out []string
	for kind := range r.handlers {
		if checkTopic(kind) == nil {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

func (r *Ruleset) unhandled(topic string) error {
	topics := r.Topics()
	text := fmt.Sprintf("no rule handles %s: there is no on_%s", quote(topic), topic)
	switch near := Nearest(topic, topics); {
	case len(topics) == 0:
		return fmt.Errorf("%s, and no other topic is handled either", text)
	case near != "":
		return fmt.Errorf("%s (did you mean %s? Handled: %s)", text, quote(near), strings.Join(topics, ", "))
	}
	return fmt.Errorf("%s (handled: %s)", text, strings.Join(topics, ", "))
}

func didOf(r TurnReport) Did {
	out := Did{Held: r.Throttled, Logs: r.Decision.Logs, Degraded: r.Failed}
	for _, w := range r.Decision.State {
		out.Calls = append(out.Calls, w.String())
	}
	if calls := calls(r.Decision.Once); r.DryRun {
		out.Would = calls
	} else {
		out.Calls = append(out.Calls, calls...)
	}
	return out
}

// ParseField reads a field as it is written on a command line: key=value. A value
// is true, false, None, an int or a float where it reads as one (as null, True and
// False do), and else a string; in double quotes it is a string whatever it says.
func ParseField(text string) (Field, error) {
	name, value, ok := strings.Cut(text, "=")
	switch {
	case !ok:
		return Field{}, fmt.Errorf("%s is no field: write key=value", quote(cut(text, 60)))
	case !isName(name):
		return Field{}, fmt.Errorf("%s cannot be the name of a field: letters, digits and _, and no digit first", quote(cut(name, 60)))
	}
	if strings.HasPrefix(value, `"`) {
		inner, err := strconv.Unquote(value)
		if err != nil {
			return Field{}, fmt.Errorf("%s: the quoted value is not closed, or has an escape that does not exist", name)
		}
		return Field{name, starlark.String(inner)}, nil
	}
	return Field{name, scalar(value)}, nil
}

func scalar(text string) starlark.Value {
	switch text {
	case "None", "null":
		return starlark.None
	case "True", "true":
		return starlark.True
	case "False", "false":
		return starlark.False
	}
	if strings.TrimSpace(text) == text && json.Valid([]byte(text)) && text[0] != '[' && text[0] != '{' {
		v, err := DecodeValue(json.RawMessage(text))
		if err == nil {
			if _, err = EncodeValue(v); err == nil { // a number out of range is an infinite one
				return v
			}
		}
	}
	return starlark.String(text)
}

// isName says whether a rule can read an attribute of this name.
func isName(s string) bool {
	for i, c := range s {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return s != ""
}
