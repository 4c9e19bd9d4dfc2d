package journal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func ruleset(hash, by, text string) KeptRuleset {
	return KeptRuleset{Hash: hash, By: by, Files: map[string][]byte{"home.star": []byte(text), "lib/Größe.star": nil}}
}

func hashes(all []KeptRuleset) (out []string) {
	for _, k := range all {
		out = append(out, k.Hash)
	}
	return out
}

// The newest twenty stay, over a restart; what is in force or waits is not pushed out by them.
func TestRulesetsAreKept(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		if all, err := h.Rulesets(t.Context()); len(all) != 0 || err != nil {
			t.Errorf("fresh: %v, %v", all, err)
		}
		if err := h.SaveRules(t.Context(), "proven", map[string][]byte{"home.star": nil}); err != nil {
			t.Fatal(err)
		}
		for i := range KeepRulesets + 3 {
			h.advance(time.Minute)
			if err := h.KeepRuleset(t.Context(), ruleset(fmt.Sprint("h", i), "save", fmt.Sprint("v", i)), "h0"); err != nil {
				t.Fatal(err)
			}
		}
		h.restart()
		all, err := h.Rulesets(t.Context())
		if err != nil || len(all) != KeepRulesets {
			t.Fatalf("%v, %v", hashes(all), err)
		}
		if got, want := hashes(all)[:2], []string{"h0", "h4"}; !slices.Equal(got, want) {
			t.Errorf("the oldest are %v, want %v", got, want)
		}
		newest := all[KeepRulesets-1]
		want := ruleset("h22", "save", "v22")
		want.At = h.now()
		want.Files["lib/Größe.star"] = []byte{}
		if d := cmp.Diff(want, newest, cmp.Transformer("utc", time.Time.UTC)); d != "" {
			t.Error(d)
		}
		if s := newest.Snapshot(); len(s) != 2 || s[0].Path != "home.star" || string(s[0].Data) != "v22" {
			t.Errorf("snapshot: %v", s)
		}
		h.advance(time.Minute)
		if err := h.KeepRuleset(t.Context(), ruleset("h10", "accept", "v10")); err != nil {
			t.Fatal(err)
		}
		all, err = h.Rulesets(t.Context())
		if err != nil || len(all) != KeepRulesets || all[KeepRulesets-1].Hash != "h10" || all[KeepRulesets-1].By != "accept" {
			t.Errorf("kept again: %v, %v", hashes(all), err)
		}
		if err := h.KeepRuleset(t.Context(), ruleset("h10", "", "v10")); err != nil {
			t.Fatal(err)
		}
		if all, _ := h.Rulesets(t.Context()); all[KeepRulesets-1].By != "accept" {
			t.Errorf("what waits and was in force before: %+v", all[KeepRulesets-1])
		}
		if hash, _, err := h.Rules(t.Context()); hash != "proven" || err != nil {
			t.Errorf("the newest proven is %q, %v", hash, err)
		}
	})
}

// What only waited pushes out none of those that were in force, and goes with the next one.
func TestWhatWaitedPushesOutNobody(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		keep := func(hash, by string, needed ...string) {
			t.Helper()
			h.advance(time.Minute)
			if err := h.KeepRuleset(t.Context(), ruleset(hash, by, hash), needed...); err != nil {
				t.Fatal(err)
			}
		}
		for i := range KeepRulesets {
			keep(fmt.Sprint("h", i), "save")
		}
		for i := range 30 {
			keep(fmt.Sprint("w", i), "", "h19", fmt.Sprint("w", i))
		}
		all, err := h.Rulesets(t.Context())
		if got := hashes(all); err != nil || len(got) != KeepRulesets+1 || got[0] != "h0" || got[KeepRulesets] != "w29" {
			t.Fatalf("%v, %v", got, err)
		}
		keep("h20", "save", "h20", "w29") // as by a death: it goes on waiting
		keep("w29", "accept", "w29")
		all, err = h.Rulesets(t.Context())
		if got := hashes(all); err != nil || len(got) != KeepRulesets || got[0] != "h2" || got[KeepRulesets-1] != "w29" {
			t.Fatalf("%v, %v", got, err)
		}
	})
}

// One that cannot be unpacked leaves the others.
func TestDamagedRulesetIsLeftOut(t *testing.T) {
	eachJournal(t, func(t *testing.T, h *house) {
		for _, hash := range []string{"a", "b", "c", "d"} {
			if err := h.KeepRuleset(t.Context(), ruleset(hash, "save", hash)); err != nil {
				t.Fatal(err)
			}
		}
		other := last(t, h.store, rulesetSubject("c"), h.now())
		_, err := h.store.Commit(t.Context(), Batch{Now: h.now(), Writes: []Write{
			{Subject: rulesetSubject("b"), Data: []byte("no archive"), Time: h.now(), Last: true},
			{Subject: rulesetSubject("d"), Data: other.Data, Time: h.now(), Last: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.Rulesets(t.Context())
		if !slices.Equal(hashes(all), []string{"a", "c"}) || err == nil {
			t.Fatalf("%v, %v", hashes(all), err)
		}
		for _, want := range []string{"_.rules.b: ", `_.rules.d: it holds ruleset "c"`} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %s", err, want)
			}
		}
		if err := h.KeepRuleset(t.Context(), ruleset("b", "save", "b")); err != nil {
			t.Fatal(err)
		}
		if all, _ := h.Rulesets(t.Context()); !slices.Equal(hashes(all), []string{"a", "c", "b"}) {
			t.Errorf("mended: %v", hashes(all))
		}
	})
}
