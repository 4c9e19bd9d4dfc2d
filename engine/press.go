package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Press is that somebody pressed a button under a message: what the message offered is published, and the message says
// who decided what. Told by an OrderReport with its ID.
type Press struct {
	ID      string          // of the order
	Press   string          // names the press: the same one, told twice, does nothing more
	Message string          // id of the message's effect
	Offer   int             // which of its buttons, from 0
	By      string          // "slack:U123"
	Receipt json.RawMessage // of the message, for one of which the journal has not heard where it is; nil: not known
}

func (Press) input() {}

// DecidedError says that a message was answered before.
type DecidedError struct{ Decided }

// Error says by whom, and how.
func (e *DecidedError) Error() string {
	return fmt.Sprintf("%s decided that before, at %s: %s", e.By, e.At.Format("15:04"), e.Label)
}

// ErrTooOld is why a message cannot be answered.
var ErrTooOld = errors.New("this message is too old to be answered, or was never sent: gatefold keeps the newest for seven days")

// press publishes what a message offers.
func (l *Loop) press(now time.Time, in Press) {
	offer, err := l.offered(now, in)
	if err != nil {
		l.tell(OrderReport{ID: in.ID, Err: err})
		return
	}
	p := l.posts[in.Message]
	p.pressed = true
	if len(p.Receipt) == 0 && len(in.Receipt) > 0 {
		p.Receipt, p.Sent = in.Receipt, p.At
		l.owePost(p)
	}
	sum := sha256.Sum256([]byte(in.Press))
	l.publishAs(now, Publish{ID: in.ID, Topic: offer.Topic, Fields: offer.Fields, By: in.By}, asked{
		event: l.o.Account + "/press/" + hex.EncodeToString(sum[:12]),
		begin: func() {
			p.Decided = &Decided{Label: offer.Label, By: in.By, At: now.Round(0)}
			l.owePost(p)
		},
		end: func(now time.Time, err error) {
			if p.pressed = false; err == nil {
				l.settled(now, p)
			} else if p.Decided != nil {
				p.Decided = nil
				l.owePost(p)
			}
		},
	})
}

// offered finds the button that was pressed.
func (l *Loop) offered(now time.Time, in Press) (Offer, error) {
	p := l.posts[in.Message]
	if p == nil || now.Sub(p.At) >= postLasts {
		return Offer{}, ErrTooOld
	}
	e, messages, ok := p.effect(l)
	if !ok {
		return Offer{}, ErrTooOld
	}
	offers := messages.Offers(e)
	switch {
	case p.Decided != nil:
		p.shows = nil // it may still show its buttons
		l.follow(now, p, Following{})
		return Offer{}, &DecidedError{*p.Decided}
	case p.pressed:
		return Offer{}, errors.New("somebody else has just pressed a button under this message")
	case p.About != "" && l.pressedAbout(p.About):
		return Offer{}, errors.New("somebody else has just pressed a button under another message about the same device")
	case in.Offer < 0 || in.Offer >= len(offers):
		return Offer{}, fmt.Errorf("that message has no button %d", in.Offer+1)
	}
	return offers[in.Offer], nil
}

// pressedAbout says that somebody's press about an intruder is being decided.
func (l *Loop) pressedAbout(holder string) bool {
	for _, p := range l.posts {
		if p.pressed && p.About == holder {
			return true
		}
	}
	return false
}

// settled has a message that was answered say so, and all others about the same intruder that were there by then: what
// they ask is settled.
func (l *Loop) settled(now time.Time, p *post) {
	all := []*post{p}
	for _, id := range slices.Sorted(maps.Keys(l.posts)) {
		o := l.posts[id]
		if o == p || !o.Offers || o.Decided != nil || p.About == "" || o.About != p.About || o.At.After(p.Decided.At) {
			continue
		}
		o.Decided = p.Decided
		l.owePost(o)
		all = append(all, o)
	}
	l.followAll(now, all, Following{}, nil)
}
