package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// turnLocal is the thread-local under which a handler's thread carries its turn
// (*Turn), or a file that is being loaded its *loading.
const turnLocal = "gatefold.turn"

// loading is what a thread carries while a file is loaded.
type loading struct {
	file string
	set  *Ruleset
}

// Turn records what the handlers of one event call. It belongs to one
// evaluation and one goroutine.
type Turn struct {
	event    Event // the one that began the turn
	facts    Facts
	state    State
	limits   Limits
	decision Decision
	n        int // effects recorded, for their ids

	standing []stood
	given    []VerdictKind // per handler that ran: the verdict it gave, Unknown for none
	verdicts []Verdict
	writes   []Write
	live     map[string]bool // keys that have a value after the writes; nil before the first one
	reads    Reads

	depth     int // of the event being handled
	done      bool
	queue     []published
	published int

	wall   *wall
	whole  *whole
	fired  bool // the wall clock ran out, or nearly
	places map[syntax.Position]string

	room struct { // for what a usual turn records, so that it grows nothing
		standing [3]stood
		given    [2]VerdictKind
		verdicts [2]Verdict
		slots    [4]string
		arg      [1]starlark.Value
	}
}

// wall is the backstop of a turn's handlers.
type wall struct {
	timer  *time.Timer
	thread atomic.Pointer[starlark.Thread] // the one that runs; nil between handlers
}

// whole is the backstop of all of them together.
type whole struct {
	timer  *time.Timer
	over   atomic.Bool
	thread atomic.Pointer[starlark.Thread]
}

// pos is a place in the rules as text. There are as many as calls in the rules,
// and each turn comes by the same ones.
func (t *Turn) pos(p syntax.Position) string {
	text, ok := t.places[p]
	if !ok {
		if t.places == nil {
			t.places = map[syntax.Position]string{}
		}
		text = posOf(p)
		t.places[p] = text
	}
	return text
}

// stood is a standing effect and the handler that asked for it.
type stood struct {
	effect  Effect
	handler int
}

// published is a topic that waits to be handled in this turn.
type published struct {
	event Event
	depth int
}

// Recording gives the turn that a builtin's call belongs to. While a file is
// loaded there is none, which is the error.
func Recording(thread *starlark.Thread, b *starlark.Builtin) (*Turn, error) {
	if t, ok := thread.Local(turnLocal).(*Turn); ok {
		return t, nil
	}
	if thread.Local(testLocal) != nil {
		return nil, fmt.Errorf("%s: works only in a handler: a test writes record(fn, fake.now())", b.Name())
	}
	return nil, fmt.Errorf("%s: works only in a handler, not while the file is loaded", b.Name())
}

// Event is the event that began the turn.
func (t *Turn) Event() Event { return t.event }

// Facts is what the turn is told about the past.
func (t *Turn) Facts() Facts { return t.facts }

// Holder names who holds the player as far as this turn knows; "" is nobody or
// unknown.
func (t *Turn) Holder() string {
	if h, ok := t.event.Data.(Held); ok {
		return h.Holder()
	}
	if held, _ := t.facts.Before(); held != nil {
		return held.Holder()
	}
	return ""
}

// states says whether calls that stand are allowed in this turn.
func (t *Turn) states() bool { return t.event.Kind == KindPlayback || t.event.Kind == KindBlind }

var errStands = errors.New("what stands can only be said in a turn that begins with on_playback or on_blind (write state here, and on_playback is evaluated again)")

// Stand records a call whose effect stands until the next on_playback or
// on_blind turn.
func (t *Turn) Stand(thread *starlark.Thread, b *starlark.Builtin, e Effect) error {
	if !t.states() {
		return fmt.Errorf("%s: %w", b.Name(), errStands)
	}
	e, err := t.record(thread, b, e)
	if err == nil {
		t.standing = append(t.standing, stood{e, len(t.given) - 1})
	}
	return err
}

