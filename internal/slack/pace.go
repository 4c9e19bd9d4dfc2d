package slack

import (
	"sync"
	"time"
)

const (
	// spacing is Slack's limit for chat.postMessage: about one message a second per channel.
	spacing = time.Second
	// maxChannels bounds the table of channels that were posted to within the last second.
	maxChannels = 1024
	// maxHold bounds what a Retry-After can ask for: a message does not live longer than a day.
	maxHold = 24 * time.Hour
)

// pace says when the next post may leave. Every method takes the time; it has no clock of its own.
type pace struct {
	mu       sync.Mutex
	channels map[string]deadline // by channel as given: a name and its id are two
	hold     deadline            // Retry-After, for the whole workspace
}

// deadline is a time to wait for. It keeps its length, so that a clock that was set back does not prolong the wait.
type deadline struct {
	until  time.Time
	length time.Duration
}

func newPace() *pace { return &pace{channels: make(map[string]deadline)} }

func after(now time.Time, length time.Duration) deadline {
	return deadline{until: now.Add(length), length: length}
}

// left is how long there is still to wait at now: between 0 and the deadline's own length.
func (d deadline) left(now time.Time) time.Duration {
	return min(max(d.until.Sub(now), 0), d.length)
}

// reserve takes the channel's turn at now, or says when to come back.
func (p *pace) reserve(channel string, now time.Time) *WaitError {
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := p.hold.left(now); left > 0 {
		return &WaitError{Until: now.Add(left), Limited: true}
	}
	if left := p.channels[channel].left(now); left > 0 {
		return &WaitError{Until: now.Add(left)}
	}
	p.forget(now)
	if len(p.channels) >= maxChannels {
		return &WaitError{Until: now.Add(spacing)}
	}
	p.channels[channel] = after(now, spacing)
	return nil
}

// sent counts the second from when the answer came: a slow request may have reached Slack only just before it.
func (p *pace) sent(channel string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.channels[channel] = after(now, spacing)
}

// limited notes that Slack wants nothing for as long as length, counted from now. A longer wait in force stands.
func (p *pace) limited(now time.Time, length time.Duration) *WaitError {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hold.left(now) < length {
		p.hold = after(now, length)
	}
	return &WaitError{Until: now.Add(p.hold.left(now)), Limited: true}
}

// forget drops the channels whose second is over.
func (p *pace) forget(now time.Time) {
	for channel, d := range p.channels {
		if d.left(now) == 0 {
			delete(p.channels, channel)
		}
	}
}
