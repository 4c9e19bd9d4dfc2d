package journal

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"gatefold/engine"
)

func TestNewest(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for i := range 200 {
			for _, account := range []string{"home", "work"} {
				rec := engine.Record{Account: account, Event: event(fmt.Sprintf("%s/%d", account, i))}
				if i%3 != 0 {
					rec.Decision = json.RawMessage(`{}`)
				}
				if i%2 == 0 {
					rec.Run = json.RawMessage(`{}`)
				}
				h.commit(t, rec)
			}
			h.advance(time.Minute)
		}
		all, err := h.Events(t.Context(), "home", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 2, 3, 40, 131, 132, 133, 1000} {
			got, err := h.Newest(t.Context(), "home", n)
			if err != nil {
				t.Fatal(err)
			}
			decisions := 0
			for i, e := range got {
				if want := all[len(all)-len(got)+i]; e.Seq != want.Seq || e.Kind != want.Kind {
					t.Fatalf("newest %d: entry %d is %s at %d, not %s at %d", n, i, e.Kind, e.Seq, want.Kind, want.Seq)
				}
				if e.Kind == "decision" {
					decisions++
				}
			}
			if want := min(n, 133); decisions != want {
				t.Errorf("newest %d gave %d decisions, not %d", n, decisions, want)
			}
			if len(got) > 0 && got[0].Kind == "decision" {
				t.Errorf("newest %d begins with a decision: its event is missing", n)
			}
		}
		if got, err := h.Newest(t.Context(), "nobody", 5); err != nil || len(got) != 0 {
			t.Errorf("of an account without history: %v, %v", got, err)
		}
	})
}

// Who reads history can tell which rows were written together, also where some of them are damaged.
func TestRowsOfARecordFollowEachOther(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for i := range 3 {
			h.commit(t, engine.Record{
				Event: event(fmt.Sprint(i)), Decision: json.RawMessage(`{}`), Run: json.RawMessage(`{}`), Facts: json.RawMessage(`{}`),
			})
			h.restart()
		}
		got, err := h.Events(t.Context(), "home", 0, 0)
		if err != nil || len(got) != 9 {
			t.Fatalf("%d rows: %v", len(got), err)
		}
		for i := 0; i < len(got); i += 3 {
			if run, ev, d := got[i], got[i+1], got[i+2]; run.Seq+2 != ev.Seq || ev.Seq+1 != d.Seq {
				t.Errorf("the rows of a record lie at %d, %d and %d", run.Seq, ev.Seq, d.Seq)
			}
		}
	})
}
