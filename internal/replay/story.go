package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatefold/engine"
)

// Recording says what of history to write down as a timeline.
type Recording struct {
	Accounts []string
	Since    time.Time
	Until    time.Time
	Enforce  bool
	ZoneName string // of the IANA database, as a timeline can name it
	Budget   Budget // how many calls could be made; zero: as a timeline has it

	Mask *Mask // hides names; nil: they are as they were
}

// Budget is how many calls there may be in any such time.
type Budget struct{ Per30s, PerDay int }

// header is it as a line of a timeline; "": it is the usual one.
func (b Budget) header() string {
	if b == (Budget{}) || b == usualBudget {
		return ""
	}
	return fmt.Sprintf("budget %d/30s %d/24h\n", min(b.Per30s, mostCalls), min(b.PerDay, mostCalls))
}

// usualBudget is that of a timeline without a header of it, and of a configuration.
var usualBudget = Budget{8, 6000}

const mostCalls = 1_000_000 // that a timeline can say

// Story is history as a timeline says it, without what is expected of it.
type Story struct {
	Text    []byte
	Ruleset string // hash of the rules that decided the last turn of it; "": none did
	Notes   []string
	Damage  []error
}

// ErrQuiet says that nothing happened in the time that is to be written down.
var ErrQuiet = errors.New("nothing happened in that time")

// Write tells history as a story: what players showed, what people said, when nothing could be seen, and what rules read
// of the time before.
func Write(ctx context.Context, from Journal, r Recording, o Options) (Story, error) {
	begins, err := r.begins(ctx, from, o)
	if err != nil {
		return Story{}, err
	}
	w := &writer{Recording: r, start: begins.Truncate(time.Second), last: begins}
	if w.Mask == nil {
		w.Mask = &Mask{}
	}
	var out Story
	for _, account := range r.Accounts {
		a := &telling{writer: w, account: account, read: map[string]bool{}}
		h := &history{Options: o, from: from, account: account}
		if err := h.turns(ctx, a.moment); err != nil {
			return out, err
		}
		a.begin()
		out.Damage = append(out.Damage, h.errs...)
	}
	out.Ruleset, out.Notes = w.ruleset, w.notes
	out.Text = []byte(w.text(o.Zone))
	return out, nil
}

// begins is when the first thing of the story happens.
func (r Recording) begins(ctx context.Context, from Journal, o Options) (first time.Time, err error) {
	enough := errors.New("enough")
	for _, account := range r.Accounts {
		h := &history{Options: o, from: from, account: account}
		err := h.each(ctx, func(m moment) error {
			at := m.event.Time
			if at.Before(r.Since) || at.After(r.Until) || m.decision == nil && m.event.Kind != engine.KindApproval {
				return nil
			}
			if first.IsZero() || at.Before(first) {
				first = at
			}
			return enough
		})
		if err != nil && !errors.Is(err, enough) {
			return first, err
		}
	}
	if first.IsZero() {
		return first, ErrQuiet
	}
	return first, nil
}

// writer collects the lines of all accounts.
type writer struct {
	Recording
	start   time.Time
	header  []func() string // once all names are known
	lines   []line
	last    time.Time // when something happened last
	ruleset string
	decided time.Time
	notes   []string
}

type line struct {
	at   time.Time
	text string
}

// grain is how exactly times are told.
const grain = 100 * time.Millisecond

const longestAgo = 1000 * time.Hour // that a timeline can say

func (w *writer) text(zone *time.Location) string {
	var b strings.Builder
	until := w.last.Add(time.Minute)
	if until.After(w.Until) {
		until = w.Until
	}
	fmt.Fprintf(&b, "# Recorded from %s to %s.\n", w.start.In(zone).Format(time.DateTime), until.In(zone).Format(time.DateTime))
	fmt.Fprintf(&b, "start %s\ntimezone %s\naccounts %s\n", w.start.In(zone).Format("2006-01-02T15:04:05"), w.ZoneName, strings.Join(w.Accounts, " "))
	b.WriteString(w.Budget.header())
	if !w.Enforce {
		b.WriteString("enforce false\n")
	}
	for _, text := range w.header {
		b.WriteString(text() + "\n")
	}
	slices.SortStableFunc(w.lines, func(a, b line) int { return cmp.Compare(w.since(a.at), w.since(b.at)) })
	b.WriteByte('\n')
	for _, l := range w.lines {
		if strings.HasPrefix(l.text, "#") {
			b.WriteString(l.text + "\n")
			continue
		}
		fmt.Fprintf(&b, "at %s  %s\n", engine.FormatDuration(w.since(l.at)), l.text)
	}
	fmt.Fprintf(&b, "at %s\n", engine.FormatDuration(max(w.since(until), w.latest())))
	return b.String()
}

func (w *writer) since(at time.Time) time.Duration { return max(0, at.Sub(w.start).Round(grain)) }

func (w *writer) latest() time.Duration {
	if len(w.lines) == 0 {
		return 0
	}
	return w.since(w.lines[len(w.lines)-1].at)
}

