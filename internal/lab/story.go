package lab

import (
	"fmt"
	"slices"
	"time"
)

// Device is something that plays. A new name is a new Device with the same ID.
type Device struct {
	ID, Name, Type string
	Ours           bool // of the household
}

// Story is what people intend, before anybody reacts to anything.
type Story struct {
	Params    Params
	Owners    []Owner
	Intruders []Intruder
	Sessions  []Session // by the time they begin
	Visits    []Visit   // first visits, by the time they begin
}

// Owner is one of the household.
type Owner struct {
	Devices []*Device
	Early   float64 // how much of his work days' listening is before work, against the evening
	Rate    float64 // sessions a day
}

// Temper is how an intruder takes a pause.
type Temper int

// The tempers.
const (
	Leaves  Temper = iota // at the first pause
	Presses               // play again
	Moves                 // to another device of his
	Renames               // his device
)

func (t Temper) String() string {
	return [...]string{"leaves", "presses play", "changes device", "renames"}[t]
}

// Intruder is somebody who should not play.
type Intruder struct {
	Name    string
	Temper  Temper
	After   time.Duration // presses play so long after a pause, 1 to 60 s
	Devices []*Device
	Hours   []Hours // of the week; a stray has none
}

// Hours are a part of the week.
type Hours struct {
	Name     string
	Days     [7]bool // Monday first
	From, To time.Duration
}

// Session is an owner's listening: what he does, at times after Begin.
type Session struct {
	Begin time.Duration
	Owner int
	Deeds []Deed
	Seed  uint64 // of his tracks, and of how he reacts
}

// Deed is one thing that an owner does.
type Deed struct {
	After  time.Duration
	What   deed
	Device int // of play and move
	Track  int // of play: where in his tracks an album begins
}

type deed int

const (
	deedPlay  deed = iota // an album or a single track, from its beginning
	deedPause             // and nobody presses play, until
	deedResume
	deedMove // to another device, playing on
	deedStop // what was chosen has ended
)

// End is when the session is over if nobody disturbs it.
func (s Session) End() time.Duration { return s.Begin + s.Deeds[len(s.Deeds)-1].After }

// playingAt says whether it can be heard at a time, if nobody disturbs it.
func (s Session) playingAt(at time.Duration) bool {
	plays := false
	for _, d := range s.Deeds {
		if s.Begin+d.After > at {
			break
		}
		plays = d.What == deedPlay || d.What == deedResume || d.What == deedMove
	}
	return plays
}

// Visit is an intruder's, who comes at Begin.
type Visit struct {
	Begin   time.Duration
	Who     *Intruder
	Stay    time.Duration // if nobody disturbs him
	Tries   int           // how often he starts again
	Patient time.Duration // he does not start again after so long
	Burner  bool
	Seed    uint64 // of his tracks, of how he reacts, of his coming back
	Return  int    // how many visits of this story were before it
}

// NewStory draws a story: a pure function of the parameters.
func NewStory(p Params) *Story {
	s := &Story{Params: p}
	c := newChance(derive(p.Seed, forPeople))
	s.drawOwners(c)
	s.drawIntruders(c)
	s.drawSessions()
	slices.SortStableFunc(s.Sessions, func(a, b Session) int { return int(a.Begin - b.Begin) })
	s.drawVisits() // some within the sessions
	slices.SortStableFunc(s.Visits, func(a, b Visit) int { return int(a.Begin - b.Begin) })
	return s
}

// names are what strangers call their devices: none is an owner's.
var deviceTypes = [...]string{"smartphone", "computer", "speaker", "tv", "tablet"}

// foreign makes a device of an intruder.
func foreign(who string, n int) *Device {
	t := deviceTypes[n%len(deviceTypes)]
	return &Device{ID: fmt.Sprintf("%s-%d", who, n), Name: fmt.Sprintf("%s's %s %d", who, t, n), Type: t}
}

// Household are the names of the owners' devices.
func (s *Story) Household() []string {
	var out []string
	for _, o := range s.Owners {
		for _, d := range o.Devices {
			if !slices.Contains(out, d.Name) {
				out = append(out, d.Name)
			}
		}
	}
	return out
}

// listening says whether an owner can be heard at a time, as planned.
func (s *Story) listening(at time.Duration) bool {
	n, _ := slices.BinarySearchFunc(s.Sessions, at, func(s Session, at time.Duration) int { return int(s.Begin - at) })
	for i := n - 1; i >= 0 && at-s.Sessions[i].Begin < 12*time.Hour; i-- {
		if s.Sessions[i].playingAt(at) {
			return true
		}
	}
	return false
}

// hours is for how long owners can be heard, as planned; where two listen at once they count as one.
func (s *Story) hours() float64 {
	const step = 5 * time.Minute
	n := 0
	for at := time.Duration(0); at < s.Params.Span(); at += step {
		if s.listening(at) {
			n++
		}
	}
	return (time.Duration(n) * step).Hours()
}
