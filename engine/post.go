package engine

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// A post is a message that more may come of: it has buttons, or tells of an intruder. It is a reserved row of the
// state from the commit of its turn on, so that a press finds what it offered whatever the rules say by then.
type post struct {
	ID      string          `json:"id"`
	Call    string          `json:"call"`
	Pos     string          `json:"pos"`
	Lane    string          `json:"lane"`
	At      time.Time       `json:"at"`
	Key     string          `json:"key,omitempty"`    // of its throttle: a reminder has the same
	About   string          `json:"about,omitempty"`  // the holder that was denied; "": nobody
	Below   string          `json:"below,omitempty"`  // id of the post in whose thread it is; "": it stands alone
	Quiet   bool            `json:"quiet,omitempty"`  // only there
	Offers  bool            `json:"offers,omitempty"` // it has buttons
	Receipt json.RawMessage `json:"receipt,omitempty"`
	Sent    time.Time       `json:"sent,omitzero"`
	Merged  bool            `json:"merged,omitempty"` // the receipt is that of the message it became part of
	Decided *Decided        `json:"decided,omitempty"`
	Said    bool            `json:"said,omitempty"` // and the message was made to say so

	pressed bool              // somebody's press is being decided
	shows   map[string]string // by key: what it was last brought up to, so that it is not twice
}

const (
	postLasts = 7 * 24 * time.Hour // that long a button can be pressed
	keptPosts = 64                 // of an account
)

// posted keeps the messages of a turn that more may come of. It is called before the turn is committed.
func (l *Loop) posted(now time.Time, d Decision, effects []Effect) {
	about := ""
	if h, ok := d.Event.Data.(Held); ok && d.Verdict.Kind == Deny {
		about = h.Holder()
	}
	for _, e := range effects {
		m := moduleOf(l.o.Modules, e.Call)
		if m == nil || m.Messages == nil {
			continue
		}
		offers := len(m.Messages.Offers(e)) > 0
		if about == "" && !offers {
			continue
		}
		p := &post{
			ID: e.ID, Call: e.String(), Pos: e.Pos, Lane: e.Lane, At: now.Round(0), Key: e.Key,
			About: strings.Clone(about), Offers: offers,
		}
		if about != "" {
			l.tells(now, p)
		}
		l.posts[p.ID] = p
		l.owePost(p)
	}
	for len(l.posts) > keptPosts {
		l.forgetPost(l.oldestPost())
	}
}

func (l *Loop) oldestPost() string {
	return slices.MinFunc(slices.Collect(maps.Values(l.posts)), func(a, b *post) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	}).ID
}

func (l *Loop) owePost(p *post) {
	raw, _ := json.Marshal(p)
	l.owe(Write{Key: reservedPost + p.ID, Value: raw, Expires: p.At.Add(postLasts), Length: postLasts})
}

// forgetPost is for one that was not sent, or is too old to be answered.
func (l *Loop) forgetPost(id string) {
	p := l.posts[id]
	if p == nil {
		return
	}
	delete(l.posts, id)
	if w := (Write{Key: reservedPost + id}); l.mayHave(w.Key) {
		l.owe(w)
	} else {
		l.paid(w.Key)
	}
	l.untold(p)
}

// mayHave says that the journal has the row of a post, or has it soon. Only such a row is deleted: a journal that takes
// nothing must not be owed a deletion for every message.
func (l *Loop) mayHave(key string) bool {
	return l.rows[key] || slices.ContainsFunc(l.pending, func(c pending) bool { return wroteBefore(c.house, key) })
}

// keptRow notes that the journal has taken a row of a post.
func (l *Loop) keptRow(w Write) {
	switch {
	case !strings.HasPrefix(w.Key, reservedPost):
	case w.Value == nil:
		delete(l.rows, w.Key)
	default:
		if l.rows == nil {
			l.rows = map[string]bool{}
		}
		l.rows[w.Key] = true
	}
}

// lostRows takes deletions off what is owed of rows that the journal does not have after all.
func (l *Loop) lostRows(news []Write) {
	for _, w := range news {
		if strings.HasPrefix(w.Key, reservedPost) && !l.mayHave(w.Key) {
			l.owed = slices.DeleteFunc(l.owed, func(o Write) bool { return o.Key == w.Key && o.Value == nil })
		}
	}
}

// expirePosts forgets those that nobody can answer any more.
func (l *Loop) expirePosts(now time.Time) {
	for id, p := range l.posts {
		if now.Sub(p.At) >= postLasts {
			l.forgetPost(id)
		}
	}
}

// sentPost keeps how a post can be referred to, and brings it up to date if something has come of it while it waited.
// It says whether there is news for the journal.
func (l *Loop) sentPost(now time.Time, id string, receipt json.RawMessage, merged bool) bool {
	p := l.posts[id]
	if p == nil || len(receipt) == 0 || string(receipt) == "null" {
		return false
	}
	p.Receipt, p.Merged, p.Sent = receipt, merged, now.Round(0)
	l.owePost(p)
	if p.Decided != nil {
		l.follow(now, p, Following{})
	}
	if s := l.stories[storyKey(p.About, p.Lane)]; s != nil && s.Head == id {
		news := s.pending
		s.pending = false
		if merged { // that says how the story stands
			s.Told, s.ToldPauses = now, s.Pauses
			l.oweStory(s)
		} else if news || s.Phase != PhasePlaying || now.Sub(s.Told) >= toldEvery {
			l.tellStory(now, s, news)
		}
	}
	return true
}

