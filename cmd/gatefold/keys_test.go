package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gorilla/websocket"
)

func TestKeys(t *testing.T) {
	long := strings.Repeat("x", maxTyped+10)
	for name, c := range map[string]struct {
		in     string
		single bool
		want   []string
	}{
		"single keys":          {"1q\x1b[Aä", true, []string{"1", "q", "\x1b", "[", "A", "ä"}},
		"lines":                {"1\n  2 \r\n\nq", false, []string{"1", "2", "", "q"}},
		"a long line is cut":   {long + "\n2\n", false, []string{long[:maxTyped], long[maxTyped:], "2"}},
		"nothing":              {"", false, nil},
		"nothing, single keys": {"", true, nil},
	} {
		var got []string
		keys(iotest.OneByteReader(strings.NewReader(c.in)), c.single, func(key string) { got = append(got, key) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// keyed is a show before a simulated Slack that somebody has connected to.
type keyed struct {
	*show
	t     *testing.T
	house *household
	quits int
}

func newKeyed(t *testing.T, screen bool) *keyed {
	clock := newClock(1)
	house, leave, err := newHousehold(clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	k := &keyed{t: t, house: house}
	k.show = newShow(showOptions{stdio: stdio{out: new(bytes.Buffer)}, clock: clock, house: house, plain: !screen, speed: 1, quit: func() { k.quits++ }})
	return k
}

func (k *keyed) call(method string, token string, form url.Values) map[string]any {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), "POST", k.house.slackURL+method, strings.NewReader(form.Encode()))
	if err != nil {
		k.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := k.house.transport.RoundTrip(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	var said map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said["ok"] != true {
		k.t.Fatalf("%s: %v %v", method, said, err)
	}
	return said
}

const twoButtons = `[{"type":"section","text":{"type":"mrkdwn","text":"Bob plays"}},{"type":"actions","elements":[
	{"type":"button","text":{"type":"plain_text","text":"Allow for an hour"}},{"type":"button","text":{"type":"plain_text","text":"Keep blocking"}}]}]`

// ask posts a message with two buttons.
func (k *keyed) ask() map[string]any {
	return k.call("chat.postMessage", demoBotToken, url.Values{"channel": {"#music"}, "text": {"Bob plays"}, "blocks": {twoButtons}})
}

// connect opens a socket, as the daemon does.
func (k *keyed) connect() *websocket.Conn {
	k.t.Helper()
	address := k.call("apps.connections.open", demoAppToken, nil)["url"].(string)
	conn, _, err := websocket.DefaultDialer.DialContext(k.t.Context(), address, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { conn.Close() })
	if err := k.house.slack.Await(k.t.Context(), func() bool { return k.house.slack.Connections() == 1 }); err != nil {
		k.t.Fatal(err)
	}
	return conn
}

// told are the lines of Slack so far; they wait for the banner.
func (k *keyed) told() (all []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.early {
		if l.kind == "slack" {
			all = append(all, l.text)
		}
	}
	return all
}

func (k *keyed) wantLast(what string) {
	k.t.Helper()
	if told := k.told(); len(told) == 0 || !strings.Contains(told[len(told)-1], what) {
		k.t.Errorf("%q, want %q last", told, what)
	}
}

func TestANumberPressesAButton(t *testing.T) {
	k := newKeyed(t, false)
	k.typed("1")
	k.wantLast("there is no button 1: no message shows a button now")
	message := k.ask()
	k.typed("2")
	k.wantLast(`U0ANN cannot press "Keep blocking": this app is not connected to Slack right now`)
	k.connect()
	k.typed("2")
	k.wantLast(`U0ANN presses "Keep blocking"`)
	if p := k.house.slack.Presses(); len(p) != 1 || p[0].User != demoPerson || p[0].Button.Label != "Keep blocking" {
		t.Errorf("%+v", p)
	}
	k.typed("3")
	k.wantLast("there is no button 3: [1] Allow for an hour  [2] Keep blocking")
	k.typed("x")
	k.wantLast(`nobody knows "x"`)

	k.call("chat.update", demoBotToken, url.Values{"channel": {message["channel"].(string)}, "ts": {message["ts"].(string)}, "text": {"Ann &amp; Ben decided"}})
	k.world()
	k.wantLast("gatefold edits in #music: Ann & Ben decided")
	k.typed("2")
	k.wantLast("there is no button 2: no message shows a button now")
	if k.typed("q"); k.quits != 1 {
		t.Errorf("q was taken %d times", k.quits)
	}
}

func TestButtonsAreOfferedOnce(t *testing.T) {
	k := newKeyed(t, false)
	k.ask()
	k.offer()
	if told := k.told(); len(told) != 0 {
		t.Errorf("nobody can type, and yet %q", told)
	}
	k.mu.Lock()
	k.listens = true
	k.mu.Unlock()
	k.offer()
	k.offer()
	if told := k.told(); len(told) != 1 || told[0] != "type a number and Enter: [1] Allow for an hour  [2] Keep blocking" {
		t.Errorf("%q", told)
	}
}

func TestTheTerminalIsGivenBackOnce(t *testing.T) {
	k := newKeyed(t, true)
	given := 0
	k.restore = func() { given++ }
	func() {
		defer func() { _ = recover() }()
		defer k.giveBack()
		panic("the demo broke")
	}()
	k.giveBack()
	if given != 1 {
		t.Errorf("given back %d times", given)
	}
}

// The end of what is typed is no end of the demo, and the end of the demo does not wait for more of it.
func TestDemoListens(t *testing.T) {
	k := newKeyed(t, false)
	in, typist, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	k.o.stdio.in = in
	k.ask()
	k.connect()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stop := k.run(ctx)
	if _, err := typist.WriteString("1\n"); err != nil {
		t.Fatal(err)
	}
	typist.Close()
	if err := k.house.slack.Await(ctx, func() bool { return len(k.house.slack.Presses()) == 1 }); err != nil {
		t.Fatal(err)
	}
	stop()
	if k.quits != 0 {
		t.Error("the end of the input ended the demo")
	}
}
