//go:build prometheus

package dashboards

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// server is a Prometheus that asks the demo for metrics.
type server struct {
	base  string
	begun time.Time
	ended <-chan struct{}
}

// start runs Prometheus as metrics/prometheus/prometheus.yml says, but with the demo as the target and in a hurry.
func start(t *testing.T, target string, args ...string) *server {
	t.Helper()
	dir := t.TempDir()
	config := read(t, "metrics/prometheus/prometheus.yml")
	for old, new := range map[string]string{
		`["127.0.0.1:9464"]`: `["` + target + `"]`, "scrape_interval: 15s": "scrape_interval: 500ms", "evaluation_interval: 15s": "evaluation_interval: 1s",
	} {
		if strings.Count(config, old) != 1 {
			t.Fatalf("prometheus.yml has no %s to be replaced", old)
		}
		config = strings.Replace(config, old, new, 1)
	}
	for name, text := range map[string]string{"prometheus.yml": config, "gatefold.rules.yaml": read(t, "metrics/prometheus/gatefold.rules.yaml")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := free(t)
	s := &server{base: "http://" + address, begun: time.Now()}
	s.ended = run(t, func(string) {}, "prometheus", append([]string{
		"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + address, "--log.level=warn",
	}, args...)...).ended
	s.until(t, "Prometheus is not ready", func() bool {
		res, err := http.Get(s.base + "/-/ready")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return s
}

// free is an address on which nothing listened a moment ago.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until asks again and again, for a minute at most.
func (s *server) until(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for late := time.After(time.Minute); ; {
		if done() {
			return
		}
		select {
		case <-again.C:
		case <-s.ended:
			t.Fatal("Prometheus ended")
		case <-late:
			t.Fatal(otherwise)
		}
	}
}

// answer is one series of a result.
type answer struct {
	labels  map[string]string
	numbers int // values that are numbers
}

// get asks the API and reads the data of its answer.
func (s *server) get(path string, q url.Values, into any) error {
	res, err := http.Get(s.base + path + "?" + q.Encode())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said := struct {
		Status, Error string
		Data          any
	}{Data: into}
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		return fmt.Errorf("%s: %w", res.Status, err)
	}
	if said.Status != "success" {
		return fmt.Errorf("%s: %s", res.Status, said.Error)
	}
	return nil
}

// ask sends a query, for this moment or for all the time since Prometheus began.
func (s *server) ask(query string, instant bool) ([]answer, error) {
	path, q := "/api/v1/query", url.Values{"query": {query}}
	if !instant {
		path = "/api/v1/query_range"
		q.Set("start", seconds(s.begun))
		q.Set("end", seconds(time.Now()))
		q.Set("step", "1")
	}
	var data struct {
		ResultType string
		Result     []struct {
			Metric map[string]string
			Value  [2]any
			Values [][2]any
		}
	}
	if err := s.get(path, q, &data); err != nil {
		return nil, err
	}
	if data.ResultType != "vector" && data.ResultType != "matrix" {
		return nil, fmt.Errorf("the result is a %s", data.ResultType)
	}
	var all []answer
	for _, r := range data.Result {
		a := answer{labels: r.Metric}
		for _, v := range append(r.Values, r.Value) {
			text, _ := v[1].(string)
			if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
				a.numbers++
			}
		}
		all = append(all, a)
	}
	return all, nil
}

func seconds(at time.Time) string { return fmt.Sprintf("%.3f", float64(at.UnixMilli())/1e3) }
