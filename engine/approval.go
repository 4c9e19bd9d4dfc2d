package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"
)

// Approval is what somebody said about a holder: that it may, or that it may
// not. It is kept with the rule state, and ends by itself when it has an end.
type Approval struct {
	Allowed bool      `json:"allowed"`
	By      string    `json:"by"` // "cli ann", "rule home.star:12:9"
	At      time.Time `json:"at"`
	Until   time.Time `json:"until,omitzero"` // zero: until it is undone
}

// ApprovalRow is an approval together with whom it is about.
type ApprovalRow struct {
	Holder string
	Approval
}

// keptApprovals bounds what rules can fill the journal with: the keys may come
// from names that strangers chose.
const keptApprovals = 500

// Approval gives what was said about a holder and still counts.
func (f Facts) Approval(holder string, now time.Time) (Approval, bool) {
	f.reads.holder(holder)
	e, ok := f.approvals.Live(reservedApproval+holder, now)
	if !ok {
		return Approval{}, false // as nearly always: before there is anything to allocate
	}
	var a Approval
	if json.Unmarshal(e.Value, &a) != nil {
		return Approval{}, false
	}
	a.Until = e.Expires // which a clock that was set back has moved
	return a, true
}

// Approvals picks them out of a state, by holder.
func (s State) Approvals(now time.Time) []ApprovalRow {
	var out []ApprovalRow
	for key, e := range s {
		holder, ok := strings.CutPrefix(key, reservedApproval)
		if _, live := s.Live(key, now); !ok || !live {
			continue
		}
		row := ApprovalRow{Holder: holder}
		if json.Unmarshal(e.Value, &row.Approval) == nil {
			row.Until = e.Expires
			out = append(out, row)
		}
	}
	slices.SortFunc(out, func(a, b ApprovalRow) int { return strings.Compare(a.Holder, b.Holder) })
	return out
}

// approvalWrite is what keeps an approval; length 0: until it is undone.
func approvalWrite(holder string, a Approval, length time.Duration) Write {
	w := Write{Key: reservedApproval + holder}
	if length > 0 {
		a.Until = a.At.Add(length).Round(0)
		w.Expires, w.Length = a.Until, length
	}
	w.Value, _ = json.Marshal(a)
	return w
}

// Approve records that a holder may (or may not) from now on; length 0: until
// somebody says otherwise. What was said before is replaced.
func (t *Turn) Approve(thread *starlark.Thread, holder string, allowed bool, length time.Duration) error {
	t.reads.holder(holder)
	old, ok := t.approval(reservedApproval + holder)
	switch {
	case ok && old.Allowed == allowed && old.Until.IsZero() && length == 0:
		return nil // said already: at every look, perhaps
	case !ok && t.approvals() >= keptApprovals && !t.makeRoomForApproval():
		return fmt.Errorf("more than %d approvals: undo some with gatefold devices --undo", keptApprovals)
	}
	by := "rule " + t.pos(thread.CallFrame(1).Pos)
	if topic, ok := t.event.Data.(Topic); ok && topic.By != "rule" {
		by = topic.By + ", " + by // a pressed button, a command: who was behind it
	}
	w := approvalWrite(holder, Approval{Allowed: allowed, By: by, At: t.event.Time.Round(0)}, length)
	if len(t.writes) >= t.limits.Effects {
		return fmt.Errorf("more than %d writes in one turn", t.limits.Effects)
	}
	t.writes = append(t.writes, w)
	return nil
}

// approval is what was said under a key, in this turn or before it.
func (t *Turn) approval(key string) (a Approval, ok bool) {
	for _, w := range slices.Backward(t.writes) {
		if w.Key == key {
			return a, json.Unmarshal(w.Value, &a) == nil
		}
	}
	e, ok := t.state.Live(key, t.event.Time)
	return a, ok && json.Unmarshal(e.Value, &a) == nil
}

// approvals counts them, with those of this turn.
func (t *Turn) approvals() int {
	keys := map[string]bool{}
	for key := range t.state {
		if _, live := t.state.Live(key, t.event.Time); live && strings.HasPrefix(key, reservedApproval) {
			keys[key] = true
		}
	}
	for _, w := range t.writes {
		if w.Value == nil {
			delete(keys, w.Key)
		} else if strings.HasPrefix(w.Key, reservedApproval) {
			keys[w.Key] = true
		}
	}
	return len(keys)
}

func (t *Turn) makeRoomForApproval() bool {
	t.reads.Full = true
	return t.forgetBlock()
}

// forgetBlock gives up what a rule by itself has blocked longest ago: a rule that
// blocks every stranger must not fail at one who has had many names.
func (t *Turn) forgetBlock() bool {
	oldest, ok := oldestByRule(t.state.Approvals(t.event.Time), func(row ApprovalRow) bool {
		return !row.Allowed && !wroteBefore(t.writes, reservedApproval+row.Holder)
	})
	if ok {
		t.writes = append(t.writes, Write{Key: reservedApproval + oldest.Holder})
	}
	return ok
}

// oldestByRule is what a rule by itself has said longest ago, among those that may
// be given up.
func oldestByRule(rows []ApprovalRow, may func(ApprovalRow) bool) (oldest ApprovalRow, ok bool) {
	for _, row := range rows {
		if strings.HasPrefix(row.By, "rule ") && may(row) && (!ok || row.At.Before(oldest.At)) {
			oldest, ok = row, true
		}
	}
	return oldest, ok
}

// String is the call that makes the write again: state.set(...), approve(...).
func (w Write) String() string {
	holder, about := strings.CutPrefix(w.Key, reservedApproval)
	var a Approval
	switch {
	case about && w.Value != nil && json.Unmarshal(w.Value, &a) == nil:
		call := "disapprove"
		if a.Allowed {
			call = "approve"
		}
		if w.Length > 0 {
			return fmt.Sprintf("%s(device_key=%s, for_=%s)", call, quote(holder), quote(FormatDuration(w.Length)))
		}
		return fmt.Sprintf("%s(device_key=%s)", call, quote(holder))
	case about:
		return fmt.Sprintf("undo(device_key=%s)", quote(holder))
	case w.Value == nil:
		return fmt.Sprintf("state.delete(key=%s)", quote(w.Key))
	}
	value := string(w.Value)
	if v, err := DecodeValue(w.Value); err == nil {
		value = v.String()
	}
	if w.Length > 0 {
		return fmt.Sprintf("state.set(key=%s, value=%s, ttl=%s)", quote(w.Key), value, quote(FormatDuration(w.Length)))
	}
	return fmt.Sprintf("state.set(key=%s, value=%s)", quote(w.Key), value)
}
