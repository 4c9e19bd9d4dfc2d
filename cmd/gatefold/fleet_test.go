package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"gatefold/internal/sim"
	"gatefold/rules"
)

// make bench-fleet: one process of gatefold with many accounts, the simulator in another,
// HTTP over loopback between them. Each size gets new processes, so that no size pays
// for the one before it.
const (
	asFleet      = "TEST_FLEET" // "simulator" or "daemon": what this binary is to be, instead of a test
	fleetOf      = "TEST_FLEET_OF"
	fleetSizes   = "FLEET"         // which sizes; default 1,100,1000,10000
	fleetSeconds = "FLEET_SECONDS" // of measuring, after everybody was looked at; default 30
	fleetProfile = "FLEET_PROFILE" // a folder for start.cpu.N, steady.cpu.N, steady.heap.N and so on; default: none are taken, they cost
)

// fleetEvery is how often each account is looked at.
const fleetEvery = 5 * time.Second

// BenchmarkFleet prints a table. Aims for 10,000 accounts: p99 of the lateness 250 ms, 30 KB of
// resident memory for each account, and a look that costs what it costs with 100.
func BenchmarkFleet(b *testing.B) {
	sizes := []int{1, 100, 1000, 10000}
	if text := os.Getenv(fleetSizes); text != "" {
		sizes = nil
		for _, word := range strings.Split(text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 {
				b.Fatalf("%s=%s: write sizes with commas between them, like 100,1000", fleetSizes, text)
			}
			sizes = append(sizes, n)
		}
	}
	var all []fleetResult
	for _, n := range sizes {
		all = append(all, measureFleet(b, n))
	}
	printFleet(os.Stdout, all)
	b.ReportMetric(0, "ns/op")
}

// printFleet takes the smallest size as what a process needs without accounts.
func printFleet(to io.Writer, all []fleetResult) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	row := func(name string, cell func(r fleetResult) string) {
		fmt.Fprint(w, name, "\t")
		for _, r := range all {
			fmt.Fprint(w, cell(r), "\t")
		}
		fmt.Fprintln(w)
	}
	share := func(of func(fleetResult) float64) func(fleetResult) string {
		return func(r fleetResult) string {
			if r.Accounts == all[0].Accounts {
				return "-"
			}
			return fmt.Sprintf("%.1f", (of(r)-of(all[0]))/1024/float64(r.Accounts-all[0].Accounts))
		}
	}
	row("accounts", func(r fleetResult) string { return strconv.Itoa(r.Accounts) })
	row("looks/s", func(r fleetResult) string { return fmt.Sprintf("%.1f", r.Rate) })
	row("late p50, ms", func(r fleetResult) string { return fmt.Sprintf("%.2f", r.Late.P50) })
	row("late p99, ms", func(r fleetResult) string { return fmt.Sprintf("%.2f", r.Late.P99) })
	row("late worst, ms", func(r fleetResult) string { return fmt.Sprintf("%.2f", r.Late.Worst) })
	row("first look late p50, ms", func(r fleetResult) string { return fmt.Sprintf("%.2f", r.First.P50) })
	row("first look late p99, ms", func(r fleetResult) string { return fmt.Sprintf("%.2f", r.First.P99) })
	row("built and all seen, s", func(r fleetResult) string { return fmt.Sprintf("%.2f + %.2f", r.Built, r.AllSeen) })
	row("CPU/look, µs", func(r fleetResult) string { return fmt.Sprintf("%.0f", r.CPU) })
	row("simulator CPU/look, µs", func(r fleetResult) string { return fmt.Sprintf("%.0f", r.SimCPU) })
	row("both cores busy, %", func(r fleetResult) string { return fmt.Sprintf("%.0f", r.Busy) })
	row("allocated/look, KB", func(r fleetResult) string { return fmt.Sprintf("%.1f", r.Allocated/1024) })
	row("allocations/look", func(r fleetResult) string { return fmt.Sprintf("%.0f", r.Allocations) })
	row("resident, MB", func(r fleetResult) string { return fmt.Sprintf("%.1f", r.Resident/1024/1024) })
	row("resident/account, KB", share(func(r fleetResult) float64 { return r.Resident }))
	row("live heap/account, KB", share(func(r fleetResult) float64 { return r.Heap }))
	row("stacks/account, KB", share(func(r fleetResult) float64 { return r.Stacks }))
	row("goroutines", func(r fleetResult) string { return strconv.Itoa(r.Goroutines) })
	row("sockets", func(r fleetResult) string { return strconv.Itoa(r.Sockets) })
	row("failed looks", func(r fleetResult) string { return strconv.Itoa(r.Failed) })
}

