package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatefold/builtins"
	"gatefold/internal/sim"
	"gatefold/internal/slack"
	"gatefold/internal/timeline"
	"gatefold/rules"
)

// slackLives runs a timeline with the shipped rules, the real loop, outbox and Slack client, and a simulated Slack that
// lives through a story of its own, all on the timeline's clock. It gives that Slack, as it is at the end.
func slackLives(t *testing.T, story, script string) *sim.Slack {
	t.Helper()
	var world *sim.Slack
	told, err := sim.ParseScript("slack.story", strings.NewReader(script+"at 1000h slack fails reset once\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := timeline.Files(rules.Files)
	if err != nil {
		t.Fatal(err)
	}
	tl, err := timeline.Parse("story.timeline", []byte(story))
	if err != nil {
		t.Fatal(err)
	}
	_, err = timeline.Run(tl, timeline.Options{Files: files, Alone: "home.star", Poster: func(now func() time.Time) builtins.Poster {
		world = sim.NewSlack(sim.SlackOptions{Now: now, Limit: true})
		world.Follow(told, now())
		p, err := slack.New(slack.Options{
			Token: func() string { return "xoxb-test" }, Now: now,
			HTTP: &http.Client{Transport: sim.Transport(map[string]http.Handler{"slack.com": world})},
		})
		if err != nil {
			t.Fatal(err)
		}
		out := &poster{slack: p, buttons: true}
		channel := "#music"
		out.channel.Store(&channel)
		return out
	}})
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// channel is what everybody in the channel sees, a line for each message, with what stands in their threads below.
func channel(world *sim.Slack) string {
	var b strings.Builder
	for _, m := range world.Shown() {
		fmt.Fprintf(&b, "%s", strings.Join(m.Lines, " / "))
		for _, button := range m.Buttons {
			fmt.Fprintf(&b, " [%s]", button.Label)
		}
		b.WriteByte('\n')
		for _, r := range m.Replies {
			mark := ""
			if r.Broadcast {
				mark = " (in the channel as well)"
			}
			fmt.Fprintf(&b, "    %s%s\n", strings.Join(r.Lines, " / "), mark)
		}
	}
	return b.String()
}

func sameText(t *testing.T, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Errorf("Slack shows\n%s\n\nwant\n%s", got, strings.TrimSpace(want))
	}
}

const choicesShown = " [Allow for an hour] [Allow always] [Keep blocking]"

// One intruder, from his first note to the end.
func TestAStoryInSlack(t *testing.T) {
	world := slackLives(t, `
at 0s    playback device.name="Bob's Laptop" item.name="Blue Train" stubborn=3s
at 62s   playback none
at 4m    playback device.name="Bob's Laptop" item.name="Moanin'" obeys=true
at 6m    playback none
at 30m
`, "")
	sameText(t, channel(world), `
*Bob's Laptop* is playing on my account / paused 8 times, came back once, over after 4 min`+choicesShown+`
    *Bob's Laptop* gave up after 60 s, paused 7 times
    *Bob's Laptop* is back, after 3 min
    *Bob's Laptop* gave up after 4 min, paused 8 times
    *Bob's Laptop*: over after 4 min, paused 8 times, back once (in the channel as well)
`)
}

// Slack is away for an hour. Nothing is lost, nothing comes twice, the order is kept, and what is past by then is one message.
func TestSlackIsAwayForAnHour(t *testing.T) {
	world := slackLives(t, `
at 0s    playback device.name="Kitchen" device.type=speaker item.name="So What"
at 10m   playback device.name="Bob's Laptop" item.name="Blue Train" obeys=true
at 11m   playback none
at 20m   playback device.name="Eve's Phone" device.type=smartphone item.name="Naima" obeys=true
at 21m   playback none
at 32m   playback device.name="Mallory's TV" device.type=tv item.name="Naima" obeys=true
at 33m   playback none
at 60m   playback device.name="Trudy's Car" device.type=car item.name="Naima" obeys=true
at 90m
`, "at 5m slack fails reset for 1h\n")
	sameText(t, channel(world), `
*While Slack was away* (12:10 to 12:32): / • 12:10 *Bob's Laptop* is playing on my account (paused once, over at once) / • 12:20 *Eve's Phone* is playing on my account (paused once, over at once) / • 12:32 *Mallory's TV* is playing on my account (paused once, over at once)
*Trudy's Car* is playing on my account / (written at 13:00, 5 minutes ago) / paused once, gave up at once`+choicesShown+`
    *Trudy's Car* gave up at once, paused once
`)
}

// Names that strangers choose neither ping nor link, wherever they are shown.
func TestHostileNamesInSlack(t *testing.T) {
	world := slackLives(t, `
at 0s    playback device.name="<!channel> <https://evil.example|free> @here & *x*" item.name="Blue Train" stubborn=3s
at 62s   playback none
at 30m
`, "")
	for _, c := range world.Calls() {
		for name, value := range c.Arguments {
			if name == "blocks" || name == "text" {
				value = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(value)
				for _, bad := range []string{"<!", "<https", "<@"} {
					if strings.Contains(value, bad) {
						t.Errorf("%s: %s holds %s: %s", c.Method, name, bad, value)
					}
				}
			}
		}
	}
	if len(world.Messages()) < 2 {
		t.Errorf("only %d messages", len(world.Messages()))
	}
}

func long(n int) string { return strings.Repeat("é&", n/2) }

// A name of any length shows cut, on a rune and outside of an entity.
func TestLongNamesInSlack(t *testing.T) {
	world := slackLives(t, `
at 0s    playback device.name="`+long(6000)+`" item.name="Blue Train" stubborn=3s
at 62s   playback none
at 30m
`, "")
	for _, m := range world.Shown() {
		for _, line := range m.Lines {
			if i := strings.LastIndexByte(line, '&'); i >= 0 && !strings.Contains(line[i:], ";") {
				t.Errorf("cut inside an entity: …%s", line[max(0, len(line)-40):])
			}
		}
	}
	for _, c := range world.Calls() {
		if c.Error != "" {
			t.Errorf("%s: %s", c.Method, c.Error)
		}
	}
}
