package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/slack"
)

// slackLine is the daemon's line to Slack: messages go out, presses of buttons come in, and whether either works is
// said once, in the status, and by the light.
type slackLine struct {
	d      *daemon
	poster *poster
	tokens map[string]*freshSecret // by name
	socket *slack.Socket           // nil: no app token, and so no buttons
	ends   context.Context         // of the socket; only its goroutine asks

	mu      sync.Mutex
	refused string // why Slack takes no message with this token; "": it is not known to refuse
	state   slack.SocketState
	said    bool // that presses do not arrive
}

// openSlack makes the line, if there is a bot token. Presses need an app token as well.
func (d *daemon) openSlack(ctx context.Context) error {
	bot, ok, err := d.freshSecret(ctx, config.SlackBotToken)
	if err != nil {
		return err
	}
	app, buttons, err := d.freshSecret(ctx, config.SlackAppToken)
	if err != nil {
		return err
	}
	switch {
	case !ok:
		d.log.Warn("no Slack token: messages of the rules are not posted", "hint", "gatefold secret set "+config.SlackBotToken)
		return nil
	case !buttons:
		d.log.Info("no Slack app token: messages have no buttons", "hint", "examples/slack, then gatefold secret set "+config.SlackAppToken)
	}
	s := &slackLine{d: d, tokens: map[string]*freshSecret{config.SlackBotToken: bot, config.SlackAppToken: app}}
	if s.poster, err = newPoster(d.cfg, bot.Reveal, d.w.Slack, d.w.Clock.Now); err != nil {
		return err
	}
	s.poster.health, s.poster.buttons = s.heard, buttons
	d.slack = s
	if !buttons {
		return nil
	}
	s.socket, err = slack.NewSocket(slack.SocketOptions{
		APIURL: d.cfg.Slack.APIURL, AppToken: app.Reveal, BotToken: bot.Reveal,
		HTTP: &http.Client{Transport: d.w.Slack}, Now: d.w.Clock.Now, Press: s.pressed, State: s.stands,
	})
	return err
}

