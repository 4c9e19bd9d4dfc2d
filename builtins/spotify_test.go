package builtins

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatefold/engine"
)

// fakeSpotify answers questions and remembers commands.
type fakeSpotify struct {
	err  error
	told []string
}

func (f *fakeSpotify) Devices(_ context.Context, account string) ([]Device, error) {
	f.told = append(f.told, "devices of "+account)
	return []Device{{ID: "a", Name: "Kitchen", Type: "speaker", Volume: 30, SupportsVolume: true}, {Name: "Sonos", Type: "speaker", Volume: -1, Restricted: true}}, f.err
}

func (f *fakeSpotify) RecentlyPlayed(_ context.Context, account string, limit int) ([]Play, error) {
	f.told = append(f.told, fmt.Sprintf("the last %d of %s", limit, account))
	at := time.Date(2026, 3, 2, 20, 4, 0, 0, time.UTC)
	return []Play{{Item: Item{Kind: "track", Name: "Blue Train", Artists: []string{"John Coltrane"}, URI: "spotify:track:1", Duration: 10 * time.Minute}, PlayedAt: at, Context: "spotify:album:2"}}, f.err
}

func (f *fakeSpotify) Transfer(_ context.Context, account, device string, play bool) error {
	f.told = append(f.told, fmt.Sprint(account, ": to ", device, " ", play))
	return f.err
}

func (f *fakeSpotify) Volume(_ context.Context, account, device string, percent int) error {
	f.told = append(f.told, fmt.Sprintf("%s: volume of %q %d", account, device, percent))
	return f.err
}

func (f *fakeSpotify) ReplacePlaylist(_ context.Context, account, id string, uris []string) error {
	f.told = append(f.told, fmt.Sprint(account, ": ", id, " ", uris))
	return f.err
}

