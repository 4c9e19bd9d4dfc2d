//go:build peer

package peer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The apps that the server knows.
const (
	publicApp       = "public"
	confidentialApp = "confidential"
	appSecret       = "the-secret-of-the-confidential-app"
)

// server is an authorization server in a process of its own.
type server struct {
	*testing.T
	address string
}

// serve starts a server with these flags of provider.mjs. It ends with the test, and with this process.
func serve(t *testing.T, flags ...string) *server {
	t.Helper()
	t.Parallel() // most of the time somebody waits
	from, err := modules()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() // a module looks for others beside itself
	script, err := os.ReadFile(filepath.Join("testdata", "provider.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "provider.mjs"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(from, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", append([]string{"provider.mjs"}, flags...)...)
	var said bytes.Buffer
	node.Dir, node.Stderr = dir, &said
	alive, err := node.StdinPipe() // closed when this process dies, however it does
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		alive.Close()
		_ = node.Process.Kill()
		_ = node.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", said.String())
		}
	})
	late := time.AfterFunc(time.Minute, func() { _ = node.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if err != nil || !ok {
		t.Fatalf("the server does not listen: %q %v", line, err)
	}
	return &server{t, address}
}

// owner tells the account's owner what to do: "refuse" or "withdraw".
func (s *server) owner(does string) {
	s.Helper()
	s.post("/owner/"+does, nil)
}

func (s *server) post(path string, form url.Values) []byte {
	s.Helper()
	res, err := http.PostForm(s.address+path, form)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.Fatalf("%s: %d %s %v", path, res.StatusCode, body, err)
	}
	return body
}

// active asks the server whether a token is good (RFC 7662), on behalf of nobody who is tested here.
func (s *server) active(token string) bool {
	s.Helper()
	var answer struct{ Active bool }
	body := s.post("/api/introspect", url.Values{"token": {token}, "client_id": {"witness"}, "client_secret": {"witness"}})
	if err := json.Unmarshal(body, &answer); err != nil {
		s.Fatal(err)
	}
	return answer.Active
}

// browse opens an address as a new browser does, follows it with its cookies over the pages of the server, and gives the
// first address elsewhere, which it does not open. nil: it stayed on a page, with this status.
func (s *server) browse(address string) (sentTo *url.URL, status int) {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), s.address+"/") {
			sentTo = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := browser.Get(address)
	if err != nil {
		s.Fatal(err)
	}
	res.Body.Close()
	return sentTo, res.StatusCode
}

// clock is the wall clock, which a test can set forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// counter is a transport that counts requests.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return http.DefaultTransport.RoundTrip(req)
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
