package builtins

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"

	"gatefold/engine"
)

const day = 24 * time.Hour

// Duration is an argument that is a length of time, from Min to Max: "10s", "1h30m", "2d", or a time.duration. Set
// Duration to the default before unpacking.
type Duration struct {
	time.Duration
	Min, Max time.Duration
}

// Unpack implements starlark.Unpacker.
func (d *Duration) Unpack(v starlark.Value) error {
	var length time.Duration
	switch v := v.(type) {
	case startime.Duration:
		length = time.Duration(v)
	case starlark.String:
		var err error
		if length, err = ParseDuration(string(v)); err != nil {
			return err
		}
	case starlark.Int:
		return fmt.Errorf("%s has no unit: write \"%[1]ss\"", got(v))
	default:
		return fmt.Errorf(`got %s, want a duration like "10s"`, v.Type())
	}
	if length < d.Min || length > d.Max {
		return fmt.Errorf("%s is out of range: from %q to %q", engine.FormatDuration(length), engine.FormatDuration(d.Min), engine.FormatDuration(d.Max))
	}
	d.Duration = length
	return nil
}

// value is the duration as an effect prints it.
func (d Duration) value() starlark.Value { return starlark.String(engine.FormatDuration(d.Duration)) }

// ParseDuration reads a Go duration that may begin with days: "2d", "1d12h", "500ms".
func ParseDuration(s string) (time.Duration, error) {
	rest, whole := s, time.Duration(0)
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > uint64(math.MaxInt64/day) {
			return 0, noDuration(s)
		}
		whole, rest = time.Duration(n)*day, after
		if rest == "" {
			return whole, nil
		}
	}
	part, err := time.ParseDuration(rest)
	switch {
	case err != nil:
		return 0, noDuration(s)
	case whole > 0 && (part < 0 || part > math.MaxInt64-whole || rest[0] == '+'):
		return 0, noDuration(s)
	}
	return whole + part, nil
}

func noDuration(s string) error {
	if _, err := strconv.ParseFloat(s, 64); err == nil && len(s) < 20 {
		return fmt.Errorf("%s has no unit: write %s", quote(s), quote(s+"s"))
	}
	return fmt.Errorf(`%s is no duration: write it like "500ms", "10s", "1h30m" or "2d"`, quote(cut(s, 60)))
}

var _ starlark.Unpacker = (*Duration)(nil)
