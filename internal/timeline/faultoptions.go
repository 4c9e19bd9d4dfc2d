package timeline

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gatefold/internal/sim"
)

// faultOptions read what may follow the kind of a fault.
func (p *parser) faultOptions(f *sim.Fault, lasts *time.Duration) map[string]func(word) error {
	return map[string]func(word) error{
		"retry_after": func(w word) error {
			d, err := w.duration()
			if err != nil {
				return err
			}
			seconds := strconv.Itoa(int(d.Round(time.Second) / time.Second))
			f.RetryAfter = &seconds
			return nil
		},
		"on": func(w word) error {
			paths := []string{"devices", "me", "pause", "player", "playlist", "recent", "token", "transfer", "volume"}
			if !slices.Contains(paths, w.value) {
				return wrongAt(w.col, "%q is no part of Spotify%s: one of %s", cutText(w.value), didYouMean(w.value, paths), strings.Join(paths, ", "))
			}
			f.Path = w.value
			return nil
		},
		"account": func(w word) (err error) {
			f.Account, err = p.account(w, true)
			return err
		},
		"body": func(w word) error {
			f.Body = w.value
			return nil
		},
		"lag": func(w word) (err error) {
			f.Lag, err = w.duration()
			return err
		},
		"for": func(w word) (err error) {
			if *lasts, err = w.duration(); err == nil && *lasts == 0 {
				err = wrongAt(w.col, "for how long? At least a moment")
			}
			return err
		},
		"times": func(w word) error {
			n, ok := wholeNumber(w.value, 1, 1_000_000)
			if !ok {
				return wrongAt(w.col, "%q is no number of times", cutText(w.value))
			}
			f.Times = n
			return nil
		},
	}
}

func wholeNumber(text string, from, to int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= from && n <= to
}
