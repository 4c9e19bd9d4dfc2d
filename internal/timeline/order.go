package timeline

import (
	"errors"
	"strings"
	"time"

	"gatefold/engine"
)

// Orders are what somebody says at the command line. They reach the loop as they do in the daemon.

// ordered is the deed of giving an order.
func ordered(account string, in engine.Input) deed {
	return func(r *run) error {
		for _, a := range r.accounts {
			if a.name == account {
				r.send(a, in, 0)
			}
		}
		return nil
	}
}

// hold reads `3h` or `off`.
func (p *parser) hold(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	w, ok := ws.next()
	if !ok || w.pair {
		return nil, wrongAt(w.col, "how long? Like: hold 3h, and hold off to end it")
	}
	in := engine.Hold{By: "cli"}
	if w.text == "off" {
		return ordered(account, in), nil
	}
	if in.For, err = w.positive(); err == nil {
		err = in.Check()
	}
	if err != nil {
		return nil, placed(w, err)
	}
	return ordered(account, in), nil
}

// enforce reads `on` or `off`.
func (p *parser) enforce(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	w, _ := ws.next()
	if w.text != "on" && w.text != "off" {
		return nil, wrongAt(w.col, "write enforce on or enforce off")
	}
	return ordered(account, engine.Enforce{On: w.text == "on", By: "cli"}), nil
}

// override reads `5s [for=10m]` or `auto`.
func (p *parser) override(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	lasts, given := ws.take("for")
	w, ok := ws.next()
	if !ok || w.pair {
		return nil, wrongAt(w.col, "how often? Like: override 5s for=10m, and override auto to end it")
	}
	in := engine.Override{For: engine.OverrideFor, By: "cli"}
	if w.text == "auto" {
		if given {
			return nil, wrongAt(lasts.col, "what is ended is ended for good")
		}
		return ordered(account, engine.Override{By: "cli"}), nil
	}
	if given {
		if in.For, err = lasts.positive(); err != nil {
			return nil, err
		}
	}
	if in.Every, err = w.positive(); err == nil {
		err = in.Check()
	}
	if err != nil {
		return nil, placed(w, err)
	}
	return ordered(account, in), nil
}

// publish reads `TOPIC [key=value ...]`.
func (p *parser) publish(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	topic, ok := ws.next()
	if !ok || topic.pair {
		return nil, wrongAt(topic.col, "which topic? Like: publish party minutes=30")
	}
	in := engine.Publish{ID: publishing, Topic: topic.text, By: "cli"}
	for len(ws.rest) > 0 {
		w, _ := ws.next()
		f, err := engine.ParseField(w.text)
		if err != nil {
			return nil, placed(w, err)
		}
		in.Fields = append(in.Fields, f)
	}
	return ordered(account, in), nil
}

// publishing is the id of such orders, and of presses: what becomes of it is listed.
const publishing = "publish"

// refusedOrder lists that an event could not be published, or a press does not count. That its turn failed is listed
// already.
func (r *run) refusedOrder(report engine.OrderReport) {
	if rule := (*engine.RuleError)(nil); report.ID == publishing && report.Err != nil && !errors.As(report.Err, &rule) {
		r.record.add(r.clock.now.Sub(r.t.Start), rankFailed, Happening{Text: markRefused + ": " + report.Err.Error()})
	}
}

// positive is a duration that is not 0, which would end what it should begin.
func (w word) positive() (time.Duration, error) {
	d, err := w.duration()
	if err == nil && d == 0 {
		return 0, wrongAt(w.col, "%s is no time at all", strings.TrimSpace(cutText(w.text)))
	}
	return d, err
}

// placed gives an error the place of a word, unless it has one.
func placed(w word, err error) error {
	if e := (*wrong)(nil); errors.As(err, &e) {
		return err
	}
	return wrongAt(w.col, "%v", err)
}
