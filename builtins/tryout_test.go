package builtins

import (
	"slices"
	"testing"
	"time"
)

func TestTryOut(t *testing.T) {
	unknown := "OWNERS = {}\n"
	for _, c := range []struct {
		src  string
		want []string
	}{
		{"def on_playback(now):\n\tallow()", nil},
		{"def on_playback(now):\n\t[][0]\n\tallow()", []string{"error home.star:2:4: on_playback fails always, whoever plays: index 0 out of range: empty list"}},
		// A device that the rules know may have an owner.
		{unknown + "def on_playback(now):\n\tname = now.device and now.device.name\n\tallow(OWNERS.get(name)['owner'])", []string{
			"warning home.star:4:24: on_playback fails when nobody holds the player and when a device plays that was never seen: unhandled index operation NoneType[string]",
		}},
		// So may state that something else writes.
		{"def on_playback(now):\n\tallow(state.get('x')['y'])", []string{
			"warning home.star:2:22: on_playback fails when nobody holds the player and when a device plays that was never seen: unhandled index operation NoneType[string]",
		}},
		// Or another time of day.
		{"def on_playback(now):\n\tallow([''][time.now().year])", []string{
			"warning home.star:2:12: on_playback fails when nobody holds the player and when a device plays that was never seen: list index 2026 out of range [-1:0]",
		}},
		{"def on_playback(now):\n\tallow(now.device.name)", []string{"warning home.star:2:18: on_playback fails when nobody holds the player: NoneType has no .name field or method"}},
	} {
		var got []string
		for _, p := range TryOut(loaded(t, c.src, All(Deps{})), time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)) {
			p.Hint = ""
			got = append(got, p.Severity.String()+" "+p.String())
			if refused := Refused(TryOut(loaded(t, c.src, All(Deps{})), time.Now())) != nil; refused != (p.Severity == 0) {
				t.Errorf("%s: refused is %t", c.src, refused)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}
