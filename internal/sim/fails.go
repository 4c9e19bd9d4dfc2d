package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const failsLike = "fails 429 retry 20s for 20s"

// faultWords are what can be said about one service's faults.
type faultWords struct {
	kinds, paths []string
	accounts     bool // they can be one account's
}

func spotifyFaults() faultWords {
	return faultWords{spotifyKinds(), spotifyPaths(), true}
}

func slackFaults() faultWords {
	return faultWords{slackKinds(), slackPaths(), false}
}

// parse reads
//
//	fails KIND [on PATH] [of ACCOUNT] [retry 20s | retry none] [lag 3s] [status 503] [body "text"] for 20s | once | 3 times
//
// KIND is one of the service's kinds or a status. A 429 without retry says the time that remains.
func (v faultWords) parse(w *words) (*scriptFault, error) {
	if !w.take("fails") {
		return nil, fmt.Errorf("a service can only fail; like: %s", failsLike)
	}
	f := &scriptFault{}
	if err := f.kind(w, v.kinds); err != nil {
		return nil, err
	}
	for len(w.rest) > 0 {
		if err := f.option(w, v); err != nil {
			return nil, err
		}
	}
	if !f.everywhere() && !f.canHit(f.Path) {
		return nil, fmt.Errorf("%s never happens on %s", f.Kind, f.Path)
	}
	if f.lasts == 0 && f.Times == 0 {
		return nil, fmt.Errorf("for how long? Add: for 20s, once, or 3 times")
	}
	f.defaultRetry()
	return f, nil
}

func (f *scriptFault) kind(w *words, kinds []string) error {
	t, ok := w.next()
	if !ok {
		return fmt.Errorf("fails how? A status or one of %s; like: %s", strings.Join(kinds, ", "), failsLike)
	}
	f.Kind = t.text
	if slices.Contains(kinds, f.Kind) {
		return nil
	}
	status, err := strconv.Atoi(t.text)
	if err != nil || status < 200 || status > 599 {
		return fmt.Errorf("cannot fail with %s%s: a status from 200 to 599 or one of %s", t, didYouMean(t.text, kinds), strings.Join(kinds, ", "))
	}
	f.Kind, f.Status = KindStatus, status
	return nil
}

// option reads one of the things that may follow the kind.
func (f *scriptFault) option(w *words, v faultWords) (err error) {
	t, _ := w.next()
	switch t.text {
	case "on":
		return f.on(w, v.paths)
	case "of":
		name, _ := w.next()
		if f.Account = name.text; !v.accounts || !isAccountName(f.Account) {
			return fmt.Errorf("\"of\" and the name of an account belong to faults of Spotify alone")
		}
	case "retry":
		return f.retryAfter(w)
	case "lag":
		f.Lag, err = w.duration("lag", 0)
	case "status":
		return f.status(w)
	case "body":
		f.Body, err = w.quoted("body", `fails 503 body "upstream connect error" for 20s`)
	case "for":
		f.lasts, err = w.duration("for", 1)
	case "once":
		f.Times = 1
	default:
		return f.times(t, w)
	}
	return err
}

func (f *scriptFault) on(w *words, paths []string) error {
	t, _ := w.next()
	if !slices.Contains(paths, t.text) {
		return fmt.Errorf("after \"on\" comes one of %s%s", strings.Join(paths, ", "), didYouMean(t.text, paths))
	}
	f.Path = t.text
	return nil
}

func (f *scriptFault) retryAfter(w *words) error {
	if w.take("none") {
		f.RetryAfter = new("")
		return nil
	}
	d, err := w.duration("retry", 0)
	f.RetryAfter = new(strconv.Itoa(int(d.Seconds())))
	return err
}

func (f *scriptFault) status(w *words) error {
	t, _ := w.next()
	status, err := strconv.Atoi(t.text)
	if err != nil || status < 200 || status > 599 {
		return fmt.Errorf("after \"status\" comes a number from 200 to 599")
	}
	f.Status = status
	return nil
}

// times reads `3 times`.
func (f *scriptFault) times(t token, w *words) error {
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || !w.take("times") {
		options := []string{"on", "of", "retry", "lag", "status", "body", "for", "once", "times"}
		return fmt.Errorf("%s does not belong here%s; like: %s, or: fails 503 on pause 3 times", t, didYouMean(t.text, options), failsLike)
	}
	f.Times = n
	return nil
}

// defaultRetry: both kinds of 429 really come with a Retry-After.
func (f *scriptFault) defaultRetry() {
	switch {
	case f.RetryAfter == nil && f.lasts > 0 && (f.Kind == KindRate || f.Kind == KindQuota):
		f.RetryAfter = new(Remaining)
	case f.RetryAfter != nil && *f.RetryAfter == "":
		f.RetryAfter = nil
	}
}
