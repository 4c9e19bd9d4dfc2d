package sim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrNotConnected is what a person sees who presses a button while the app has no socket open.
var ErrNotConnected = errors.New("this app is not connected to Slack right now")

// Pressed is a press of a button and how it was delivered.
type Pressed struct {
	Time       time.Time // on the injected clock
	User       string
	Channel    string // the id
	TS         string // of the message
	Button     Button
	Deliveries []Delivery
}

// Acknowledged reports whether the app said that it has the press.
func (p Pressed) Acknowledged() bool {
	return slices.ContainsFunc(p.Deliveries, func(d Delivery) bool { return d.Acks > 0 })
}

// Delivery is one envelope that carried a press.
type Delivery struct {
	Envelope   string
	Connection int           // a number of its own for each
	Acks       int           // 1 is right
	After      time.Duration // from sending it to its first acknowledgement, on the real clock
}

// press is a press on its way.
type press struct {
	Pressed
	payload    json.RawMessage
	deliveries []*delivery
}

// delivery is one envelope on its way.
type delivery struct {
	Delivery
	press *press
	sent  time.Time // on the real clock
	timer *time.Timer
}

// known is the press as those who ask get to know it.
func (p *press) known() Pressed {
	known := p.Pressed
	for _, d := range p.deliveries {
		known.Deliveries = append(known.Deliveries, d.Delivery)
	}
	return known
}

// Press does what a person does: presses the button with this label on the message with this time stamp, or, if ts is "",
// on the newest message that shows one. It is an error if no message shows one now, and ErrNotConnected if the app is not
// there to be told. The press is delivered to one of the connections, and again if nobody acknowledges it in time.
func (s *Slack) Press(user, ts, label string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.press(user, ts, label, s.live())
}

// Redeliver delivers the newest press again although it may have been acknowledged, as Slack sometimes does.
func (s *Slack) Redeliver() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	if len(s.presses.entries) == 0 {
		return errors.New("nobody pressed anything yet")
	}
	return s.deliver(s.presses.entries[len(s.presses.entries)-1])
}

// PressStale has somebody press the button that was pressed last, on a screen that still shows it although it may be
// gone by now.
func (s *Slack) PressStale(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.live()
	if len(s.presses.entries) == 0 {
		return errors.New("nobody pressed anything yet")
	}
	last := s.presses.entries[len(s.presses.entries)-1]
	return s.pressed(user, s.find(last.Channel, last.TS), last.Button, now)
}

// Presses is every press that was taken, oldest first.
func (s *Slack) Presses() []Pressed {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live()
	var all []Pressed
	for _, p := range s.presses.entries {
		all = append(all, p.known())
	}
	return all
}

func (s *Slack) press(user, ts, label string, now time.Time) error {
	if !isUser(user) {
		return fmt.Errorf("%q is nobody: a user id such as U0ANN is needed", user)
	}
	n, b, err := s.button(ts, label)
	if err != nil {
		return err
	}
	return s.pressed(user, n, b, now)
}

func (s *Slack) pressed(user string, n *note, b Button, now time.Time) (err error) {
	if len(s.sockets) == 0 {
		return ErrNotConnected
	}
	p := &press{Pressed: Pressed{Time: now, User: user, Channel: n.channel, TS: n.posted.TS, Button: b}}
	if p.payload, err = json.Marshal(s.payload(p, n, now)); err != nil {
		panic("sim: a press of our own cannot be encoded: " + err.Error())
	}
	s.presses.add(p)
	s.happen(now, Person, user, fmt.Sprintf("presses %q", b.Label))
	return s.deliver(p)
}

// button is the newest that can be pressed and has this label.
func (s *Slack) button(ts, label string) (*note, Button, error) {
	var there []string
	for _, n := range slices.Backward(s.notes.entries) {
		if ts != "" && n.posted.TS != ts {
			continue
		}
		for _, b := range n.blocks.buttons() {
			if b.Label == label {
				return n, b, nil
			}
			there = append(there, fmt.Sprintf("%q", b.Label))
		}
	}
	where := "no message shows"
	if ts != "" {
		where = "the message " + ts + " does not show"
	}
	if len(there) == 0 {
		return nil, Button{}, fmt.Errorf("%s a button %q, or any other", where, label)
	}
	return nil, Button{}, fmt.Errorf("%s a button %q, but %s", where, label, strings.Join(there, ", "))
}

