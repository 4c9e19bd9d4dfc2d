package timeline

import (
	"errors"
	"strings"
	"testing"
)

const wrongStory = `# The kitchen is ours, Bob's laptop is not.
accounts home
at 0s  playback device.name="Kitchen"
	allow()            # it is
	blink1.set("green")
	pause()
	blink1.sett("red")

# Then Bob.
at 20s playback device.name="Bob's Laptop" stubborn=1s

at 1m  playback none
	# nobody is left
	blink1.set("white", brightness=5)
	slack.post("good night")
`

const wrongDiff = `story.timeline:3: at 0s  playback device.name="Kitchen"
    4  	allow()            # it is
    5 -	blink1.set("green")
    6 -	pause()
    7 -	blink1.sett("red")
      ! blink1.sett("red"): module has no .sett field or method (did you mean .set?)
      +	blink1.set(color="#2962ff")
story.timeline:10: at 20s playback device.name="Bob's Laptop" stubborn=1s
      +	deny(reason="not a household device")
      +	blink1.set(color="#ff0000")
      +	pause()
      +	slack.post(text="*Bob's Laptop* is playing on my account", every="30m")
      +	+10s to +30s every 10s pause()
story.timeline:12: at 1m  playback none
   14  	blink1.set("white", brightness=5)
   15 -	slack.post("good night")
`

const rightStory = `# The kitchen is ours, Bob's laptop is not.
accounts home
at 0s  playback device.name="Kitchen"
	allow()            # it is
	blink1.set(color="#2962ff")

# Then Bob.
at 20s playback device.name="Bob's Laptop" stubborn=1s
	deny(reason="not a household device")
	blink1.set(color="#ff0000")
	pause()
	slack.post(text="*Bob's Laptop* is playing on my account", every="30m")
	+10s to +30s every 10s pause()

at 1m  playback none
	# nobody is left
	blink1.set("white", brightness=5)
`

func TestDiffAndUpdate(t *testing.T) {
	files := folder(t, "testdata/intruder")
	r := mustRun(t, mustParse(t, wrongStory), Options{Files: files})
	if r.OK() {
		t.Error("it is not OK")
	}
	if got := r.Diff(); got != wrongDiff {
		t.Errorf("diff:\n%s", got)
	}
	fixed := Update([]byte(wrongStory), r)
	if string(fixed) != rightStory {
		t.Errorf("updated:\n%s", fixed)
	}
	again := mustRun(t, mustParse(t, string(fixed)), Options{Files: files})
	if !again.OK() || again.Diff() != "" {
		t.Errorf("after the update:\n%s", again.Diff())
	}
	if twice := Update(fixed, again); string(twice) != string(fixed) {
		t.Errorf("updated twice:\n%s", twice)
	}
	if other := Update([]byte("at 0s\n"), r); string(other) != "at 0s\n" {
		t.Errorf("another file was changed: %s", other)
	}
}

func TestUpdateKeepsLineEnds(t *testing.T) {
	files := folder(t, "testdata/intruder")
	for in, want := range map[string]string{
		"at 0s\r\nat 1s playback device.name=Kitchen\r\n": "at 0s\r\n\tblink1.set(color=\"#ffffff\", brightness=5)\r\nat 1s playback device.name=Kitchen\r\n\tallow()\r\n\tblink1.set(color=\"#2962ff\")\r\n",
		"at 0s":              "at 0s\n\tblink1.set(color=\"#ffffff\", brightness=5)\n",
		"at 0s\n  pause()":   "at 0s\n  blink1.set(color=\"#ffffff\", brightness=5)\n",
		"at 0s\n    # why\n": "at 0s\n\tblink1.set(color=\"#ffffff\", brightness=5)\n    # why\n",
	} {
		r := mustRun(t, mustParse(t, in), Options{Files: files})
		if got := string(Update([]byte(in), r)); got != want {
			t.Errorf("%q:\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestNotesOfMisplacedLines(t *testing.T) {
	files := folder(t, "testdata/intruder")
	for _, c := range []struct{ story, note string }{
		{"at 0s\n\t+5s pause()\nat 5s", "that is at 5s: it belongs below the line of 5s"},
		{"at 0s\n\t+5s pause()", "the story ends with its last at: add a line at 5s"},
		{"at 0s\n\tpause()\nat 0s playback none", "what happens at 0s is listed below the last line of that moment"},
		{"accounts a b\nat 0s\n\tpause()", "whose? There are several accounts: write a: before the call"},
		{"at 0s\n\twork: pause()", "there is no account work: the accounts are home"},
		{"at 0s\n\t+soon pause()", `"soon" is no duration`},
		{"at 0s\n\t+1s to +4s every 2s pause()\nat 9s", "from 1s one does not come to 4s in steps of 2s"},
		{"at 0s\n\t+1s to +4s every 0s pause()\nat 9s", "from 1s one does not come to 4s in steps of 0s"},
		{"at 0s\n\tpause(every=)", "cannot be read"},
		{"at 0s\n\tnothing", "is no call: write one like"},
	} {
		r := mustRun(t, mustParse(t, c.story), Options{Files: files})
		if diff := r.Diff(); !strings.Contains(diff, "! "+c.note) {
			t.Errorf("%q: %s", c.story, diff)
		}
		fixed := Update([]byte(c.story), r)
		if again := mustRun(t, mustParse(t, string(fixed)), Options{Files: files}); !again.OK() {
			t.Errorf("%q is not mended:\n%s", c.story, again.Diff())
		}
	}
}

func TestRunErrors(t *testing.T) {
	story := mustParse(t, "at 0s\nat 1s  edit home.star _gone.star\n")
	_, err := Run(story, Options{Files: folder(t, "testdata/intruder")})
	var e *Error
	if !errors.As(err, &e) || err.Error() != "story.timeline:2:13: edit: there is no file _gone.star in the rules folder" {
		t.Error(err)
	}
	if _, err := Run(story, Options{Files: rule("def on_playback(")}); err == nil || !strings.Contains(err.Error(), "home.star:1") {
		t.Error(err)
	}
}
