package hardware

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlainLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := NewTerminal(TerminalOptions{Options: Options{Clock: wallClock{}}, Writer: &out, Profile: TrueColor})
		show := func(f Frame) { l.Show(f); synctest.Wait() }
		show(Both(LED{Color: amber, Every: time.Second}))
		pass(time.Minute) // beats are not lines
		show(Both(LED{Color: amber, Every: time.Second}))
		show(steady(red))
		show(Both(LED{Color: red, Fade: time.Second})) // looks the same
		show(Frame{Top: LED{Color: red}, Bottom: LED{Color: green}})
		if got := l.Status(); got != (Status{State: StateConnected, Name: "terminal", Connected: true, Changes: 4}) {
			t.Errorf("status %+v", got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		l.Show(steady(blue))
		want := "light: amber, blinking every 1s\nlight: red\nlight: top red; bottom green\nlight: dark\n"
		if out.String() != want {
			t.Errorf("wrote\n%swant\n%s", out.String(), want)
		}
		if l.Status().Connected {
			t.Error("connected after Close")
		}
	})
}

func TestALivePaintedLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := NewTerminal(TerminalOptions{Options: Options{Clock: wallClock{}}, Writer: &out, Live: true})
		pass(300 * time.Millisecond)
		l.Show(Both(LED{Color: red, Every: time.Second}))
		pass(1200 * time.Millisecond)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		const start = "\r\x1b[2K"
		want := start + "● red, blinking every 1s" + start + "○ red, blinking every 1s" + start + "● red, blinking every 1s" + start + "○ dark\n"
		if out.String() != want {
			t.Errorf("wrote %q, want %q", out.String(), want)
		}
	})
}

func TestDrawAndView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drawn []string
		l := NewTerminal(TerminalOptions{Options: Options{Clock: wallClock{}}, Draw: func(line string) { drawn = append(drawn, line) }})
		pass(700 * time.Millisecond)
		shown := time.Now()
		l.Show(Both(LED{Color: red, Every: time.Second}))
		pass(600 * time.Millisecond)
		if got := l.View(shown); got != "● red, blinking every 1s" {
			t.Errorf("when shown it looks like %q", got)
		}
		if got := l.View(shown.Add(600 * time.Millisecond)); got != "○ red, blinking every 1s" {
			t.Errorf("in the dark half it looks like %q", got)
		}
		l.Close()
		if want := []string{"● red, blinking every 1s", "○ red, blinking every 1s", "○ dark"}; !slices.Equal(drawn, want) {
			t.Errorf("drew %q, want %q", drawn, want)
		}
		if got := l.View(time.Now()); got != "○ dark" {
			t.Errorf("after Close it looks like %q", got)
		}
	})
}

// stuck is a writer that fails, or hangs.
type stuck struct {
	err  error
	hang chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	if s.hang != nil {
		<-s.hang
	}
	return len(b), s.err
}

func TestAWriterThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{err: errFake}
		l := NewTerminal(TerminalOptions{Options: Options{Clock: wallClock{}}, Writer: w})
		l.Show(steady(red))
		synctest.Wait()
		if s := l.Status(); s.Connected || !strings.Contains(s.Err, "paint the light") {
			t.Errorf("status %+v", s)
		}
		w.err = nil
		l.Show(steady(green))
		synctest.Wait()
		if s := l.Status(); !s.Connected || s.Err != "" {
			t.Errorf("status %+v", s)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAWriterThatHangsBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &stuck{hang: make(chan struct{})}
		l := NewTerminal(TerminalOptions{Options: Options{Clock: wallClock{}}, Writer: w})
		for i := range 100 {
			l.Show(steady(RGB{byte(i), 1, 1}))
		}
		synctest.Wait()
		began := time.Now()
		if err := l.Close(); err == nil || time.Since(began) != CloseWait {
			t.Errorf("Close after %v: %v", time.Since(began), err)
		}
		close(w.hang)
	})
}
