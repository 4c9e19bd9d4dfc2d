package timeline

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Layouts of the header line start.
const (
	startLayout = "2006-01-02T15:04:05"
	startShort  = "2006-01-02T15:04"
	usualStart  = "2026-01-05T12:00:00" // a Monday
)

// headers are the lines that may stand before the first at.
func (p *parser) headers() map[string]func(int, *words) error {
	return map[string]func(int, *words) error{
		"start":    p.startLine,
		"timezone": p.timezoneLine,
		"budget":   p.budgetLine,
		"enforce":  p.enforceLine,
		"accounts": p.accountsLine,
		"known":    p.knownLine,
		"state":    p.stateLine,
	}
}

func (p *parser) headerLine(n int, ws *words) error {
	name, _ := ws.next()
	known := []string{"accounts", "at", "budget", "enforce", "known", "start", "state", "timezone"}
	read, ok := p.headers()[name.text]
	switch {
	case !ok:
		return wrongAt(name.col, "a line begins with at, not with %s%s; before the first at there may be: %s",
			cutText(name.text), didYouMean(name.text, known), "accounts, budget, enforce, known, start, state, timezone")
	case len(p.t.blocks) > 0:
		return wrongAt(name.col, "%s stands before the first at", name.text)
	case p.header[name.text] && name.text != "state" && name.text != "known":
		return wrongAt(name.col, "%s is given twice", name.text)
	}
	if p.header == nil {
		p.header = map[string]bool{}
	}
	p.header[name.text] = true
	if err := read(n, ws); err != nil {
		return err
	}
	return ws.done()
}

func (p *parser) startLine(n int, ws *words) error {
	w, ok := ws.next()
	if !ok {
		return wrongAt(w.col, "when? Like: start %s", usualStart)
	}
	p.start, p.startAt = w.text, [2]int{n, w.col}
	return nil
}

func (p *parser) timezoneLine(_ int, ws *words) error {
	w, ok := ws.next()
	zone, err := time.LoadLocation(w.text)
	if !ok || err != nil || w.text == "Local" {
		return wrongAt(w.col, "%q is no time zone: write one like Europe/Berlin or UTC", cutText(w.text))
	}
	p.zone = zone
	return nil
}

// finishStart reads the start, for which the zone has to be known.
func (p *parser) finishStart() {
	zone := p.zone
	if zone == nil {
		zone = time.UTC
	}
	text := p.start
	if text == "" {
		text = usualStart
	}
	for _, layout := range []string{startLayout, startShort} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil && at.Year() >= 1970 && at.Year() < 2200 {
			p.t.Start = at
			return
		}
	}
	p.fail(p.startAt[0], wrongAt(p.startAt[1], "%q is no start: write one like %s", cutText(text), usualStart))
}

// budgetLine reads `8/30s 6000/24h`, either of them.
func (p *parser) budgetLine(_ int, ws *words) error {
	if len(ws.rest) == 0 {
		return wrongAt(ws.end, "how many calls? Like: budget 8/30s 6000/24h")
	}
	for len(ws.rest) > 0 {
		w, _ := ws.next()
		count, span, _ := strings.Cut(w.text, "/")
		n, err := strconv.Atoi(count)
		limit := map[string]*int{"30s": &p.t.Per30s, "24h": &p.t.PerDay}[span]
		if err != nil || n < 1 || n > 1_000_000 || limit == nil {
			return wrongAt(w.col, "%q is no budget: write one like 8/30s or 6000/24h", cutText(w.text))
		}
		*limit = n
	}
	return nil
}

func (p *parser) enforceLine(_ int, ws *words) error {
	w, _ := ws.next()
	if w.text != "true" && w.text != "false" {
		return wrongAt(w.col, "write enforce true or enforce false")
	}
	p.t.Enforce = w.text == "true"
	return nil
}

func (p *parser) accountsLine(_ int, ws *words) error {
	if len(ws.rest) == 0 {
		return wrongAt(ws.end, "which? Like: accounts home work")
	}
	for len(ws.rest) > 0 {
		w, _ := ws.next()
		w.value = w.text
		if slices.Contains(p.t.Accounts, w.text) {
			return wrongAt(w.col, "%s is given twice", cutText(w.text))
		}
		if _, err := p.account(w, true); err != nil {
			return err
		}
	}
	p.declared = true
	return nil
}