// telling is the part of one account.
type telling struct {
	*writer
	account string
	began   bool
	shown   engine.Held
	blind   *engine.Blind
	read    map[string]bool // keys of the state, and holders, that were told or written
}

func (a *telling) moment(m moment, t *Turn) error {
	at := m.event.Time
	if at.After(a.Until) {
		return nil
	}
	if !at.Before(a.start) {
		a.begin()
		if at.After(a.last) {
			a.last = at
		}
		a.tell(m, t)
	}
	if t != nil {
		a.look(t.Event)
	}
	return nil
}

// begin says what is so when the story begins.
func (a *telling) begin() {
	if a.began {
		return
	}
	a.began = true
	text := "playback none"
	if a.shown != nil {
		text = a.playback(a.shown)
	}
	a.say(a.start, text)
	if a.blind != nil {
		a.say(a.start, a.fails(*a.blind, a.start))
	}
}

// look takes up what is seen, or not.
func (a *telling) look(ev engine.Event) {
	switch data := ev.Data.(type) {
	case engine.Held:
		if ev.Cause == engine.CauseLook {
			a.shown, a.blind = data, nil
		}
	case engine.Blind:
		a.blind = &data
	}
}

func (a *telling) tell(m moment, t *Turn) {
	if t == nil {
		a.ordered(m.event)
		return
	}
	if !t.Event.Time.Before(a.decided) {
		a.decided, a.ruleset = t.Event.Time, t.Was.Ruleset
	}
	a.told(m.decision.Past, *t)
	at := t.Event.Time
	switch data := t.Event.Data.(type) {
	case engine.Held:
		switch {
		case t.Event.Cause == engine.CauseReload:
			a.say(at, "# other rules came into force here")
		case t.Event.Cause != engine.CauseLook:
		case a.blind != nil:
			a.say(at, "spotify recovers")
			a.say(at, a.playback(data))
		case a.shown == nil || !a.shown.Same(data):
			a.say(at, a.playback(data))
		}
	case engine.Blind:
		if t.Event.Cause == "" {
			if a.blind != nil {
				a.say(at, "spotify recovers")
			}
			a.say(data.Since, a.fails(data, at))
		}
	case engine.Topic:
		a.say(at, a.publish(t.Event, m.event.Data))
	}
}

// told says what the rules read of the time before, once for each thing and before anything of it is written.
func (a *telling) told(past *engine.Past, t Turn) {
	if past != nil {
		for _, w := range past.State {
			if a.first(w.Key) && w.Readable() {
				a.state(w, t.Event.Time)
			}
		}
		for _, key := range past.None {
			a.first(key)
		}
		for holder, k := range past.Ledger {
			if a.first("holder " + holder) {
				a.known(holder, k)
			}
		}
		for _, holder := range past.Strange {
			a.first("holder " + holder)
		}
	}
	for _, w := range t.Was.State {
		a.first(w.Key)
	}
}

// first says whether this is the first that is heard of it.
func (a *telling) first(key string) bool {
	was := a.read[key]
	a.read[key] = true
	return !was
}

// state is an entry that was there before. An approval is said by a person instead: so its end is the same.
func (a *telling) state(w engine.Write, at time.Time) {
	left := w.Expires.Sub(a.start).Round(time.Second)
	if holder, ok := w.Approved(); ok {
		var said engine.Approval
		if json.Unmarshal(w.Value, &said) != nil || said.At.After(a.start) {
			return // it was given meanwhile, and that is told
		}
		text := "block"
		if said.Allowed {
			text = "allow"
		}
		text += " key=" + a.Mask.key(holder)
		if !w.Expires.IsZero() {
			text += " for=" + engine.FormatDuration(left)
		}
		a.say(a.start, text)
		return
	}
	if !w.Expires.IsZero() && left <= 0 {
		return
	}
	a.header = append(a.header, func() string {
		text := "state key=" + a.Mask.words(w.Key) + " value=" + a.Mask.words(string(w.Value))
		if !w.Expires.IsZero() {
			text += " ttl=" + engine.FormatDuration(left)
		}
		return text + a.of()
	})
}

func (a *telling) known(holder string, k engine.Known) {
	for _, s := range k.Targets {
		if s.First.Before(a.start) {
			ago := min(a.start.Sub(s.First).Round(time.Second), longestAgo)
			a.header = append(a.header, func() string {
				return fmt.Sprintf("known key=%s id=%s for=%s%s", a.Mask.key(holder), a.Mask.id(s.Target), engine.FormatDuration(ago), a.of())
			})
		}
	}
}

// of names the account where there are several.
func (a *telling) of() string {
	if len(a.Accounts) < 2 {
		return ""
	}
	return " account=" + a.account
}

func (a *telling) say(at time.Time, text string) {
	if at.Before(a.start) {
		at = a.start
	}
	if !strings.HasPrefix(text, "#") && text != "spotify recovers" {
		text += a.of()
	}
	a.lines = append(a.lines, line{at, text})
}
