package timeline

import (
	"errors"
	"fmt"
	"slices"

	"gatefold/engine"
)

// noFile is what an edit names that takes a file away.
const noFile = "none"

// edit replaces a file of the snapshot by the content of another one, takes it away, or puts back what the folder has (by
// is ""). Rules that do not load are listed and change nothing.
func (r *run) edit(file, by string) error {
	from := by
	if from == "" {
		from = file
	}
	source := find(r.o.Files, from)
	if source < 0 && (by != "" && by != noFile || find(r.files, file) < 0) {
		return fmt.Errorf("edit: there is no file %s in the rules folder", from)
	}
	files := slices.Clone(r.files)
	if i := find(files, file); i >= 0 {
		files = slices.Delete(files, i, i+1)
	}
	if source >= 0 {
		f := r.o.Files[source]
		f.Path = file
		files = append(files, f)
	}
	r.files = files
	rules, err := r.load(files)
	if err != nil {
		r.record.add(r.clock.now.Sub(r.t.Start), rankFailed, Happening{Text: markRefused + ": " + firstProblem(err)})
		r.record.flush()
		return nil
	}
	r.rules = rules
	for _, a := range r.accounts {
		r.send(a, engine.Installed{Ruleset: rules}, 0)
	}
	return nil
}

func find(files engine.Snapshot, path string) int {
	return slices.IndexFunc(files, func(f engine.File) bool { return f.Path == path })
}

func firstProblem(err error) string {
	if load := (*engine.LoadError)(nil); errors.As(err, &load) && len(load.Problems) > 0 {
		return load.Problems[0].String()
	}
	return err.Error()
}
