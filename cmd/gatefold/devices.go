package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.starlark.net/starlark"

	"gatefold/builtins"
	"gatefold/engine"
	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/journal"
)

type devicesOptions struct {
	config, account, undo string
	asRules, asJSON, ids  bool
}

func devicesCommand(s stdio) *cobra.Command {
	var o devicesOptions
	c := &cobra.Command{
		Use:   "devices",
		Short: "list every device that was ever seen, and what was said about it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return asFailed(devices(c.Context(), s, o))
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration")
	f.StringVarP(&o.account, "account", "a", "", "only this account's")
	f.BoolVar(&o.asRules, "rules", false, "print a Starlark dict to paste into a rule file")
	f.BoolVar(&o.ids, "ids", false, "list the ids of each device too, with when each was first and last seen")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	f.StringVar(&o.undo, "undo", "", "take back what was said about this device (a name or a key)")
	c.MarkFlagsMutuallyExclusive("rules", "json", "undo", "ids")
	return c
}

func devices(ctx context.Context, s stdio, o devicesOptions) error {
	cfg, err := loadConfig(s, o.config)
	if err != nil {
		return err
	}
	if o.undo != "" {
		return approve(ctx, s, approveOptions{config: o.config, account: o.account, device: o.undo, undo: true})
	}
	found, err := askDevices(ctx, s, cfg)
	if err != nil {
		return err
	}
	if o.account != "" {
		found.Devices = slices.DeleteFunc(found.Devices, func(d control.Device) bool { return d.Account != o.account })
	}
	switch {
	case o.asJSON:
		return printJSON(s.out, found, "  ")
	case o.asRules:
		printHousehold(s.out, found.Devices)
		return nil
	case len(found.Devices) == 0:
		fmt.Fprintln(s.out, "no device was seen yet")
		return nil
	}
	return printDevices(s.out, cfg, found, o.ids)
}

// askDevices asks the daemon; without one it reads the journal.
func askDevices(ctx context.Context, s stdio, cfg *config.Config) (control.Devices, error) {
	asked, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	found, err := control.Client{Path: socketPath(cfg)}.Devices(asked)
	if !errors.Is(err, control.ErrNotRunning) {
		return found, err
	}
	j, err := readJournal(ctx, s, cfg)
	if err != nil {
		return control.Devices{}, err
	}
	defer j.Close()
	return knownDevices(ctx, j, cfg, newClock(1).Now())
}

// devices is what gatefold devices shows.
func (d *daemon) devices(ctx context.Context) (control.Devices, error) {
	found, err := knownDevices(ctx, d.journal, d.cfg, d.w.Clock.Now())
	if err != nil {
		return found, err
	}
	accounts, _ := d.board.snapshot()
	for _, a := range accounts { // the journal is behind for as long as a device is in sight
		key := builtins.Device{Type: a.Type, Name: a.Device}.Key()
		for i, dev := range found.Devices {
			if a.Device != "" && dev.Account == a.Name && dev.Key == key && a.LastLook.After(dev.LastSeen) {
				found.Devices[i].LastSeen = a.LastLook
			}
		}
	}
	return found, nil
}

// knownDevices reads them from the journal: seen ones first, then those about
// which something was said without their ever being seen.
func knownDevices(ctx context.Context, j *journal.Journal, cfg *config.Config, now time.Time) (control.Devices, error) {
	out := control.Devices{Now: now, Devices: []control.Device{}}
	for _, a := range cfg.Accounts {
		state, err := j.State(ctx, a.Name)
		if err != nil {
			return out, err
		}
		said := map[string]*control.Said{}
		for _, row := range engine.State(nil).With(state, now).Approvals(now) {
			said[row.Holder] = &control.Said{Allowed: row.Allowed, By: row.By, At: row.At, Until: row.Until}
		}
		for _, row := range engine.LedgerRows(state) {
			d := newDevice(a.Name, row.Holder)
			d.FirstSeen, d.LastSeen, d.Said = row.First, row.Last, said[row.Holder]
			for _, t := range row.Targets {
				d.IDs = append(d.IDs, control.ID{ID: t.Target, FirstSeen: t.First, LastSeen: t.Last})
			}
			delete(said, row.Holder)
			out.Devices = append(out.Devices, d)
		}
		for _, key := range sortedKeys(said) {
			d := newDevice(a.Name, key)
			d.Said = said[key]
			out.Devices = append(out.Devices, d)
		}
	}
	return out, nil
}

func newDevice(account, key string) control.Device {
	kind, name, ok := strings.Cut(key, ":")
	if !ok {
		kind, name = "", key
	}
	return control.Device{Account: account, Key: key, Type: kind, Name: name, Handle: handleOf(key), IDs: []control.ID{}}
}

// handleOf is a short name for a device: a name that somebody chose may hold letters
// that nobody can type, or see.
func handleOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("@%x", sum[:3])
}