// measureFleet runs both processes once.
func measureFleet(b *testing.B, n int) fleetResult {
	b.Helper()
	order := fleetOrder{Accounts: n, Dir: b.TempDir(), Seconds: 30, Profile: os.Getenv(fleetProfile)}
	if text := os.Getenv(fleetSeconds); text != "" {
		var err error
		if order.Seconds, err = strconv.Atoi(text); err != nil {
			b.Fatalf("%s=%s: write a number of seconds", fleetSeconds, text)
		}
	}
	simulator := fleetProcess(b, "simulator", order)
	keep, err := simulator.StdinPipe() // it ends with us
	if err != nil {
		b.Fatal(err)
	}
	out, err := simulator.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := simulator.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { keep.Close(); _ = simulator.Wait() }()
	if order.URL, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatal("the simulator does not begin: ", err)
	}
	order.URL, order.Simulator = strings.TrimSpace(order.URL), simulator.Process.Pid
	writeFleet(b, order)
	daemon := fleetProcess(b, "daemon", order)
	raw, err := daemon.Output()
	if err != nil {
		b.Fatalf("the daemon with %d accounts: %v", n, err)
	}
	var r fleetResult
	if err := json.Unmarshal(raw, &r); err != nil {
		b.Fatalf("%v in %s", err, raw)
	}
	return r
}

func fleetProcess(b *testing.B, role string, order fleetOrder) *exec.Cmd {
	raw, err := json.Marshal(order)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asFleet+"="+role, fleetOf+"="+string(raw), "XDG_CONFIG_HOME="+order.Dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// fleetOrder is what the two processes are told.
type fleetOrder struct {
	Accounts  int
	Dir       string
	Seconds   int
	Profile   string
	URL       string
	Simulator int // its process
}

func fleetOrdered() (o fleetOrder) {
	if err := json.Unmarshal([]byte(os.Getenv(fleetOf)), &o); err != nil {
		fleetFatal(err)
	}
	return o
}

func fleetFatal(err error) {
	fmt.Fprintln(os.Stderr, "fleet:", err)
	os.Exit(1)
}

func fleetAccount(i int) string { return fmt.Sprintf("home-%d", i) }

// writeFleet writes the shipped rules and a configuration.
func writeFleet(b *testing.B, o fleetOrder) {
	home, err := rules.Files.ReadFile("home.star")
	if err != nil {
		b.Fatal(err)
	}
	var config strings.Builder
	fmt.Fprintf(&config, `listen: 127.0.0.1:0
light: none
timezone: UTC
spotify:
  client_id: fleet
  api_url: %[1]s/v1
  accounts_url: %[1]s
  budget: {per_30s: 1000000, per_day: 1000000000}
  poll: {denied: %[2]s, playing: %[2]s, paused: %[2]s, idle: %[2]s, idle_max: %[2]s}
accounts:
`, o.URL, fleetEvery)
	for i := range o.Accounts {
		fmt.Fprintf(&config, "  - name: %s\n", fleetAccount(i))
	}
	for name, text := range map[string]string{"rules/home.star": string(home), "rules/pace.star": fmt.Sprintf("def on_playback(now):\n    poll(every = \"%s\")\n", fleetEvery), "gatefold.yaml": config.String()} {
		path := filepath.Join(o.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// simulateFleet is the other process: of 100 accounts 70 play on a device of the house, 9 are
// paused there, 20 play nothing, and a stranger plays on one. Tracks end after four minutes, and
// not all at once.
func simulateFleet() {
	o := fleetOrdered()
	spotify := sim.NewSpotify(sim.SpotifyOptions{Now: time.Now})
	for i := range o.Accounts {
		a := spotify.AddAccount(fleetAccount(i), sim.AccountOptions{Obeys: true})
		device := sim.Device{Name: []string{"Kitchen", "Living Room"}[i%2], Type: "Speaker"}
		p := sim.Playback{
			Playing: true, Device: device, Item: sim.Item{Name: "So What", Duration: 4 * time.Minute},
			Progress: time.Duration(i*7919%240_000) * time.Millisecond,
		}
		switch {
		case i%100 == 99:
			p.Device.Name = "Somebody's Laptop"
		case i%100 >= 79:
			continue
		case i%100 >= 70:
			p.Playing = false
		}
		a.Set(p)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fleetFatal(err)
	}
	fmt.Println("http://" + l.Addr().String())
	server := &http.Server{Handler: spotify}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Shutdown(context.Background())
		os.Exit(0)
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		fleetFatal(err)
	}
	select {}
}
