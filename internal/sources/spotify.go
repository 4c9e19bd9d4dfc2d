package sources

import (
	"context"
	"errors"
	"time"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/spotify"
)

// Spotify looks at one account's player and pauses it. All fields are required
// but Login and the last three.
type Spotify struct {
	Client *spotify.Client
	Gate   *spotify.Lane
	Now    func() time.Time
	Login  string // the command that links the account anew, for people

	Looked  func(outcome string, took time.Duration) // every look that made a request; nil: nobody asks
	Limited func(kind string)                        // every 429: "rate" or "quota"; nil: nobody asks

	// Refused hears until when the gate keeps every account's ordinary looks back; what it
	// keeps back from this account alone, for its turn, is no concern of the others. nil:
	// nobody asks.
	Refused func(until time.Time, kind, reason string)
}

var _ engine.Source = (*Spotify)(nil)

// Look asks for the player. A wait of the gate comes back as a LookFailed that
// was Refused.
func (s *Spotify) Look(ctx context.Context, verify bool) engine.Input {
	class := spotify.Look
	if verify {
		class = spotify.Verify
	}
	begin := s.Now()
	player, err := s.Client.Player(ctx, class)
	now := s.Now()
	if err == nil {
		s.looked("ok", now.Sub(begin))
		return engine.Looked{Data: Playback(player), Got: player.Seen, Surplus: s.Gate.Surplus(now)}
	}
	if wait := (*spotify.WaitError)(nil); errors.As(err, &wait) {
		if s.Refused != nil && class == spotify.Look && !wait.Common.IsZero() {
			s.Refused(wait.Common, wait.Kind, wait.Reason)
		}
		return engine.LookFailed{Kind: wait.Kind, Message: wait.Reason, RetryAt: wait.Until, Refused: true}
	}
	failed := engine.LookFailed{Kind: spotify.Unreachable, Message: explain(err, s.Login)}
	if scope := (*spotify.ScopeError)(nil); errors.As(err, &scope) { // no request was made
		failed.Kind = spotify.Forbidden
		return failed
	}
	if e := (*spotify.Error)(nil); errors.As(err, &e) {
		failed.Kind = e.Kind
		s.limited(e)
	}
	if until, _, ok := s.Gate.Blocked(now); ok {
		failed.RetryAt = until
	}
	s.looked(failed.Kind, now.Sub(begin))
	return failed
}

func (s *Spotify) looked(outcome string, took time.Duration) {
	if s.Looked != nil {
		s.Looked(outcome, took)
	}
}

func (s *Spotify) limited(e *spotify.Error) {
	if s.Limited == nil {
		return
	}
	switch e.Kind {
	case spotify.RateLimited:
		s.Limited("rate")
	case spotify.Quota:
		s.Limited("quota")
	}
}

// Pause asks for a pause of the named device. The request is not made when the
// gate refuses it, or when the look behind it is too old by now.
func (s *Spotify) Pause(ctx context.Context, p engine.PauseNow) engine.PauseDone {
	done := engine.PauseDone{Holder: p.Holder}
	sent, err := s.Client.Pause(ctx, p.Target, p.Got.Add(engine.PauseWithin))
	if wait := (*spotify.WaitError)(nil); errors.As(err, &wait) {
		done.Message, done.RetryAt, done.Kind = wait.Reason, wait.Until, wait.Kind
		return done
	}
	if errors.Is(err, spotify.ErrLate) {
		done.Message = err.Error()
		return done
	}
	if sent.IsZero() {
		sent = s.Now() // it failed on its way, without a connection or a token
	}
	done.Sent, done.Outcome = sent, spotify.PauseOutcome(err)
	if err != nil {
		done.Message = explain(err, s.Login)
	}
	if e := (*spotify.Error)(nil); errors.As(err, &e) {
		done.Doubtful = e.Doubtful()
		s.limited(e)
	}
	return done
}

// Playback turns an answer of the player into what rules see.
func Playback(p spotify.Player) builtins.Playback {
	out := builtins.Playback{Playing: p.Playing, Context: p.Context, Changed: p.Changed}
	if p.Device != nil {
		d := device(*p.Device)
		out.Device = &d
	}
	if p.Item != nil {
		i := item(*p.Item)
		i.Progress = p.Progress
		out.Item = &i
	}
	return builtins.NewPlayback(out)
}

func device(d spotify.Device) builtins.Device {
	return builtins.Device{
		ID: d.ID, Name: d.Name, Type: d.Type, Active: d.Active, Restricted: d.Restricted,
		Private: d.Private, Volume: d.Volume, SupportsVolume: d.SupportsVolume,
	}
}

func item(i spotify.Item) builtins.Item {
	return builtins.Item{
		Kind: i.Kind, Name: i.Name, Artists: i.Artists, Album: i.Album, URI: i.URI,
		Explicit: i.Explicit, Duration: i.Duration,
	}
}
