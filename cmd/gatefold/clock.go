package main

import (
	"context"
	"time"

	"gatefold/engine"
)

// wallClock is the machine's clock, or a faster one that begins with it. Its
// times carry a monotonic reading: setting the machine's clock moves nothing.
type wallClock struct {
	start time.Time
	speed float64
}

func newClock(speed float64) *wallClock { return &wallClock{start: time.Now(), speed: speed} }

// Now is the present moment.
func (c *wallClock) Now() time.Time {
	if c.speed == 1 {
		return time.Now()
	}
	return c.start.Add(time.Duration(float64(time.Since(c.start)) * c.speed))
}

// real is how long a stretch of this clock's time takes.
func (c *wallClock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

// After implements engine.Clock.
func (c *wallClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(c.real(d))
	return t.C, func() { t.Stop() }
}

// NewTimer implements hardware.Clock.
func (c *wallClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	t := time.NewTimer(c.real(d))
	return t.C, t.Stop
}

// AfterFunc implements reload.Clock.
func (c *wallClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(c.real(d), f).Stop
}

// waitOn waits on a clock, until ctx ends.
func waitOn(c engine.Clock) func(context.Context, time.Duration) error {
	return func(ctx context.Context, d time.Duration) error {
		ready, stop := c.After(d)
		defer stop()
		select {
		case <-ready:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
