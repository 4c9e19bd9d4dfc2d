package main

import (
	"context"
	"fmt"
	"os/user"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatefold/engine"
	"gatefold/internal/control"
)

type approveOptions struct {
	config, account, device string
	allowed, undo           bool
	length                  time.Duration
}

func allowCommand(s stdio) *cobra.Command {
	o := approveOptions{allowed: true}
	c := approvalCommand(s, &o, "allow DEVICE", "say that a device may play, perhaps for a while")
	c.Flags().Var(&span{&o.length}, "for", "only for this long, like 30m, 2h or 7d (default until it is undone)")
	return c
}

func blockCommand(s stdio) *cobra.Command {
	var o approveOptions
	c := approvalCommand(s, &o, "block DEVICE", "say that a device may not play")
	c.Flags().Var(&span{&o.length}, "for", "only for this long, like 30m, 2h or 7d (default until it is undone)")
	return c
}

func approvalCommand(s stdio, o *approveOptions, use, short string) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short,
		Long: short + `.

DEVICE is a name as Spotify shows it, or a key (type:name) where several types
share a name, or a handle as gatefold devices prints it. What is said decides nothing by itself: rules read it as
device.approved and device.blocked; the shipped ones go by it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.device = args[0]
			return asFailed(approve(c.Context(), s, *o))
		},
	}
	c.Flags().StringVarP(&o.config, "config", "c", "gatefold.yaml", "the configuration of the daemon")
	c.Flags().StringVarP(&o.account, "account", "a", "", "the account (needed where there are several)")
	return c
}

func approve(ctx context.Context, s stdio, o approveOptions) error {
	cfg, account, err := accountOf(s, o.config, o.account)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	client := control.Client{Path: socketPath(cfg)}
	found, err := client.Devices(ctx)
	if err != nil {
		return askError(err)
	}
	key, seen, err := keyOf(found.Devices, account, o.device, o.undo)
	if err != nil {
		return usage(err)
	}
	if !seen && !o.undo {
		fmt.Fprintf(s.err, "note: %s was never seen so far\n", visible(key))
	}
	if err := client.Approve(ctx, control.ApproveRequest{Account: account, Key: key, Allowed: o.allowed, Undo: o.undo, For: o.length, By: person(s)}); err != nil {
		return askError(err)
	}
	switch until := ""; {
	case o.undo:
		fmt.Fprintf(s.out, "nothing is said about %s any more\n", visible(key))
	default:
		if o.length > 0 {
			until = " until " + day(cfg, found.Now.Add(o.length))
		}
		fmt.Fprintf(s.out, "%s is %s%s (to take it back: gatefold devices --undo %s)\n", visible(key), saidWord(o.allowed), until, typable(key))
	}
	return nil
}

// typable is what a person can type for a key.
func typable(key string) string {
	if visible(key) != key {
		return handleOf(key)
	}
	return shellWord(key)
}

// person is the user who types, also behind sudo; "" if that cannot be seen.
func person(s stdio) string {
	if name := s.getenv("SUDO_USER"); name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

func saidWord(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "blocked"
}

// typed begins the key of a device: Spotify's types are such words.
var typed = regexp.MustCompile(`^[a-z_]+:.`)

// keyOf finds the device that is meant: by its key, by its name if only one type
// has it, or by its handle. A key that was never seen is good (seen is false then); a
// name that was not is a typo.
func keyOf(all []control.Device, account, given string, said bool) (key string, seen bool, err error) {
	var keys, names []string
	for _, d := range all {
		if d.Account != account || said && d.Said == nil {
			continue
		}
		if d.Key == given {
			return given, !d.FirstSeen.IsZero(), nil
		}
		if names = append(names, d.Name); d.Name == given || d.Handle == given {
			keys = append(keys, d.Key)
		}
	}
	switch {
	case len(keys) == 1:
		return keys[0], true, nil
	case len(keys) > 1:
		return "", false, fmt.Errorf("several devices are called %q: name one as %s", clean(given), strings.Join(typableKeys(keys), " or "))
	case !said && typed.MatchString(given):
		return given, false, nil
	}
	what := "no device called %q was seen"
	if said {
		what = "nothing is said about a device called %q"
	}
	what = fmt.Sprintf(what, clean(given))
	switch near := engine.Nearest(given, names); {
	case near != "":
		return "", false, fmt.Errorf("%s: did you mean %q?", what, clean(near))
	case said:
		return "", false, fmt.Errorf("%s (gatefold devices lists what is)", what)
	}
	return "", false, fmt.Errorf("%s (gatefold devices lists them; one that never played is named by its key, as in %s)", what, shellWord("speaker:"+given))
}

func typableKeys(keys []string) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = typable(key)
	}
	slices.Sort(out)
	return out
}

// shellWord is a text as one word of a shell.
func shellWord(s string) string {
	s = clean(s)
	if !strings.ContainsAny(s, "\"$`\\!") {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
