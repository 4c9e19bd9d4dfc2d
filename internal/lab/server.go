package lab

import (
	"time"

	"gatefold/builtins"
)

// Answer is what the server says to a request.
type Answer struct {
	Status int           // 200, 204 (nobody), 403, 404, 429
	Retry  time.Duration // of a 429
	Quota  bool          // of a 429: it is the day's

	shows state
	at    time.Duration // when it was read
}

// Device is who holds the player; nil: nobody.
func (a *Answer) Device() *Device { return a.shows.device }

// Playing says whether it plays.
func (a *Answer) Playing() bool { return a.shows.playing }

// Song says which track plays, how long it is and where in it the player is.
func (a *Answer) Song() (track int, length, progress time.Duration) { return a.shows.song(a.at) }

// Playback is the answer as the engine takes it.
func (a *Answer) Playback() builtins.Playback {
	d := a.shows.device
	if d == nil {
		return builtins.NewPlayback(builtins.Playback{})
	}
	track, length, progress := a.Song()
	name := trackName(track)
	return builtins.NewPlayback(builtins.Playback{
		Device: &builtins.Device{
			ID: d.ID, Name: d.Name, Type: d.Type, Active: true, Volume: a.shows.volume, SupportsVolume: true,
		},
		Item: &builtins.Item{
			Kind: "track", Name: name, URI: "spotify:track:" + name, Duration: length, Progress: progress,
		},
		Playing: a.shows.playing,
		Changed: Start().Add(a.shows.changed).Truncate(time.Millisecond),
	})
}

func trackName(n int) string {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	return "track-" + string([]byte{digits[n>>10&31], digits[n>>5&31], digits[n&31]})
}

// server answers requests. Commands take effect when they arrive, half a latency after they were sent.
type server struct {
	*player
	p       Params
	c       chance
	limits  limits
	rec     *record
	devices map[string]*Device // by id
}

// request sends something now: do runs when it arrives, then gets the answer when that is there.
func (s *server) request(do func() Answer, then func(Answer)) {
	u := s.c.Float64()
	latency := s.p.LatencyLeast + time.Duration(u*u*float64(s.p.LatencyMore))
	sent := s.now
	s.rec.sent(sent)
	s.at(sent+latency/2, func() {
		a, ok := s.admit()
		if ok {
			a = do()
		}
		s.at(sent+latency, func() { then(a) })
	})
}

// admit lets a request pass that has arrived, or not.
func (s *server) admit() (Answer, bool) {
	retry, quota, ok := s.limits.take(s.now)
	if ok {
		return Answer{}, true
	}
	s.rec.refused(s.now, retry)
	return Answer{Status: 429, Retry: retry, Quota: quota}, false
}

// Look asks for the player.
func (s *server) Look(then func(Answer)) {
	sent := s.now
	s.request(func() Answer {
		shown := s.look()
		if shown.device != nil {
			shown.song(s.now)
		}
		a := Answer{Status: 200, at: s.now, shows: *shown}
		if a.shows.device == nil {
			a.Status = 204
		}
		return a
	}, func(a Answer) {
		if a.Status != 429 {
			s.rec.looked(s.now, sent, &a)
		}
		then(a)
	})
}

// Pause pauses a device.
func (s *server) Pause(id string, then func(Answer)) {
	pause := s.rec.pauseSent(s.now)
	s.request(func() Answer { return s.pause(id) }, func(a Answer) {
		pause.answered = s.now
		if a.Status == 429 {
			pause.lost = true
		}
		then(a)
	})
}

func (s *server) pause(id string) Answer {
	switch {
	case s.is.device == nil:
		return Answer{Status: 404}
	case s.is.device.ID != id && (!s.p.IgnoreID || !s.is.playing):
		return Answer{Status: 404}
	case !s.is.playing:
		return Answer{Status: 403}
	}
	if s.is.device.Ours {
		s.rec.Needless++
	}
	by := s.is.by
	s.halt(s.c)
	s.rec.effective(s.now, by)
	by.paused()
	return Answer{Status: 204}
}

// volume sets the volume of a device, or of the active one.
func (s *server) volume(percent int, id string) Answer {
	if s.is.device == nil || id != "" && s.is.device.ID != id {
		return Answer{Status: 404}
	}
	next := s.is
	_, _, next.into = next.song(s.now)
	next.anchor, next.volume = s.now, percent
	s.volumes[next.device.ID] = percent
	s.change(s.c, next)
	next.by.volume(percent)
	return Answer{Status: 204}
}

// transfer hands what plays to another device of the account, which goes on as it was unless it is to play.
func (s *server) transfer(id string, play bool) Answer {
	to := s.devices[id]
	if to == nil {
		return Answer{Status: 404}
	}
	next := s.is
	if next.device == nil {
		return Answer{Status: 404}
	}
	_, _, next.into = next.song(s.now)
	next.anchor = s.now
	next.device, next.volume = to, s.volumeOf(to)
	next.playing = next.playing || play
	was := s.is
	s.change(s.c, next)
	if was.device != to {
		was.by.moved()
	}
	return Answer{Status: 204}
}