// Once records a call that is carried out once, after the turn was committed.
func (t *Turn) Once(thread *starlark.Thread, b *starlark.Builtin, e Effect) error {
	e, err := t.record(thread, b, e)
	if err == nil {
		e.ID = t.event.ID + "/" + strconv.Itoa(t.n)
		t.decision.Once = append(t.decision.Once, e)
	}
	return err
}

func (t *Turn) record(thread *starlark.Thread, b *starlark.Builtin, e Effect) (Effect, error) {
	if t.n >= t.limits.Effects {
		return e, fmt.Errorf("%s: more than %d effects in one turn", b.Name(), t.limits.Effects)
	}
	t.n++
	e.Account = t.event.Account
	e.Call = b.Name()
	e.Time = t.event.Time
	e.Pos = t.pos(thread.CallFrame(1).Pos)
	return e, nil
}

// Judge records a verdict.
func (t *Turn) Judge(thread *starlark.Thread, b *starlark.Builtin, kind VerdictKind, reason string) error {
	switch t.event.Kind {
	case KindPlayback:
	case KindBlind:
		return fmt.Errorf("%s: what is not seen is not judged: on_blind gives no verdict", b.Name())
	default:
		return fmt.Errorf("%s: %w", b.Name(), errStands)
	}
	t.verdicts = append(t.verdicts, Verdict{Kind: kind, Reason: reason, Pos: t.pos(thread.CallFrame(1).Pos), Given: true})
	if h := len(t.given) - 1; h >= 0 && t.given[h] != Deny {
		t.given[h] = kind
	}
	return nil
}

// Done keeps the later handlers of the present event from running.
func (t *Turn) Done() { t.done = true }

// Publish queues a topic: its handlers run in this turn, after the present ones.
func (t *Turn) Publish(topic string, fields []Field) error {
	if err := checkTopic(topic); err != nil {
		return err
	}
	if t.depth >= publishDepth {
		return fmt.Errorf("topics published more than %d deep: do two rules publish each other's topic?", publishDepth)
	}
	if t.published >= publishTurn {
		return fmt.Errorf("more than %d topics published in one turn", publishTurn)
	}
	t.published++
	data, err := NewTopic("rule", fields)
	if err != nil {
		return err
	}
	ev := Event{
		ID:      t.event.ID + ":" + strconv.Itoa(t.published),
		Account: t.event.Account, Kind: topic, Time: t.event.Time, Data: data,
	}
	t.queue = append(t.queue, published{ev, t.depth + 1})
	return nil
}

// State reads one key: what stood before the turn plus the turn's own writes.
func (t *Turn) State(key string) (starlark.Value, bool, error) {
	key = stateKey(key)
	for i := len(t.writes) - 1; i >= 0; i-- {
		if w := t.writes[i]; w.Key == key {
			if w.Value == nil {
				return nil, false, nil
			}
			v, err := DecodeValue(w.Value)
			return v, err == nil, err
		}
	}
	t.reads.key(key)
	e, ok := t.state.Live(key, t.event.Time)
	if !ok {
		return nil, false, nil
	}
	v, err := DecodeValue(e.Value)
	return v, err == nil, err
}

// SetState writes one key; ttl 0 keeps it for good. A shorter ttl than a second
// would evaluate the rules anew without end.
func (t *Turn) SetState(key string, value starlark.Value, ttl time.Duration) error {
	key = stateKey(key)
	if ttl != 0 && ttl < shortestTTL {
		return fmt.Errorf("a ttl of %s is too short: at least %s", FormatDuration(ttl), FormatDuration(shortestTTL))
	}
	raw, err := EncodeValue(value)
	if err != nil {
		return err
	}
	w := Write{Key: key, Value: raw}
	if ttl > 0 {
		w.Expires, w.Length = t.event.Time.Add(ttl).Round(0), ttl
	}
	if live := t.liveKeys(); !live[key] && len(live) >= stateKeys {
		t.reads.Full = true
		if err := t.makeRoom(live); err != nil {
			return err
		}
	}
	return t.write(w)
}

// DeleteState removes one key.
func (t *Turn) DeleteState(key string) error {
	return t.write(Write{Key: stateKey(key)})
}

