package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// Evaluate decides what the rules want done about an event. It is pure: the same
// event, facts and state give the same decision, and nothing is touched. A
// handler that fails voids the turn: the decision has Err (a *RuleError) and no
// effects. One that puts a question without an answer ends the evaluation: the
// decision has Asks and nothing else, and is made anew with ev.Answers.
func (r *Ruleset) Evaluate(ctx context.Context, ev Event, facts Facts, state State) Decision {
	if r.elsewhere != nil {
		return r.elsewhere.Decide(ctx, ev, facts, state)
	}
	t := r.newTurn(ev, facts, state)
	err := r.decide(ctx, t)
	d := t.decision
	d.Reads = t.reads.clone()
	switch {
	case errors.Is(err, errAsked):
		d = Decision{Event: ev, Ruleset: r.Hash, Asks: d.Asks, Steps: d.Steps}
	case err != nil:
		d = Decision{Event: ev, Ruleset: r.Hash, Logs: d.Logs, Reads: d.Reads, Steps: d.Steps, Err: err}
	}
	r.release(t)
	return d
}

// newTurn takes a turn that an earlier evaluation left, or makes one. Nothing of
// the decision lies in it, so that it can be used again.
func (r *Ruleset) newTurn(ev Event, facts Facts, state State) *Turn {
	t, _ := r.turns.Get().(*Turn)
	if t == nil {
		t = &Turn{wall: &wall{}, whole: &whole{}}
	}
	facts.approvals, facts.reads = state, &t.reads
	*t = Turn{event: ev, facts: facts, state: state, limits: r.limits, wall: t.wall, whole: t.whole, places: t.places, reads: t.reads.reuse()}
	t.standing, t.given, t.verdicts = t.room.standing[:0], t.room.given[:0], t.room.verdicts[:0]
	t.decision.Event, t.decision.Ruleset = ev, r.Hash
	return t
}

// release keeps a turn for the next evaluation, unless its timer may still fire.
func (r *Ruleset) release(t *Turn) {
	if !t.fired {
		*t = Turn{wall: t.wall, whole: t.whole, places: t.places, reads: t.reads.reuse()}
		r.turns.Put(t)
	}
}

// decide runs the turn and settles it. What panics outside of a handler (a
// payload that cannot be bound) voids the turn too.
func (r *Ruleset) decide(ctx context.Context, t *Turn) (err error) {
	defer recovered(&err)
	t.bound()
	defer t.unbound()
	if err := r.turn(ctx, t); err != nil {
		return err
	}
	return t.settle()
}

// turn runs the handlers of the event and of everything they publish, in order.
func (r *Ruleset) turn(ctx context.Context, t *Turn) error {
	if err := r.handle(ctx, t, t.event); err != nil {
		return err
	}
	return r.published(ctx, t)
}

// published runs the handlers of what waits in the queue, and of what they publish.
func (r *Ruleset) published(ctx context.Context, t *Turn) error {
	for len(t.queue) > 0 {
		next := t.queue[0]
		t.queue = t.queue[1:]
		t.depth = next.depth
		if err := r.handle(ctx, t, next.event); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ruleset) handle(ctx context.Context, t *Turn, ev Event) error {
	arg := ev.Data.Bind(ev, t.facts)
	if ev.Kind == KindTimer {
		timer := r.timer(ev.Data.(Tick).Timer)
		if timer == nil {
			return nil // the file that had it was edited
		}
		return r.call(ctx, t, timer.Fn, arg)
	}
	t.done = false
	for _, h := range r.handlers[ev.Kind] {
		if err := r.call(ctx, t, h.fn, arg); err != nil {
			return err
		}
		if t.done {
			break
		}
	}
	return nil
}

// call runs one handler on a thread of its own: steps accumulate on a reused
// one, and past its limit it stays dead.
func (r *Ruleset) call(ctx context.Context, t *Turn, fn *starlark.Function, arg starlark.Value) error {
	thread := &starlark.Thread{Print: printToLog}
	thread.SetLocal(turnLocal, t)
	thread.SetMaxExecutionSteps(r.limits.Steps)
	thread.OnMaxSteps = tooManySteps
	t.given = append(t.given, Unknown)
	t.room.arg[0] = arg
	if r.limits.Begins != nil {
		r.limits.Begins(fn.Name(), fn.Position())
	}
	t.guard(thread)
	var err error
	if ctx.Done() == nil {
		err = protected(thread, fn, t.room.arg[:])
	} else {
		unhook := context.AfterFunc(ctx, func() { thread.Cancel("gatefold is stopping") })
		err = protected(thread, fn, t.room.arg[:])
		unhook()
	}
	t.unguard()
	t.decision.Steps += thread.ExecutionSteps()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errAsked) && len(t.decision.Asks) > 0:
		return errAsked
	}
	return r.ruleError(fn, err)
}

// guard cancels the thread when the wall clock runs out: the backstop behind the
// steps. The timer serves every handler of a turn, and turn after turn.
func (t *Turn) guard(thread *starlark.Thread) {
	t.whole.thread.Store(thread)
	if t.whole.over.Load() { // between two handlers
		t.whole.cancel(thread, t.limits.Turn)
	}
	t.wall.thread.Store(thread)
	if t.wall.timer == nil {
		w, limit := t.wall, t.limits.Wall
		w.timer = time.AfterFunc(limit, func() {
			if thread := w.thread.Load(); thread != nil {
				thread.Cancel("took longer than " + limit.String())
			}
		})
		return
	}
	t.wall.timer.Reset(t.limits.Wall)
}

