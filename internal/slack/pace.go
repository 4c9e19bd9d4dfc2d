package slack

import (
	"sync"
	"time"
)

const (
	// spacing is Slack's limit for chat.postMessage: about one message a second per channel.
	spacing = time.Second
	// updateSpacing keeps chat.update below its tier: 50 calls a minute for the whole workspace.
	updateSpacing = 1200 * time.Millisecond
	// whisperSpacing does the same for chat.postEphemeral: 100 a minute.
	whisperSpacing = 600 * time.Millisecond
	// maxLanes bounds the tables: the channels posted to within the last second, and the names whose id is known.
	maxLanes = 1024
	// maxHold bounds what a Retry-After can ask for: a message does not live longer than a day.
	maxHold = 24 * time.Hour
)

// pace says when the next call may leave. Every method takes the time; it has no clock of its own.
type pace struct {
	mu    sync.Mutex
	lanes map[lane]deadline
	ids   map[string]string // a channel's name -> its id, as Slack answered: both are one lane
	hold  deadline          // Retry-After, for the whole workspace
}

// lane is what has a limit of its own: posts to one channel, all updates, all whispers.
type lane struct {
	method  string
	channel string // of posts only, as given
}

func (l lane) spacing() time.Duration {
	switch l.method {
	case methodUpdate:
		return updateSpacing
	case methodWhisper:
		return whisperSpacing
	}
	return spacing
}

// deadline is a time to wait for. It keeps its length, so that a clock that was set back does not prolong the wait.
type deadline struct {
	until  time.Time
	length time.Duration
}

func newPace() *pace { return &pace{lanes: make(map[lane]deadline), ids: make(map[string]string)} }

func after(now time.Time, length time.Duration) deadline {
	return deadline{until: now.Add(length), length: length}
}

// left is how long there is still to wait at now: between 0 and the deadline's own length.
func (d deadline) left(now time.Time) time.Duration {
	return min(max(d.until.Sub(now), 0), d.length)
}

// reserve takes the lane's turn at now, or says when to come back.
func (p *pace) reserve(l lane, now time.Time) *WaitError {
	p.mu.Lock()
	defer p.mu.Unlock()
	l = p.known(l)
	if left := p.hold.left(now); left > 0 {
		return &WaitError{Until: now.Add(left), Limited: true}
	}
	if left := p.lanes[l].left(now); left > 0 {
		return &WaitError{Until: now.Add(left)}
	}
	p.forget(now)
	if len(p.lanes) >= maxLanes {
		return &WaitError{Until: now.Add(spacing)}
	}
	p.lanes[l] = after(now, l.spacing())
	return nil
}

// sent counts from when the answer came: a slow request may have reached Slack only just before it.
func (p *pace) sent(l lane, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lanes[p.known(l)] = after(now, l.spacing())
}

// learn notes that the channel called name is the one with that id, so that a reply, which goes to the id, and a post
// to the name share one turn. What was sent to the name counts for the id.
func (p *pace) learn(name, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !validChannel(id) || id == name || p.ids[name] == id {
		return
	}
	if len(p.ids) >= maxLanes {
		clear(p.ids)
	}
	old := p.known(lane{method: methodPost, channel: name})
	p.ids[name] = id
	if d, ok := p.lanes[old]; ok {
		delete(p.lanes, old)
		p.lanes[lane{method: methodPost, channel: id}] = d
	}
}

// known is l with the channel's id instead of its name, once that is known.
func (p *pace) known(l lane) lane {
	if id, ok := p.ids[l.channel]; ok {
		l.channel = id
	}
	return l
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

// forget drops the lanes that are free.
func (p *pace) forget(now time.Time) {
	for l, d := range p.lanes {
		if d.left(now) == 0 {
			delete(p.lanes, l)
		}
	}
}
