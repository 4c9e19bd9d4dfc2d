package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a flag that is a stretch of time: "30m", "2h", "7d".
type span struct{ d *time.Duration }

const longestSpan = 3650 * 24 * time.Hour

// parseSpan reads a stretch of time, however long or short.
func parseSpan(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); err == nil {
			d = time.Duration(min(max(n, -1), 1e5)) * 24 * time.Hour
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%q is no stretch of time: write one like 30m, 2h or 7d", clean(text))
	}
	return d, nil
}

// Set implements pflag.Value.
func (s *span) Set(text string) error {
	d, err := parseSpan(text)
	if err != nil {
		return err
	}
	if d < time.Second || d > longestSpan {
		return fmt.Errorf("%q is out of range: from 1s to 3650d", clean(text))
	}
	*s.d = d
	return nil
}

// String implements pflag.Value.
func (s *span) String() string {
	if s.d == nil || *s.d == 0 {
		return ""
	}
	return s.d.String()
}

// Type implements pflag.Value.
func (s *span) Type() string { return "time" }
