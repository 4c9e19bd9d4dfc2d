package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// The kinds of event that somebody outside of the rules causes. No rule handles
// them: they are in the journal so that it says who did what.
const (
	KindApproval = "approval"  // an approval was given, withdrawn or undone
	KindEnforce  = "enforce"   // enforcement was switched
	KindHold     = "hold"      // the account is left alone for a while, or that ends
	KindOverride = "override"  // the pace was set for a while, or that ends
	KindNotice   = "notice"    // a message about gatefold itself
	KindToken    = "token"     // an access token was fetched, or could not be
	KindPause    = "pause"     // a pause was sent
	KindFollowUp = "follow-up" // a message was brought up to date
)

const noticeExpires = 24 * time.Hour

// Order is the payload of those events: what was ordered, and by whom.
type Order struct {
	Inert `json:"-"`
	By    string `json:"by"`
	What  string `json:"what"`
}

// Bind is not called: no rule handles an order.
func (o Order) Bind(Event, Facts) starlark.Value { return o }

// MarshalJSON writes all of it.
func (o Order) MarshalJSON() ([]byte, error) {
	type plain Order
	return json.Marshal(plain(o))
}

func (o Order) String() string { return o.What }

// Type is "order".
func (o Order) Type() string { return "order" }

// approve keeps somebody's word about a holder, and decides anew.
func (l *Loop) approve(now time.Time, in Approve) {
	w := Write{Key: reservedApproval + strings.Clone(in.Holder)}
	if !in.Undo {
		w = approvalWrite(in.Holder, Approval{Allowed: in.Allowed, By: in.By, At: now.Round(0)}, in.For)
	} else if _, ok := l.state.Live(w.Key, now); !ok {
		l.tell(OrderReport{ID: in.ID, Err: fmt.Errorf("nothing is approved or blocked under %s", quote(in.Holder))})
		return
	}
	writes := []Write{w}
	if _, ok := l.state[w.Key]; !in.Undo && !ok && len(l.state.Approvals(now)) >= keptApprovals {
		oldest, ok := oldestByRule(l.state.Approvals(now), func(a ApprovalRow) bool { return true })
		if !ok {
			l.tell(OrderReport{ID: in.ID, Err: fmt.Errorf("more than %d approvals: undo some first", keptApprovals)})
			return
		}
		writes = append(writes, Write{Key: reservedApproval + oldest.Holder}) // a person's word outranks a rule's
	}
	l.order(now, in.ID, KindApproval, Order{By: in.By, What: w.String()}, writes...)
	l.again(now, CauseState)
}

// keptEnforce is how the switch is kept: together with what the configuration
// said then. When that changes the configuration counts again.
type keptEnforce struct {
	On         bool   `json:"on"`
	Configured bool   `json:"configured"`
	By         string `json:"by"`
}

// switchEnforcement begins or ends enforcing. What waits to be carried out is
// discarded when it ends.
func (l *Loop) switchEnforcement(now time.Time, in Enforce) {
	raw, _ := json.Marshal(keptEnforce{On: in.On, Configured: l.o.Enforce, By: in.By})
	w := Write{Key: reservedEnforce, Value: raw}
	if in.On == l.o.Enforce {
		w.Value = nil // as configured: there is nothing to remember
	}
	l.switched = in.On
	if l.weigh(); !in.On {
		l.discard(now)
	}
	what := "off"
	if in.On {
		what = "on"
	}
	l.tell(EnforceReport{On: in.On, Configured: l.o.Enforce})
	l.switchTo(now, in.ID, KindEnforce, Order{By: in.By, What: what}, w)
	l.again(now, CauseState)
}

// order has an order kept, with what it writes, unless the journal does not keep
// up. Its report comes with the journal's answer.
func (l *Loop) order(now time.Time, id, kind string, o Order, writes ...Write) (submitted bool) {
	if len(l.pending) >= maxPending {
		if id != "" {
			l.tell(OrderReport{ID: id, Err: errors.New("the journal does not answer: too many commits are waiting")})
		}
		return false
	}
	ev := l.event(now, kind, "", o)
	raw, _ := o.MarshalJSON()
	l.submit(now, pending{writes: writes, at: ev.Time, order: id}, Record{
		Event: &EventRecord{ID: ev.ID, Kind: kind, Time: ev.Time, Data: raw},
		State: writes,
	})
	return true
}

// notice has a message about gatefold itself kept and sent, unless its throttle
// holds it back or nothing is enforced.
func (l *Loop) notice(now time.Time, in Notice) {
	e := in.Effect
	if !l.enforce || e.Every > 0 && e.Key != "" && l.facts.Throttled(e.Key, e.Every, now) || len(l.pending) >= maxPending {
		return
	}
	ev := l.event(now, KindNotice, "", Order{By: "gatefold", What: e.String()})
	e.ID, e.Account, e.Time, e.Expires = ev.ID+"/1", l.o.Account, ev.Time, ev.Time.Add(noticeExpires)
	raw, _ := ev.Data.MarshalJSON()
	p := pending{at: ev.Time}
	p.fill(Decision{Once: []Effect{e}})
	l.submit(now, p, Record{
		Event:  &EventRecord{ID: ev.ID, Kind: KindNotice, Time: ev.Time, Data: raw},
		Outbox: p.messages,
	})
}

// refreshed has it kept that an access token was fetched, or could not be.
func (l *Loop) refreshed(now time.Time, in Refreshed) {
	l.order(now, "", KindToken, Order{By: "gatefold", What: in.What})
}
