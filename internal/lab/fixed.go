package lab

import "time"

// fixed looks at fixed intervals, pauses who should not play at the look that shows him, and posts a message for each
// device every half hour. It takes no notice of a 429.
type fixed struct {
	every time.Duration
	ends  bool // and a second after the predicted end of a track, as Home Assistant does

	*world
	ours  household
	posts messages
	next  time.Duration // of the looks at track ends; the newest prediction counts
}

func (f *fixed) begin(w *world) {
	f.world, f.ours, f.posts = w, w.story.Household(), messages{}
	w.at(newChance(derive(w.p.Seed, forPhase)).between(0, f.every), f.tick)
}

func (f *fixed) tick() {
	f.Look(f.looked)
	f.at(f.now+f.every, f.tick)
}

func (f *fixed) looked(a Answer) {
	if a.Status == 429 {
		return
	}
	if f.ours.denies(&a) && a.Playing() {
		f.Pause(a.Device().ID, func(Answer) {})
		f.posts.post(f.world, a.Device().Name)
	}
	if f.ends && a.Playing() {
		_, length, progress := a.Song()
		next := f.now + length - progress + time.Second
		f.next = next
		f.at(next, func() {
			if f.next == next {
				f.Look(f.looked)
			}
		})
	}
}
