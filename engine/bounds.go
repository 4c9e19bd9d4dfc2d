package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Check says what no turn can give: for a decision that another process made. What it says is written on no disk and
// carried out by nobody before that.
func (d Decision) Check() error {
	states := d.Event.Kind == KindPlayback || d.Event.Kind == KindBlind
	v := d.Verdict
	switch {
	case v.Kind > Deny:
		return errors.New("a verdict that does not exist")
	case (v.Given || v.Kind == Allow || v.Kind == Deny) && (d.Event.Kind != KindPlayback || !v.Given):
		return fmt.Errorf("a verdict on %s that nobody gave", d.Event.Kind)
	case len(d.Standing) > 0 && !states:
		return fmt.Errorf("something stands after %s", d.Event.Kind)
	case d.Err != nil && len(d.Standing)+len(d.Once)+len(d.State)+len(d.Asks) > 0:
		return errors.New("effects of a turn that failed")
	case len(d.Asks) > 1 || len(d.Asks) > 0 && len(d.Standing)+len(d.Once)+len(d.State) > 0:
		return errors.New("effects beside a question")
	}
	most := Limits{}.orDefault().Effects
	if len(d.Standing) > most || len(d.Once) > most || len(d.State) > 2*most || len(d.Logs) > logLines+1 {
		return errors.New("more effects than a turn may have")
	}
	for _, e := range d.Standing {
		if e.Call == CallPause && v.Kind != Deny {
			return errors.New("a pause without a deny")
		}
	}
	for _, e := range d.Once {
		if !strings.HasPrefix(e.ID, d.Event.ID+"/") {
			return errors.New("a message of another event")
		}
	}
	for _, w := range d.State {
		if err := w.check(); err != nil {
			return err
		}
	}
	return nil
}

// check says that no rule can have written it.
func (w Write) check() error {
	switch {
	case isReserved(w.Key) && !strings.HasPrefix(w.Key, reservedApproval):
		return errors.New("a write of what is not a rule's")
	case len(w.Key) > len(reservedApproval)+1024 || len(w.Value) > stateValueBytes+64:
		return errors.New("a write that is too large")
	case w.Value != nil && !json.Valid(w.Value):
		return errors.New("a write that is no JSON")
	}
	return nil
}
