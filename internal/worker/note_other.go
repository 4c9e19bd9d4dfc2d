//go:build !linux

package worker

import "os"

// newNote makes the page as a file that has no name any more.
func newNote() (*os.File, error) {
	f, err := os.CreateTemp("", "gatefold-note")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if err := f.Truncate(noteSize); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
