package main

import (
	"errors"
	"fmt"
)

// teardown is what has to be undone, last in first out; it is filled while a
// daemon is built.
type teardown struct {
	steps []step
}

type step struct {
	name string
	undo func() error
}

func (t *teardown) add(name string, undo func() error) {
	t.steps = append(t.steps, step{name, undo})
}

// run undoes everything once, and gives all that went wrong.
func (t *teardown) run() error {
	var errs []error
	for len(t.steps) > 0 {
		last := t.steps[len(t.steps)-1]
		t.steps = t.steps[:len(t.steps)-1]
		if err := last.undo(); err != nil {
			errs = append(errs, fmt.Errorf("closing %s: %w", last.name, err))
		}
	}
	return errors.Join(errs...)
}