func (t *Turn) write(w Write) error {
	if len(t.writes) >= t.limits.Effects {
		return fmt.Errorf("more than %d writes in one turn", t.limits.Effects)
	}
	if live := t.liveKeys(); w.Value == nil {
		delete(live, w.Key)
	} else {
		live[w.Key] = true
	}
	t.writes = append(t.writes, w)
	return nil
}

// liveKeys are the keys that have a value as far as this turn knows.
func (t *Turn) liveKeys() map[string]bool {
	if t.live == nil {
		t.live = make(map[string]bool, len(t.state)+1)
		for key := range t.state {
			if _, ok := t.state.Live(key, t.event.Time); ok && !isReserved(key) {
				t.live[key] = true
			}
		}
	}
	return t.live
}

// stateKey is what a key is kept under. Keys may hold names that strangers
// chose, so no key is refused: a long one is its beginning and a checksum, and
// then longer than any that is kept as it is.
func stateKey(key string) string {
	if isReserved(key) {
		key = "(zero)" + key
	}
	switch {
	case key == "":
		return "(empty)"
	case len(key) <= stateKeyBytes:
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return cut(key, stateKeyBytes-len("…")-40) + hex.EncodeToString(sum[:])
}

// makeRoom gives up the key that runs out soonest, when the state is full of
// keys that do: devices with ever new names must not void turns.
func (t *Turn) makeRoom(live map[string]bool) error {
	soonest := ""
	for key := range live {
		e, ok := t.state[key]
		if !ok || e.Expires.IsZero() {
			continue
		}
		if old := t.state[soonest]; soonest == "" || e.Expires.Before(old.Expires) || e.Expires.Equal(old.Expires) && key < soonest {
			soonest = key
		}
	}
	if soonest == "" {
		return fmt.Errorf("more than %d keys in the state of one account", stateKeys)
	}
	return t.write(Write{Key: soonest})
}

// Log keeps a line for the log, with the caller's position.
func (t *Turn) Log(thread *starlark.Thread, text string) {
	switch n := len(t.decision.Logs); {
	case n < logLines:
		t.decision.Logs = append(t.decision.Logs, Line{t.pos(thread.CallFrame(1).Pos), cut(text, logBytes)})
	case n == logLines:
		t.decision.Logs = append(t.decision.Logs, Line{"", fmt.Sprintf("more than %d lines in one turn: the rest is left out", logLines)})
	}
}

// AddTimer keeps a function given to every or at. It works only while a file is
// loaded.
func AddTimer(thread *starlark.Thread, b *starlark.Builtin, timer Timer) error {
	l, ok := thread.Local(turnLocal).(*loading)
	if !ok || thread.CallStackDepth() != 2 {
		return fmt.Errorf("%s: works only at the top level of a file", b.Name())
	}
	if err := takesOne(timer.Fn); err != nil {
		return fmt.Errorf("%s: %w", b.Name(), err)
	}
	if len(l.set.timers) == maxTimers {
		return fmt.Errorf("%s: more than %d timers in one ruleset", b.Name(), maxTimers)
	}
	runs := perSecond(timer)
	for _, t := range l.set.timers {
		runs += perSecond(*t)
	}
	if runs > maxTimerRuns {
		return fmt.Errorf("%s: the timers of this ruleset would run more than %d times a second for each account: one that does all of it at once is enough", b.Name(), maxTimerRuns)
	}
	timer.File = l.file
	timer.ID = fmt.Sprintf("%s/%s/%s", l.file, timer.Fn.Name(), timer.spec())
	for n, id := 2, timer.ID; l.set.timer(timer.ID) != nil; n++ {
		timer.ID = fmt.Sprintf("%s#%d", id, n)
	}
	l.set.timers = append(l.set.timers, &timer)
	return nil
}

// Bounds of timers: each run that brings news is a commit to the journal, and is followed by a look at the player's rules.
const (
	maxTimers    = 256
	maxTimerRuns = 10 // a second, for each account
)

// perSecond is how often a timer runs.
func perSecond(t Timer) float64 {
	if t.Every <= 0 {
		return 0
	}
	return float64(time.Second) / float64(t.Every)
}
