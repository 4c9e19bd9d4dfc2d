package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"gatefold/internal/control"
	"gatefold/internal/journal"
)

// The rulesets that are kept, as they are listed and shown: by the daemon, or from its journal without one.

// listRulesets gives them, the newest first.
func listRulesets(ctx context.Context, j *journal.Journal, st ruleState, now time.Time) (control.Rulesets, error) {
	all, err := j.Rulesets(ctx)
	if err != nil && len(all) == 0 {
		return control.Rulesets{}, err
	}
	out := control.Rulesets{Now: now, Rulesets: []control.Ruleset{}}
	if err != nil {
		out.Damaged = err.Error()
	}
	for i := range all {
		out.Rulesets = append(out.Rulesets, describeRuleset(all, i, st))
	}
	slices.Reverse(out.Rulesets)
	slices.SortStableFunc(out.Rulesets, func(a, b control.Ruleset) int { return b.At.Compare(a.At) }) // a rollback makes an old one the newest
	if st.Aside != "" && st.Waiting == nil {
		if r, ok := st.rejected(st.Aside); ok {
			out.Aside = r.aside(st.InForce).Error()
		}
	}
	return out, nil
}

func describeRuleset(all []journal.KeptRuleset, i int, st ruleState) control.Ruleset {
	k := all[i]
	r := control.Ruleset{
		Hash: k.Hash, At: k.At, By: k.By, Files: slices.Sorted(maps.Keys(k.Files)), InForce: k.Hash == st.InForce, Failed: st.Failed[k.Hash],
	}
	if r.InForce {
		r.At, r.By = st.Since, st.By
	}
	if st.Waiting != nil && st.Waiting.Hash == k.Hash {
		r.Waiting = st.Waiting.Changes
	}
	was := map[string][]byte{}
	if i > 0 {
		r.Before, was = all[i-1].Hash, all[i-1].Files
	}
	for line := range bytes.Lines(diffOf(was, k.Files)) {
		switch {
		case bytes.HasPrefix(line, []byte("+++ ")), bytes.HasPrefix(line, []byte("--- ")):
		case line[0] == '+':
			r.Added++
		case line[0] == '-':
			r.Removed++
		}
	}
	return r
}

// diffOf is what became of rule files, as a unified diff.
func diffOf(was, is map[string][]byte) []byte {
	var out []byte
	names := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		from, to := "a/"+name, "b/"+name
		if _, ok := was[name]; !ok {
			from = "/dev/null"
		}
		if _, ok := is[name]; !ok {
			to = "/dev/null"
		}
		out = append(out, diff.Diff(from, was[name], to, is[name])...)
	}
	return out
}

// showRuleset gives the files of one: without a hash, of the one that waits or is in force.
func showRuleset(ctx context.Context, j *journal.Journal, st ruleState, hash string) (control.RulesetFiles, error) {
	all, err := j.Rulesets(ctx)
	if err != nil && len(all) == 0 {
		return control.RulesetFiles{}, err
	}
	if hash == "" {
		hash = st.InForce
		if st.Waiting != nil {
			hash = st.Waiting.Hash
		}
	}
	i, err := findRuleset(all, hash)
	if err != nil {
		return control.RulesetFiles{}, err
	}
	out := control.RulesetFiles{Ruleset: describeRuleset(all, i, st), Content: contentOf(all[i].Files)}
	if i > 0 {
		out.Was = contentOf(all[i-1].Files)
	}
	return out, nil
}

func contentOf(files map[string][]byte) map[string]string {
	out := map[string]string{}
	for name, data := range files {
		out[name] = string(data)
	}
	return out
}

// findRuleset finds the only one whose hash begins so.
func findRuleset(all []journal.KeptRuleset, hash string) (int, error) {
	found := -1
	for i, k := range all {
		switch {
		case !strings.HasPrefix(k.Hash, hash):
		case found >= 0:
			return 0, fmt.Errorf("several rulesets begin with %s: write more of the hash", clean(hash))
		default:
			found = i
		}
	}
	if found < 0 || hash == "" {
		return 0, fmt.Errorf("no ruleset %s is kept (gatefold rules list names those that are)", clean(hash))
	}
	return found, nil
}

// target is what a rollback puts in force: what is named, or the newest kept before the present one that has not failed and
// was not rejected. back: it was kept before the present one.
func (k *ruleKeeper) target(ctx context.Context, hash string) (kept journal.KeptRuleset, back bool, err error) {
	all, err := k.d.journal.Rulesets(ctx)
	if err != nil && len(all) == 0 {
		return journal.KeptRuleset{}, false, err
	}
	inForce := k.inForce().Hash
	older := keptUntil(all, inForce)
	if hash != "" {
		i, err := findRuleset(all, hash)
		switch {
		case err != nil:
			return journal.KeptRuleset{}, false, err
		case all[i].Hash == inForce:
			return journal.KeptRuleset{}, false, fmt.Errorf("ruleset %s is in force", short(inForce))
		case all[i].By == "":
			return journal.KeptRuleset{}, false, fmt.Errorf("ruleset %s was never in force (gatefold rules accept is for what waits)", short(all[i].Hash))
		}
		return all[i], i < len(older), nil
	}
	st := k.ledger.now()
	for _, r := range slices.Backward(older) {
		if st.fallback(r) {
			return r, true, nil
		}
	}
	return journal.KeptRuleset{}, false, errors.New("no older ruleset is kept that has neither failed nor was rejected (with its hash, any that was in force can be chosen)")
}

// rulesets and ruleset answer gatefold rules list and show.
func (k *ruleKeeper) rulesets(ctx context.Context) (control.Rulesets, error) {
	k.ledger.settle()
	return listRulesets(ctx, k.d.journal, k.ledger.now(), k.d.w.Clock.Now())
}

func (k *ruleKeeper) ruleset(ctx context.Context, in control.RulesetRequest) (control.RulesetFiles, error) {
	k.ledger.settle()
	return showRuleset(ctx, k.d.journal, k.ledger.now(), in.Hash)
}