// visible is a name as it is, or quoted if there is more to it than one sees.
func visible(name string) string {
	if clean(name) == name && strings.Join(strings.Fields(name), " ") == name && name != "" {
		return name
	}
	return clean(strconv.Quote(name))
}

func printDevices(w io.Writer, cfg *config.Config, found control.Devices, ids bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	several := len(cfg.Accounts) > 1
	head := "NAME\tTYPE\tHANDLE\tFIRST SEEN\tLAST SEEN\tIDS\tSAID\n"
	if several {
		head = "ACCOUNT\t" + head
	}
	fmt.Fprint(t, head)
	for _, d := range found.Devices {
		if several {
			fmt.Fprintf(t, "%s\t", d.Account)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", visible(d.Name), clean(d.Type), d.Handle, day(cfg, d.FirstSeen), day(cfg, d.LastSeen), len(d.IDs), saidText(cfg, d.Said))
		if !ids {
			continue
		}
		for _, id := range d.IDs {
			if several {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprintf(t, "  %s\t\t\t%s\t%s\t\t\n", idText(id.ID), day(cfg, id.FirstSeen), day(cfg, id.LastSeen))
		}
	}
	return t.Flush()
}

func idText(id string) string {
	if id == "" {
		return "(no id)"
	}
	return visible(id)
}

func day(cfg *config.Config, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(cfg.Timezone).Format("2006-01-02 15:04")
}

func saidText(cfg *config.Config, s *control.Said) string {
	if s == nil {
		return "-"
	}
	text := "blocked"
	if s.Allowed {
		text = "allowed"
	}
	if !s.Until.IsZero() {
		text += " until " + day(cfg, s.Until)
	}
	return fmt.Sprintf("%s (%s, %s)", text, clean(s.By), day(cfg, s.At))
}

// printHousehold proposes who may play: what was seen longest comes first, and
// what was blocked is left out.
func printHousehold(w io.Writer, all []control.Device) {
	names := map[string]control.Device{}
	var order []string
	for _, d := range all {
		if d.Name == "" || d.FirstSeen.IsZero() || d.Said != nil && !d.Said.Allowed {
			continue
		}
		if _, twice := names[d.Name]; !twice {
			names[d.Name] = d
			order = append(order, d.Name)
		}
	}
	colors := []string{"green", "#2962ff", "teal", "purple", "orange", "gold", "pink", "lime"}
	fmt.Fprintln(w, "# Seen so far, but for what was blocked. Put this in the place of the HOUSEHOLD of your rules, and take out what is not")
	fmt.Fprintln(w, "# yours: every device that is not in it is a stranger's.")
	fmt.Fprintln(w, "HOUSEHOLD = {")
	for i, name := range order {
		d := names[name]
		fmt.Fprintf(w, "    %s: %s,  # %s, since %s, last %s\n", starlark.String(name), starlark.String(colors[i%len(colors)]),
			commentable(d.Type), d.FirstSeen.Format(time.DateOnly), d.LastSeen.Format(time.DateOnly))
	}
	fmt.Fprintln(w, "}")
}

// commentable keeps a stranger's text within its comment.
func commentable(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