func loaded(t *testing.T, src string, modules []engine.Module) *engine.Ruleset {
	t.Helper()
	set, err := engine.Load(engine.Snapshot{{Path: "home.star", Data: []byte(src)}}, engine.Limits{}, modules...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// What is fetched comes to the rule as what it asked for, by way of the journal's JSON.
func TestQuestionsAreAnswered(t *testing.T) {
	src := `
def on_playback(now):
    d = spotify.devices()
    p = spotify.recently_played(limit = 3)
    log(d, dir(d), p, [x.name for x in d], [x.id for x in d], [x.volume for x in d], d.error)
    if p:
        log(p[0], p[0].item.artists, p[0].played_at == time.parse_time("2026-03-02T20:04:00Z"), p[0].context, type(p[0]), dir(p[0]))
`
	for _, c := range []struct {
		err  error
		want []string
	}{
		{nil, []string{
			`devices(2) ["error"] plays(1) ["Kitchen", "Sonos"] ["a", None] [30, None] None`,
			`Blue Train by John Coltrane at 20:04 ("John Coltrane",) True spotify:album:2 play ["context", "item", "played_at"]`,
		}},
		{errors.New("no budget"), []string{`devices(error="no budget") ["error"] plays(error="no budget") [] [] [] no budget`}},
	} {
		from := &fakeSpotify{err: c.err}
		modules := All(Deps{Inquirer: from, Commander: from, Playlists: from})
		set := loaded(t, src, modules)
		ev := engine.Event{ID: "1", Account: "home", Kind: engine.KindPlayback, Cause: engine.CauseLook, Time: standardTime.UTC(), Data: NewPlayback(standardLook())}
		d := set.Evaluate(t.Context(), ev, engine.Facts{}, nil)
		for len(d.Asks) > 0 {
			ev.Answers = append(ev.Answers, engine.AnswerNow(t.Context(), func() time.Time { return standardTime }, modules, d.Asks)...)
			d = set.Evaluate(t.Context(), ev, engine.Facts{}, nil)
		}
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		var got []string
		for _, l := range d.Logs {
			got = append(got, l.Text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v:\n got %q\nwant %q", c.err, got, c.want)
		}
		if want := []string{"devices of home", "the last 3 of home"}; !slices.Equal(from.told, want) {
			t.Errorf("asked %q", from.told)
		}
	}
	if got := engine.AnswerNow(t.Context(), time.Now, All(Deps{}), []engine.Ask{{Name: "spotify.devices", Args: nothing{}}}); got[0].Err != "there is no Spotify to ask" {
		t.Errorf("without a Spotify: %+v", got)
	}
}

func TestCommandsAreCarriedOut(t *testing.T) {
	for call, want := range map[string]string{
		`spotify.transfer(to="a", play=True)`:                                                         "home: to a true",
		`spotify.transfer(to="a", every="1h", key="k")`:                                               "home: to a false",
		`spotify.volume(percent=0)`:                                                                   `home: volume of "" 0`,
		`spotify.volume(percent=100, device="a")`:                                                     `home: volume of "a" 100`,
		`spotify.replace_playlist(id="37i9dQZF1DXcBWIGoYBM5M", uris=["spotify:track:1"])`:             "home: 37i9dQZF1DXcBWIGoYBM5M [spotify:track:1]",
		`spotify.replace_playlist(id="spotify:playlist:37i9dQZF1DXcBWIGoYBM5M", uris=[], every="1h")`: "home: 37i9dQZF1DXcBWIGoYBM5M []",
	} {
		to := &fakeSpotify{}
		modules := All(Deps{Inquirer: to, Commander: to, Playlists: to})
		e, err := engine.ParseEffect(call, modules...)
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		e.Account = "home"
		if got := engine.Apply(t.Context(), time.Now, modules, e); got.Outcome.Result != "sent" || !slices.Equal(to.told, []string{want}) {
			t.Errorf("%s: %+v, told %q", call, got, to.told)
		}
		to.err = errors.New("no")
		if got := engine.Apply(t.Context(), time.Now, modules, e); got.Outcome.Error != "no" || got.Final {
			t.Errorf("%s: %+v", call, got)
		}
		if got := engine.Apply(t.Context(), time.Now, All(Deps{}), e); !got.Final || got.Outcome.Error != "there is no Spotify to command: "+e.Call {
			t.Errorf("%s without a Spotify: %+v", call, got)
		}
	}
	to := &fakeSpotify{}
	modules := All(Deps{Commander: to})
	e, err := engine.ParseEffect(`spotify.transfer(to="")`, modules...)
	if err != nil {
		t.Fatal(err)
	}
	if got := engine.Apply(t.Context(), time.Now, modules, e); !got.Final || to.told != nil {
		t.Errorf("a device without an id: %+v, told %q", got, to.told)
	}
}

// needsOf are the needs of a ruleset, one text each: the scope, and where it is needed.
func needsOf(set *engine.Ruleset) (out []string) {
	for _, n := range Needs(set.Calls) {
		line := n.Scope
		for _, c := range n.Calls {
			line += " " + c.Name + "@" + c.Pos
		}
		out = append(out, line)
	}
	return out
}

func TestNeeds(t *testing.T) {
	set := loaded(t, `
def on_playback(now):
    deny("x")
    pause()
    spotify.devices()
    spotify.transfer("a")
    slack.post("x")
    spotify.replace_playlist("37i9dQZF1DXcBWIGoYBM5M", spotify.recently_played())
`, All(Deps{}))
	got := needsOf(set)
	want := []string{
		"user-read-playback-state",
		"user-modify-playback-state pause@home.star:4:5 spotify.transfer@home.star:6:5",
		"playlist-modify-private spotify.replace_playlist@home.star:8:5",
		"user-read-recently-played spotify.recently_played@home.star:8:56",
	}
	slices.Sort(got[1:])
	slices.Sort(want[1:])
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if got := Needs(nil); len(got) != 1 || got[0].Scope != "user-read-playback-state" || got[0].Calls != nil {
		t.Errorf("rules that call nothing: %v", got)
	}
}

// A name that is not called counts as well; of a module as a value nobody can say what it needs, so it adds no permission.
func TestNeedsOfWhatIsNotCalled(t *testing.T) {
	set := loaded(t, `
stop = pause
heard = getattr(spotify, "recently_played")
sp = spotify
lamp = blink1

def on_playback(now, volume = spotify.volume):
    allow()

def report(spotify, pause):
    return [spotify.replace_playlist, pause, spotify]
`, All(Deps{}))
	got := needsOf(set)
	want := []string{
		"user-read-playback-state",
		"user-modify-playback-state pause@home.star:2:8 spotify.volume@home.star:7:31",
		"user-read-recently-played spotify.recently_played@home.star:3:17",
		" spotify@home.star:4:6",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// A module with a member that needs a permission must not be handed about unnoticed.
func TestEveryModuleThatNeedsAPermissionIsNoticed(t *testing.T) {
	for _, m := range All(Deps{}) {
		needs := m.Name != "" && slices.ContainsFunc(m.Members.Keys(), func(member string) bool { return scopeOf(m.Name+"."+member) != "" })
		if unseen(m.Name) != needs {
			t.Errorf("%s as a value: noticed %t, want %t", m.Name, unseen(m.Name), needs)
		}
	}
}
