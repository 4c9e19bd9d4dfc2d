package journal

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatefold/engine"
)

// KeepRulesets is how many rulesets are kept.
const KeepRulesets = 20

// KeptRuleset is a ruleset that was in force once, or waits to be.
type KeptRuleset struct {
	Hash  string
	At    time.Time // when it was kept last
	By    string    // what put it in force: "start", "save", "reload", "accept", "death" (of the one after it); "": it never was
	Files map[string][]byte
}

// Snapshot is what it was made of.
func (k KeptRuleset) Snapshot() engine.Snapshot {
	var s engine.Snapshot
	for path, data := range k.Files {
		s = append(s, engine.File{Path: path, Data: data})
	}
	slices.SortFunc(s, func(a, b engine.File) int { return strings.Compare(a.Path, b.Path) })
	return s
}

// rulesetNote is kept with the files, where it is read without unpacking them.
type rulesetNote struct {
	Hash string `json:"hash"`
	By   string `json:"by,omitempty"`
}

// KeepRuleset keeps the files of a ruleset under its hash, as the newest of all. Of those that were in force, the oldest go
// beyond KeepRulesets; of those that never were, all others go: what waited and was not accepted pushes out nobody. The
// hashes that are needed stay. The same content is kept once: what waits and was in force before has been in force.
func (j *Journal) KeepRuleset(ctx context.Context, k KeptRuleset, needed ...string) error {
	now := j.now()
	rows, err := j.keptRows(ctx)
	if err != nil && !onlyDamaged(err) {
		return fmt.Errorf("keeping ruleset %s: %w", k.Hash, err)
	}
	subject := rulesetSubject(k.Hash)
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Subject == subject }); i >= 0 && k.By == "" {
		if before, err := unpackRuleset(rows[i]); err == nil {
			k.By = before.By
		}
	}
	note, err := json.Marshal(rulesetNote{Hash: k.Hash, By: k.By})
	if err != nil {
		return fmt.Errorf("keeping ruleset %s: %w", k.Hash, err)
	}
	data, err := pack(string(note), k.Files, MaxRules)
	if err != nil {
		return fmt.Errorf("keeping ruleset %s: %w", k.Hash, err)
	}
	batch := Batch{Now: now, Writes: []Write{{Subject: subject, Data: data, Time: now, Last: true}}}
	var were []Row // in force
	mayGo := func(r Row) bool {
		return !slices.ContainsFunc(needed, func(hash string) bool { return rulesetSubject(hash) == r.Subject })
	}
	forget := func(r Row) { batch.Writes = append(batch.Writes, Write{Subject: r.Subject, Delete: true}) }
	for _, r := range rows {
		switch {
		case r.Subject == subject:
		case neverInForce(r) && mayGo(r):
			forget(r)
		case !neverInForce(r):
			were = append(were, r)
		}
	}
	over := len(were) - KeepRulesets
	if k.By != "" {
		over++
	}
	for _, r := range were {
		if over > 0 && mayGo(r) {
			forget(r)
			over--
		}
	}
	if _, err := j.store.Commit(ctx, batch); err != nil {
		return fmt.Errorf("keeping ruleset %s: %w", k.Hash, err)
	}
	return nil
}

// Rulesets gives the kept ones, the oldest first. Where some are damaged it gives the others, together with an error
// that says so.
func (j *Journal) Rulesets(ctx context.Context) ([]KeptRuleset, error) {
	rows, err := j.keptRows(ctx)
	if err != nil && !onlyDamaged(err) {
		return nil, fmt.Errorf("reading the kept rulesets: %w", err)
	}
	var all []KeptRuleset
	for _, row := range rows {
		k, bad := unpackRuleset(row)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		all = append(all, k)
	}
	if err != nil {
		err = fmt.Errorf("reading the kept rulesets: %w", err)
	}
	return all, err
}

// keptRows are those of the rulesets, in the order in which they were kept.
func (j *Journal) keptRows(ctx context.Context) ([]Row, error) {
	rows, err := j.store.LastUnder(ctx, rulesSubject, j.now())
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Subject == rulesSubject }), err
}

// neverInForce says so of a row that can be read.
func neverInForce(row Row) bool {
	text, err := packedHash(row.Data)
	var note rulesetNote
	return err == nil && json.Unmarshal([]byte(text), &note) == nil && note.By == ""
}

func unpackRuleset(row Row) (KeptRuleset, error) {
	k := KeptRuleset{At: row.Time}
	zip, err := gzip.NewReader(bytes.NewReader(row.Data))
	if err != nil {
		return k, fmt.Errorf("%s: %w", row.Subject, err)
	}
	var note rulesetNote
	if err := json.Unmarshal([]byte(zip.Comment), &note); err != nil {
		return k, fmt.Errorf("%s: %w", row.Subject, err)
	}
	if k.Hash, k.By = note.Hash, note.By; rulesetSubject(k.Hash) != row.Subject {
		return k, fmt.Errorf("%s: it holds ruleset %q", row.Subject, k.Hash)
	}
	if _, k.Files, err = unpack(row.Data, MaxRules); err != nil {
		return k, fmt.Errorf("%s: %w", row.Subject, err)
	}
	return k, nil
}

func rulesetSubject(hash string) string { return join(rulesSubject, escape(hash)) }