// effect reads a post back.
func (p *post) effect(l *Loop) (Effect, Messages, bool) {
	if l.o.Parse == nil {
		return Effect{}, nil, false
	}
	e, err := l.o.Parse(p.Call)
	if err != nil {
		l.o.Restored("message", err)
		return Effect{}, nil, false
	}
	m := moduleOf(l.o.Modules, e.Call)
	if m == nil || m.Messages == nil {
		return Effect{}, nil, false
	}
	e.ID, e.Account, e.Pos, e.Time, e.Lane = p.ID, l.o.Account, p.Pos, p.At.In(l.o.Zone), p.Lane
	return e, m.Messages, true
}

// follow has a post that was sent brought up to date.
func (l *Loop) follow(now time.Time, p *post, f Following) { l.followAll(now, []*post{p}, f, nil) }

// followUps is what the lane of what follows a message ends in.
const followUps = ", follow-ups"

// followedAtOnce is how many posts are brought up to date by one commit: only so many commits may be on their way.
const followedAtOnce = 16

// followAll has posts brought up to date. Lost hears that the journal has not taken it; nil: nobody does.
func (l *Loop) followAll(now time.Time, posts []*post, f Following, lost func()) {
	for some := range slices.Chunk(posts, followedAtOnce) {
		l.followSome(now, some, f, lost)
	}
}

func (l *Loop) followSome(now time.Time, posts []*post, f Following, lost func()) {
	unsaid := func() {
		for _, p := range posts {
			if p.shows = nil; p.Decided != nil {
				p.Said, l.unsaid = false, true
			}
		}
		if lost != nil {
			lost()
		}
	}
	if len(l.pending) >= maxPending {
		unsaid()
		return
	}
	var effects []Effect
	for _, p := range posts {
		effects = append(effects, l.following(p, f)...)
	}
	if len(effects) == 0 {
		return
	}
	what := make([]string, len(effects))
	for i, e := range effects {
		what[i] = e.String()
	}
	ev := l.event(now, KindFollowUp, "", Order{By: "gatefold", What: strings.Join(what, "; ")})
	for i := range effects {
		effects[i].ID = ev.ID + "/" + itoa(i+1)
		effects[i].Account, effects[i].Time = l.o.Account, ev.Time
		effects[i].Expires = ev.Time.Add(noticeExpires)
	}
	raw, _ := ev.Data.MarshalJSON()
	c := pending{at: ev.Time, house: l.houseNews()}
	c.end = func(_ time.Time, err error) {
		if err != nil {
			unsaid()
		}
	}
	c.fill(Decision{Once: effects})
	for i, e := range effects { // no throttle: but a newer one takes the place of one that waits
		c.messages[i].Key = e.Key
	}
	l.submit(now, c, Record{
		Event:  &EventRecord{ID: ev.ID, Kind: KindFollowUp, Time: ev.Time, Data: raw},
		State:  c.house,
		Outbox: c.messages,
	})
}

// following is what brings a post that was sent up to date, beyond what it was brought up to before.
func (l *Loop) following(p *post, f Following) []Effect {
	if len(p.Receipt) == 0 {
		return nil
	}
	e, messages, ok := p.effect(l)
	if !ok {
		return nil
	}
	f.Receipt, f.Merged, f.Sent, f.Decided = p.Receipt, p.Merged, p.Sent, p.Decided
	if f.Story == nil {
		if s := l.stories[storyKey(p.About, p.Lane)]; s != nil && s.Head == p.ID {
			told := s.Story
			f.Story = &told
		}
	}
	if p.Decided != nil && !p.Said {
		p.Said = true
		l.owePost(p)
	}
	effects := slices.DeleteFunc(messages.Follow(e, f), func(e Effect) bool {
		return !f.News && e.Key != "" && p.shows[e.Key] == e.String()
	})
	if len(effects) > 0 {
		p.shows = map[string]string{}
	}
	for i, e := range effects {
		// A lane of their own: what an old message says now must not hold up an alarm. They cannot overtake their message,
		// because they name it.
		if effects[i].Lane = p.Lane + followUps; e.Key != "" {
			p.shows[e.Key] = e.String()
		}
	}
	return effects
}

// sayAgain has every message say who decided that does not yet: the journal has not taken it, or the power went.
func (l *Loop) sayAgain(now time.Time) {
	if !l.unsaid {
		return
	}
	l.unsaid = false
	for _, id := range slices.Sorted(maps.Keys(l.posts)) {
		if p := l.posts[id]; p != nil && p.Decided != nil && !p.Said && !p.pressed && len(p.Receipt) > 0 {
			l.settled(now, p)
		}
	}
}

// restorePosts takes up the posts and stories: they are no state of the rules.
func (l *Loop) restorePosts(now time.Time) {
	for key, e := range l.kept.state {
		id, isPost := strings.CutPrefix(key, reservedPost)
		holder, isStory := strings.CutPrefix(key, reservedStory)
		switch {
		case isPost:
			p := new(post)
			if err := json.Unmarshal(e.Value, p); err != nil || p.ID != id {
				l.o.Restored("post", err)
			} else {
				p.At = notAfter(p.At, now)
				l.keptRow(Write{Key: key, Value: e.Value})
				l.posts[id] = p
				l.unsaid = l.unsaid || p.Decided != nil && !p.Said
			}
		case isStory:
			s := new(story)
			if err := json.Unmarshal(e.Value, s); err != nil {
				l.o.Restored("story of "+holder, err)
			} else {
				s.notAfter(now)
				s.Episode = notAfter(s.Episode, now)
				l.stories[s.key()] = s
			}
		default:
			continue
		}
		delete(l.kept.state, key)
	}
}

// restoreStories leaves out those without a first message: it was not sent and does not wait, or nobody knows where it
// is. The next message begins another.
func (l *Loop) restoreStories() {
	for _, s := range l.stories {
		if p := l.posts[s.Head]; p == nil || len(p.Receipt) == 0 && l.box.find(s.Head) == nil {
			l.forgetStory(s)
		}
	}
}
