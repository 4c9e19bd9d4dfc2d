package timeline

import (
	"path"
	"slices"
	"strings"
	"time"

	"gatefold/engine"
	"gatefold/internal/sim"
)

// deed is what an at line makes happen.
type deed func(*run) error

// deeds are what may follow the time of an at line.
func (p *parser) deeds() map[string]func(int, *words) (deed, error) {
	return map[string]func(int, *words) (deed, error){
		"playback":  p.playback,
		"pauses":    p.person((*sim.Account).PausePlayback),
		"resumes":   p.person((*sim.Account).Resume),
		"comesback": p.comesBack,
		"spotify":   p.spotify,
		"edit":      p.edit,
		"allow":     p.approval(engine.Approve{Allowed: true}),
		"block":     p.approval(engine.Approve{}),
		"undo":      p.approval(engine.Approve{Undo: true}),
		"enforce":   p.enforce,
		"hold":      p.hold,
		"override":  p.override,
		"publish":   p.publish,
		"press":     p.press,
		"restart":   plain((*run).restart),
		"crash":     plain((*run).crash),
	}
}

func deedNames() []string {
	return []string{"allow", "block", "comesback", "crash", "edit", "enforce", "hold", "override", "pauses", "playback", "press", "publish", "restart", "resumes", "spotify", "undo"}
}

func (p *parser) deed(n int, ws *words) (deed, error) {
	w, ok := ws.next()
	if !ok {
		return nil, nil
	}
	read, known := p.deeds()[w.text]
	if !known {
		return nil, wrongAt(w.col, "%q is nothing that can happen%s: one of %s", cutText(w.text), didYouMean(w.text, deedNames()), strings.Join(deedNames(), ", "))
	}
	do, err := read(n, ws)
	if err != nil {
		return nil, err
	}
	return do, ws.done()
}

func plain(do func(*run) error) func(int, *words) (deed, error) {
	return func(int, *words) (deed, error) { return do, nil }
}

// playback sets what a player shows, and causes a look.
func (p *parser) playback(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	if err != nil {
		return nil, err
	}
	if len(ws.rest) == 0 {
		return nil, wrongAt(ws.end, `what? Like: playback device.name="Kitchen" item.name="So What", or: playback none`)
	}
	first := ws.rest[0]
	if first.text == "none" {
		ws.next()
		return func(r *run) error {
			r.player(account).Stop()
			r.lookSoon(account)
			return nil
		}, nil
	}
	fields := map[string]string{}
	for len(ws.rest) > 0 {
		w, _ := ws.next()
		if _, twice := fields[w.key]; !w.pair || twice {
			return nil, wrongAt(w.col, "%s: want key=value, each key once", cutText(w.text))
		}
		// One at a time, so that the error has its place.
		if _, err := sim.ParsePlayback(map[string]string{w.key: w.value}); err != nil {
			return nil, wrongAt(w.col, "%v", err)
		}
		fields[w.key] = w.value
	}
	shown, err := sim.ParsePlayback(fields)
	if err != nil {
		return nil, wrongAt(first.col, "%v", err)
	}
	return func(r *run) error {
		r.player(account).Set(shown)
		r.lookSoon(account)
		return nil
	}, nil
}

// person is somebody at the player. gatefold finds out with its next look.
func (p *parser) person(does func(*sim.Account)) func(int, *words) (deed, error) {
	return func(_ int, ws *words) (deed, error) {
		account, err := p.account(ws.take("account"))
		return func(r *run) error {
			does(r.player(account))
			return nil
		}, err
	}
}

// comesBack is the same device under another id, as web players and phones do it.
func (p *parser) comesBack(_ int, ws *words) (deed, error) {
	account, err := p.account(ws.take("account"))
	id, _ := ws.take("id")
	return func(r *run) error {
		r.player(account).ChangeDeviceID(id.value)
		return nil
	}, err
}

// approval is somebody at the command line, who says that a device may play or may not.
func (p *parser) approval(in engine.Approve) func(int, *words) (deed, error) {
	return func(_ int, ws *words) (deed, error) {
		in := in
		account, err := p.account(ws.take("account"))
		if err != nil {
			return nil, err
		}
		if w, ok := ws.take("for"); ok && in.Undo {
			return nil, wrongAt(w.col, "what is undone is undone for good")
		} else if ok {
			if in.For, err = w.duration(); err != nil {
				return nil, err
			}
		}
		key, ok := ws.take("key")
		if !ok || key.value == "" {
			return nil, wrongAt(ws.end, `which device? Like: allow key="speaker:Kitchen" for=2h`)
		}
		in.Holder, in.By = key.value, "cli"
		return ordered(account, in), nil
	}
}