// listen receives presses until ctx ends.
func (s *slackLine) listen(ctx context.Context) error {
	s.ends = ctx
	err := s.socket.Run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// retry asks Slack from time to time whether it takes the token again, while it refuses: there may be no message that
// finds out.
func (s *slackLine) retry(ctx context.Context) error {
	for {
		passed, stop := s.d.w.Clock.After(retryToken)
		select {
		case <-passed:
		case <-ctx.Done():
			stop()
			return nil
		}
		s.mu.Lock()
		refused := s.refused != ""
		s.mu.Unlock()
		if refused {
			_, err := s.poster.slack.Test(ctx)
			s.poster.observe(err)
		}
	}
}

const retryToken = time.Minute

// heard is told how each message went: that the token was refused (once in the log, for as long as it lasts), or that
// it is taken.
func (s *slackLine) heard(refused *slack.Error, taken bool) {
	s.mu.Lock()
	was := s.refused
	switch {
	case refused != nil:
		s.refused = refused.Error()
	case taken:
		s.refused = ""
	}
	now := s.refused
	s.mu.Unlock()
	switch {
	case now != "" && now != was:
		s.d.log.Error("Slack takes no message: they wait, for a day at most", "error", now)
		s.light()
	case now == "" && was != "":
		s.d.log.Info("Slack takes messages again")
		s.light()
	}
	if refused != nil {
		s.tokens[config.SlackBotToken].again()
	}
}

// stands is told how the socket is. Why presses do not arrive may be put in other words at each try: it is said once
// until they do, and once more if the token turns out to be dead.
func (s *slackLine) stands(st slack.SocketState) {
	s.mu.Lock()
	was := s.state
	s.state = st
	down := !st.Connected && st.Err != ""
	said := s.said
	s.said = down
	s.mu.Unlock()
	s.d.metrics.SlackConnected(st.Connected)
	if s.ends != nil && s.ends.Err() != nil {
		return // as it was asked to
	}
	log := s.d.log
	switch {
	case st.Connected && said:
		log.Info("presses of Slack buttons arrive again")
	case down && st.Dead && !was.Dead:
		log.Error("no press of a Slack button arrives", "error", st.Err)
	case down && !said && !st.Dead:
		log.Warn("presses of Slack buttons do not arrive now", "error", st.Err)
	}
	switch {
	case st.Others > 0 && was.Others == 0:
		log.Warn("another program is connected with the same Slack app token: Slack gives each press to only one of them",
			"others", st.Others, "hint", othersHint)
	case st.Others == 0 && was.Others > 0:
		log.Info("no other program is connected with the Slack app token any more")
	}
	if st.Dropped > was.Dropped {
		log.Warn("presses of Slack buttons were not taken: too many waited", "so_many", st.Dropped-was.Dropped)
	}
	if st.Dead {
		s.tokens[config.SlackAppToken].again()
	}
	s.light()
}

const othersHint = "stop the other one, or make an app of its own for it"

// light shows a fault while a token is dead.
func (s *slackLine) light() {
	s.mu.Lock()
	defer s.mu.Unlock() // whoever comes last knows best
	dead := s.refused != "" || s.state.Dead
	s.d.metrics.SlackRefused(dead)
	s.d.houseFault("slack", dead)
}

// status is what gatefold status shows of it.
func (s *slackLine) status() *control.Slack {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &control.Slack{
		Channel: s.d.config.now().Slack.Channel, Refused: s.refused, Buttons: s.socket != nil,
		Connected: s.state.Connected, Error: s.state.Err, Others: s.state.Others, Deciders: len(s.d.config.now().Slack.Deciders),
	}
}

// pressed takes a press: from whoever may, as an order to the account of the message; anybody else is told why not, and
// nobody but they see it.
func (s *slackLine) pressed(ctx context.Context, p slack.Press) {
	outcome, answer := s.decide(ctx, p)
	s.d.metrics.Pressed(outcome)
	s.d.log.Info("a Slack button was pressed", "button", p.Label, "by", p.User, "called", p.UserName, "outcome", outcome)
	if answer == nil {
		return
	}
	for range 5 {
		err := s.poster.slack.Whisper(ctx, p.Channel, p.User, answer)
		var wait *slack.WaitError
		if !errors.As(err, &wait) {
			if err != nil {
				s.d.log.Warn("whoever pressed a Slack button could not be told", "outcome", outcome, "error", err)
			}
			return
		}
		if !s.waits(ctx) {
			return
		}
	}
}

// The outcomes of a press.
const (
	pressDecided = "decided"
	pressLate    = "late"    // somebody had decided before
	pressRefused = "refused" // who pressed may not decide
	pressUnknown = "unknown" // no message of ours, or too old
	pressFailed  = "failed"  // the rules failed, or the journal
)

// decideWithin bounds how long a press waits for its account. There must be time left to tell whoever pressed: a Socket
// gives 30 s for all of it.
const decideWithin = 20 * time.Second

// decide says what became of a press, and what to tell whoever pressed; nil: the message says it.
func (s *slackLine) decide(ctx context.Context, p slack.Press) (outcome string, answer []slack.Part) {
	var button builtins.Pressed
	account := ""
	if err := json.Unmarshal([]byte(p.Value), &button); err == nil {
		account, _, _ = strings.Cut(button.Message, "/")
	}
	if s.d.account(account) == nil {
		return pressUnknown, text("I do not know this message. Did another gatefold send it?")
	}
	if deciders := s.d.config.now().Slack.Deciders; !deciders.Has(p.User) {
		how := fmt.Sprintf("write `deciders: [%s]`", p.User)
		if len(deciders) > 0 {
			how = fmt.Sprintf("add %s to `deciders`", p.User)
		}
		return pressRefused, text("You may not decide this. Whoever runs gatefold can let you: in gatefold.yaml, under slack, " + how + ". It counts as soon as the file is saved.")
	}
	stop := ctx
	ctx, cancel := context.WithTimeout(ctx, decideWithin)
	defer cancel()
	receipt, err := json.Marshal(builtins.Receipt(p.Receipt()))
	if err != nil {
		return pressFailed, text("Nothing happened: " + clean(err.Error()))
	}
	press := func() error {
		_, err := s.d.order(ctx, account, func(id string) engine.Input {
			return engine.Press{ID: id, Press: p.ID, Message: button.Message, Offer: button.Offer, By: "slack:" + p.User, Receipt: receipt}
		})
		return err
	}
	err = press()
	for errors.Is(err, engine.ErrNotLooked) && s.waits(ctx) { // just started
		err = press()
	}
	var late *engine.DecidedError
	switch {
	case err == nil:
		return pressDecided, nil
	case errors.As(err, &late) && late.By == "slack:"+p.User && late.Label == p.Label:
		return pressDecided, nil // the same press, delivered again after a crash
	case errors.As(err, &late):
		by := slack.Part{Text: late.By}
		if id, ok := strings.CutPrefix(late.By, "slack:"); ok {
			by = slack.Part{User: id, Text: id}
		}
		at := late.At.In(s.d.cfg.Timezone).Format("15:04")
		return pressLate, []slack.Part{by, {Text: fmt.Sprintf(" decided that before, at %s: *%s*", at, late.Label)}}
	case stop.Err() != nil:
		s.d.log.Info("a press of a Slack button was interrupted by the stop: Slack delivers it again, or tells whoever pressed", "button", p.Label, "by", p.User)
		return pressFailed, nil
	case ctx.Err() != nil && !errors.Is(err, engine.ErrNotLooked):
		s.d.log.Error("a press of a Slack button was not answered: whether it counts is not known", "button", p.Label, "by", p.User, "error", err)
		return pressFailed, text("It is not known yet whether that counts: the account does not answer. If it does, this message will say so.")
	case errors.Is(err, engine.ErrTooOld):
		return pressUnknown, text("Nothing happened: " + err.Error())
	}
	s.d.log.Error("a press of a Slack button came to nothing", "button", p.Label, "by", p.User, "error", err)
	return pressFailed, text("Nothing happened: " + clean(err.Error()))
}

// waits lets half a second pass; false: there is no time left.
func (s *slackLine) waits(ctx context.Context) bool {
	passed, stop := s.d.w.Clock.After(500 * time.Millisecond)
	defer stop()
	select {
	case <-passed:
		return true
	case <-ctx.Done():
		return false
	}
}

func text(s string) []slack.Part { return []slack.Part{{Text: s}} }

// houseFault notes that something of the house itself is broken, or works again: the lights show it.
func (d *daemon) houseFault(what string, broken bool) {
	d.faults.Lock()
	defer d.faults.Unlock()
	at := slices.Index(d.faulty, what)
	switch {
	case broken && at < 0:
		d.faulty = append(d.faulty, what)
	case !broken && at >= 0:
		d.faulty = slices.Delete(d.faulty, at, at+1)
	default:
		return
	}
	if d.arbiter != nil {
		d.arbiter.House(len(d.faulty) > 0)
	}
}

// freshSecret is a secret that is read anew when it was refused: somebody may have set another since.
type freshSecret struct {
	read func(context.Context) (config.Secret, bool, error)
	now  func() time.Time

	mu      sync.Mutex
	current config.Secret
	tried   time.Time
}

// rereadAfter bounds how often a refused secret is read anew: the store may be one over the network.
const rereadAfter = 10 * time.Second

func (d *daemon) freshSecret(ctx context.Context, name string) (*freshSecret, bool, error) {
	f := &freshSecret{now: d.w.Clock.Now, read: func(ctx context.Context) (config.Secret, bool, error) {
		return secret(ctx, d.cfg, d.secrets, name)
	}}
	s, ok, err := f.read(ctx)
	f.current = s
	return f, ok, err
}

// Reveal is the secret as it was read last.
func (f *freshSecret) Reveal() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current.Reveal()
}

// again reads it anew, beside whatever goes on.
func (f *freshSecret) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.tried) < rereadAfter && !f.tried.After(now) {
		return
	}
	f.tried = f.now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s, ok, err := f.read(ctx)
		if err != nil || !ok {
			return // it is refused already; the store says its own at the next start
		}
		f.mu.Lock()
		f.current = s
		f.mu.Unlock()
	}()
}