// unguard ends it. A timer that has fired might still be about to cancel: its
// turn is not used again.
func (t *Turn) unguard() {
	if !t.wall.timer.Stop() {
		t.fired = true
		t.wall = &wall{}
	}
	t.wall.thread.Store(nil)
	t.whole.thread.Store(nil)
}

// bound ends the turn when all of its handlers together take too long: there may be hundreds, each within its own time.
func (t *Turn) bound() {
	if t.whole.timer == nil {
		w, limit := t.whole, t.limits.Turn
		w.timer = time.AfterFunc(limit, func() {
			w.over.Store(true)
			if thread := w.thread.Load(); thread != nil {
				w.cancel(thread, limit)
			}
		})
		return
	}
	t.whole.timer.Reset(t.limits.Turn)
}

func (w *whole) cancel(thread *starlark.Thread, limit time.Duration) {
	thread.Cancel("the whole turn took longer than " + limit.String())
}

// unbound ends that.
func (t *Turn) unbound() {
	if !t.whole.timer.Stop() {
		t.fired = true
		t.whole = &whole{}
	}
}

func protected(thread *starlark.Thread, fn *starlark.Function, args starlark.Tuple) (err error) {
	defer recovered(&err)
	_, err = starlark.Call(thread, fn, args, nil)
	return err
}

func printToLog(thread *starlark.Thread, msg string) {
	if t, ok := thread.Local(turnLocal).(*Turn); ok {
		t.Log(thread, msg)
	}
}

// longestBacktrace is how many bytes of it are kept: it ends with the text of the failure.
const longestBacktrace = 8000

func (r *Ruleset) ruleError(fn *starlark.Function, err error) error {
	out := &RuleError{Handler: fn.Name(), Cause: err}
	var run *starlark.EvalError
	if errors.As(err, &run) {
		out.Problem = failure(run)
		out.Backtrace = cut(run.Backtrace(), longestBacktrace)
	} else {
		out.Problem = problemAt(CodeFails, fn.Position(), err.Error())
	}
	if text := err.Error(); len(text) > longestText {
		out.Cause = errors.New(cut(text, longestText)) // the long one would live as long as its decision
	}
	if strings.HasPrefix(out.Text, "NoneType has no .") {
		out.Hint = "now.device is None while nobody holds the player, and now.item where nothing is known of it: test for that before, as in if now.device == None"
	}
	if out.File == "" {
		out.File = fn.Position().Filename()
	}
	out.Problem = withSource(r.Files, []Problem{out.Problem})[0]
	return out
}

// settle applies the rules of conflict: one deny outweighs every allow; a call
// with slots wins only by a handler whose verdict is the turn's (or that gave
// none), the last one for each slot; a pause needs a deny.
func (t *Turn) settle() error {
	t.decision.State = t.writes
	if !t.states() {
		return nil
	}
	t.decision.Verdict = t.verdict()
	v := t.decision.Verdict.Kind
	taken := t.room.slots[:0]
	keep := make([]Effect, 0, len(t.standing))
	for i := len(t.standing) - 1; i >= 0; i-- {
		s := t.standing[i]
		if s.effect.Call == CallPause && v != Deny {
			return t.uncalledFor(s.effect)
		}
		if slotted, ok := s.effect.Args.(Slotted); ok {
			if by := t.given[s.handler]; by != Unknown && by != v {
				continue
			}
			before := len(taken)
			if taken = takes(taken, slotted.Slots()); len(taken) == before {
				continue
			}
		}
		keep = append(keep, s.effect)
	}
	for i, j := 0, len(keep)-1; i < j; i, j = i+1, j-1 {
		keep[i], keep[j] = keep[j], keep[i]
	}
	t.decision.Standing = keep
	return nil
}

// takes adds the slots that were still free.
func takes(taken, slots []string) []string {
	for _, s := range slots {
		if !slices.Contains(taken, s) {
			taken = append(taken, s)
		}
	}
	return taken
}

func (t *Turn) verdict() Verdict {
	var allowed Verdict
	for _, v := range t.verdicts {
		if v.Kind == Deny {
			return v
		}
		if v.Kind == Allow && !allowed.Given {
			allowed = v
		}
	}
	if allowed.Given {
		return allowed
	}
	if h, ok := t.event.Data.(Held); ok && h.Holder() == "" {
		return Verdict{Kind: Idle}
	}
	return Verdict{Kind: Unknown}
}

// uncalledFor is the error of a pause in a turn that denies nobody.
func (t *Turn) uncalledFor(e Effect) error {
	p := positioned(e.Pos)
	p.Text = fmt.Sprintf("pause: the verdict of this turn is %s: only a denied device is paused", t.decision.Verdict.Kind)
	p.Hint = `call deny("...") as well`
	if t.event.Kind == KindBlind {
		p.Text = "pause: nobody is judged or paused while the player cannot be seen"
		p.Hint = "pause belongs into on_playback"
	}
	return &RuleError{Problem: p, Handler: "on_" + t.event.Kind, Cause: errors.New(p.Text)}
}