// edit replaces a rule file by another file of the folder, takes it away, or puts back what was there.
func (p *parser) edit(n int, ws *words) (deed, error) {
	file, ok := ws.next()
	if !ok || path.Ext(file.text) != ".star" || file.pair {
		return nil, wrongAt(file.col, "which file? Like: edit home.star _broken.star, and edit home.star to put it back")
	}
	by, given := ws.next()
	if given && path.Ext(by.text) != ".star" && by.text != noFile {
		return nil, wrongAt(by.col, "%q is no rule file: write one, or none to take the file away", cutText(by.text))
	}
	return func(r *run) error {
		if err := r.edit(file.text, by.text); err != nil {
			return &Error{r.t.Name, n, file.col, err.Error()}
		}
		return nil
	}, nil
}

// spotify reads `fails KIND [key=value ...]` and `recovers`.
func (p *parser) spotify(_ int, ws *words) (deed, error) {
	w, _ := ws.next()
	switch w.text {
	case "recovers":
		return func(r *run) error {
			r.world.ClearFaults()
			return nil
		}, nil
	case "fails":
		f, lasts, err := p.fault(ws)
		return func(r *run) error {
			f := f
			f.From = r.clock.now
			if lasts > 0 {
				f.Until = f.From.Add(lasts)
			}
			r.world.Fault(f)
			return nil
		}, err
	}
	return nil, wrongAt(w.col, "Spotify can do two things here: spotify fails 429 retry_after=40s, and spotify recovers")
}

// fault reads `KIND [retry_after=40s] [on=player] [account=home] [lag=3s] [body="..."] [for=40s] [times=3]`.
func (p *parser) fault(ws *words) (f sim.Fault, lasts time.Duration, err error) {
	kind, _ := ws.next()
	if f, err = faultOf(kind); err != nil {
		return f, 0, err
	}
	for len(ws.rest) > 0 {
		w, _ := ws.next()
		read, ok := p.faultOptions(&f, &lasts)[w.key]
		if !ok || !w.pair {
			names := []string{"account", "body", "for", "lag", "on", "retry_after", "times"}
			return f, 0, wrongAt(w.col, "%q does not belong here%s: one of %s, each with =", cutText(w.text), didYouMean(w.key, names), strings.Join(names, ", "))
		}
		if err := read(w); err != nil {
			return f, 0, err
		}
	}
	if f.RetryAfter == nil && lasts > 0 && (f.Kind == sim.KindRate || f.Kind == sim.KindQuota) {
		remaining := sim.Remaining
		f.RetryAfter = &remaining // both really come with one
	}
	return f, lasts, nil
}

// faultNames are the kinds that a story may name, with the simulator's.
func faultNames() map[string]string {
	return map[string]string{
		"429": sim.KindRate, "quota": sim.KindQuota, "unreachable": sim.KindReset, "lost": sim.KindLost, "hang": sim.KindHang,
		"stall": sim.KindStall, "truncated": sim.KindTruncated, "huge": sim.KindHuge, "garbage": sim.KindGarbage,
		"html": sim.KindHTML, "spurious401": sim.KindSpurious401, "spurious403premium": sim.KindSpuriousPremium,
		"stale": sim.KindStale, "delay": sim.KindDelay, "deep": sim.KindDeep, "wide": sim.KindWide, "badtoken": sim.KindBadToken,
		"onlybearer": sim.KindOnlyBearer, "unregistered": sim.KindUnregistered, "ownerpremium": sim.KindOwnerPremium,
	}
}

func faultOf(w word) (sim.Fault, error) {
	if kind, ok := faultNames()[w.text]; ok {
		return sim.Fault{Kind: kind}, nil
	}
	if status, ok := wholeNumber(w.text, 200, 599); ok {
		return sim.Fault{Kind: sim.KindStatus, Status: status}, nil
	}
	var names []string
	for name := range faultNames() {
		names = append(names, name)
	}
	slices.Sort(names)
	return sim.Fault{}, wrongAt(w.col, "%q is no way to fail%s: a status from 200 to 599, or one of %s", cutText(w.text), didYouMean(w.text, names), strings.Join(names, ", "))
}