// payload is what Slack tells about a press.
func (s *Slack) payload(p *press, n *note, now time.Time) object {
	container := object{"type": "message", "message_ts": p.TS, "channel_id": p.Channel, "is_ephemeral": false}
	if n.posted.Thread != "" {
		container["thread_ts"] = n.posted.Thread
	}
	action := object{"type": "button", "action_id": p.Button.ActionID, "block_id": p.Button.BlockID, "value": p.Button.Value,
		"text": object{"type": "plain_text", "text": p.Button.Label, "emoji": true}, "action_ts": s.nextTS(now)}
	if p.Button.Style != "" {
		action["style"] = p.Button.Style
	}
	id := s.made("press")
	name := s.personName(p.User)
	return object{
		"type": "block_actions", "api_app_id": slackApp, "token": "Verification0Token",
		"team": object{"id": slackTeam, "domain": "household"}, "enterprise": nil, "is_enterprise_install": false,
		"user":      object{"id": p.User, "username": strings.ToLower(name), "name": strings.ToLower(name), "team_id": slackTeam},
		"channel":   object{"id": p.Channel, "name": s.nameOf(p.Channel)},
		"container": container, "message": n.object(), "state": object{"values": object{}},
		"trigger_id":   fmt.Sprintf("%d.%d.%s", now.UnixMilli(), len(s.presses.entries), id[:8]),
		"response_url": "https://hooks.slack.com/actions/" + slackTeam + "/" + id, // nothing is there
		"actions":      []object{action},
	}
}

// deliver sends a press to one of the connections, not to the one that had it last if there is another.
func (s *Slack) deliver(p *press) error {
	defer s.broadcast()
	c := s.next(p)
	if c == nil {
		return ErrNotConnected
	}
	d := &delivery{Delivery: Delivery{Envelope: s.made("envelope"), Connection: c.number}, press: p, sent: time.Now()}
	envelope := object{"type": "interactive", "envelope_id": d.Envelope, "accepts_response_payload": true, "payload": p.payload}
	if len(p.deliveries) > 0 {
		envelope["retry_attempt"], envelope["retry_reason"] = len(p.deliveries), "timeout"
	}
	p.deliveries = append(p.deliveries, d)
	d.timer = time.AfterFunc(s.o.Socket.AckWithin, func() { s.overdue(d) })
	s.send(c, envelope)
	return nil
}

// overdue is when an envelope should have been acknowledged.
func (s *Slack) overdue(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || d.press.known().Acknowledged() || len(d.press.deliveries) > s.o.Socket.Retries {
		return
	}
	if err := s.deliver(d.press); err != nil {
		s.happen(s.live(), Service, "", "Slack lost a press: "+err.Error())
	}
}

// next is the connection whose turn it is.
func (s *Slack) next(p *press) *socket {
	last := 0
	if n := len(p.deliveries); n > 0 {
		last = p.deliveries[n-1].Connection
	}
	all := s.inOrder()
	for _, willing := range []func(*socket) bool{
		func(c *socket) bool { return !c.leaving && c.number != last },
		func(c *socket) bool { return !c.leaving },
		func(*socket) bool { return true },
	} {
		if some := slices.DeleteFunc(slices.Clone(all), func(c *socket) bool { return !willing(c) }); len(some) > 0 {
			s.turn++
			return some[s.turn%len(some)]
		}
	}
	return nil
}

// inOrder are the connections in the order in which they came.
func (s *Slack) inOrder() []*socket {
	return slices.SortedFunc(maps.Keys(s.sockets), func(a, b *socket) int { return cmp.Compare(a.number, b.number) })
}

// delivery is the one with this envelope, or nil.
func (s *Slack) delivery(envelope string) *delivery {
	for _, p := range slices.Backward(s.presses.entries) {
		for _, d := range p.deliveries {
			if d.Envelope == envelope {
				return d
			}
		}
	}
	return nil
}

// acknowledge reads a frame that came over a connection.
func (s *Slack) acknowledge(c *socket, frame []byte) {
	var ack struct {
		Envelope string `json:"envelope_id"`
	}
	err := json.Unmarshal(frame, &ack)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.broadcast()
	if c.silent {
		return
	}
	d := s.delivery(ack.Envelope)
	switch {
	case err != nil || ack.Envelope == "":
		s.complaints.add(fmt.Sprintf("this is no acknowledgement: %.200q", frame))
	case d == nil:
		s.complaints.add("no envelope was sent with the id " + ack.Envelope)
	case len(frame) > maxFrame:
		s.complaints.add(fmt.Sprintf("an acknowledgement of %d bytes: 20 KiB at most", len(frame)))
	case d.Acks > 0:
		s.complaints.add("acknowledged again: " + ack.Envelope)
		d.Acks++
	default:
		d.Acks, d.After = 1, time.Since(d.sent)
		d.timer.Stop()
	}
}
