package sim

import "time"

// follower is a story in progress. It is guarded by the mutex of the service that follows it.
type follower struct {
	script *Script
	start  time.Time
	at     time.Duration // when the story goes on, since start
	lines  []Line        // what happens then; none = the story is over
}

func newFollower(script *Script, start time.Time) *follower {
	f := &follower{script: script, start: start}
	f.at, f.lines, _ = script.Next(-1)
	return f
}

// next is when the story goes on, if it does.
func (f *follower) next() (time.Time, bool) {
	return f.start.Add(f.at), len(f.lines) > 0
}

// advance passes over what comes next, and returns it.
func (f *follower) advance() []Line {
	now := f.lines
	f.at, f.lines, _ = f.script.Next(f.at)
	return now
}

// Follow makes a story come true from start on, beside any that is being followed already. Accounts that
// do not exist are added; their players obey commands. Lines about Slack are left to Slack. After a long
// silence every line that was due is still played: the time that takes grows with the lines skipped.
func (s *Spotify) Follow(script *Script, start time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range script.Accounts() {
		s.addAccount(name, AccountOptions{Obeys: true})
	}
	s.stories = append(s.stories, newFollower(script, start))
}

// Follow makes the lines of a story that are about Slack come true from start on.
func (s *Slack) Follow(script *Script, start time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stories = append(s.stories, newFollower(script, start))
}

// nextScene is the story that goes on first; of two at one moment, the one that was there first.
func (s *Spotify) nextScene() (first *follower, when time.Time) {
	for _, f := range s.stories {
		if at, ok := f.next(); ok && (first == nil || at.Before(when)) {
			first, when = f, at
		}
	}
	return first, when
}

// play makes the lines of one moment come true.
func (f *follower) play(s *Spotify, at time.Time) {
	for _, l := range f.advance() {
		switch {
		case l.deed != nil:
			a := s.accounts[l.Who]
			a.live(at)
			l.deed(a, at)
		case l.Who == spotifyActor:
			s.faults.add(l.fault.from(at))
			s.happened.add(Happening{Time: at, By: Service, Text: "Spotify " + l.Text})
		}
	}
}
