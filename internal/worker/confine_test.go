package worker

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The child says what it could give up, and it is what this kernel offers: files, network and other processes are out of
// reach, it has no environment, and its memory is bounded.
func TestConfined(t *testing.T) {
	t.Setenv("GATEFOLD_SECRET_SLACK_BOT_TOKEN", "xoxb-secret")
	w := open(t, nil)
	c, err := w.Try(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s; lacks %v", c, c.Lacks)
	if !c.Files || !c.Network || !c.Memory {
		t.Errorf("%+v", c)
	}
	decidesStill(t, mustLoad(t, w, denies))
	rules := mustLoad(t, w, denies)
	w.Adopt(rules)
	decidesStill(t, rules)
	pid, _, _ := w.Running()
	dir := "/proc/" + strconv.Itoa(pid)
	if env, err := os.ReadFile(dir + "/environ"); err != nil || len(env) > 0 {
		t.Errorf("its environment: %q, %v", env, err)
	}
	if adj, err := os.ReadFile(dir + "/oom_score_adj"); err != nil || strings.TrimSpace(string(adj)) != "1000" {
		t.Errorf("oom_score_adj %q, %v", adj, err)
	}
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		to, _ := os.Readlink(dir + "/fd/" + fd.Name())
		if !strings.HasPrefix(to, "pipe:") && !strings.HasPrefix(to, "anon_inode:[event") {
			t.Errorf("it has %s open", to)
		}
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil || !strings.Contains(string(status), "NoNewPrivs:\t1") || c.Calls && !strings.Contains(string(status), "Seccomp:\t2") {
		t.Errorf("%v\n%s", err, status)
	}
}
