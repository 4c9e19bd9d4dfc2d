package worker

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gatefold/engine"
)

// The test binary is the child, too.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(Main())
	}
	if len(os.Args) == 2 && os.Args[1] == asParent {
		beParent()
	}
	goleak.VerifyTestMain(m)
}

// beParent has a rule hang in a child, and says the child's pid.
func beParent() {
	self, err := Self()
	if err != nil {
		panic(err)
	}
	w := New(Options{Program: self, Vocabulary: Vocabulary{AnyName: true}, Now: time.Now, Limits: Limits{Handler: time.Hour, Turn: time.Hour}})
	rules, err := w.Load(context.Background(), source("home.star", `
def on_playback(now):
    if now.device and now.device.name == "Boom":
        t = ()
        for i in range(40):
            t = (t, t)
        d = {t: 1}
    deny("x")
`))
	if err != nil {
		panic(err)
	}
	w.Adopt(rules)
	rules.Evaluate(context.Background(), plays("Bob"), engine.Facts{}, nil)
	pid, _, _ := w.Running()
	fmt.Println(pid)
	rules.Evaluate(context.Background(), plays("Boom"), engine.Facts{}, nil)
}
