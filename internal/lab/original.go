package lab

import "time"

// original is the program that gatefold replaces: it looks every 3 s, never reads whether the device plays, pauses any
// device that is not the household's more than 10 s after the last pause (which its looks make 12 s), and posts one message in half an hour,
// whoever it is about. What it gets from a 429 it takes for an expired token.
type original struct {
	*world
	ours   household
	posts  messages
	paused time.Duration
	did    bool
}

func (o *original) begin(w *world) {
	o.world, o.ours, o.posts = w, w.story.Household(), messages{}
	w.at(newChance(derive(w.p.Seed, forPhase)).between(0, 3*time.Second), o.tick)
}

func (o *original) tick() {
	o.Look(func(a Answer) {
		if a.Status == 429 || !o.ours.denies(&a) {
			return
		}
		if !o.did || o.now-o.paused > 10*time.Second {
			o.did, o.paused = true, o.now
			o.Pause(a.Device().ID, func(Answer) {})
		}
		o.posts.post(o.world, "")
	})
	o.at(o.now+3*time.Second, o.tick)
}
