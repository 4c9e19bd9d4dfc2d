package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gatefold/internal/config"
	"gatefold/internal/control"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
)

// What the doctor sees on this machine alone.

func (x *examination) config() bool {
	cfg, err := config.Load(config.LoadOptions{Path: x.file, Env: x.stdio.env})
	if err == nil {
		err = cfg.Validate()
	}
	if err != nil {
		x.say("config", gradeFailure, "mend it, and run gatefold doctor again", "%s", err)
		return false
	}
	x.cfg = cfg
	x.ok("config", "%s, %s", cfg.File, count(len(cfg.Accounts), "account"))
	return true
}

func (x *examination) daemon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	status, err := control.Client{Path: socketPath(x.cfg)}.Status(ctx)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		x.say("daemon", gradeWarning, "gatefold run", "not running: nobody watches")
	case err != nil:
		x.say("daemon", gradeFailure, "look at its log", "%s", err)
	default:
		x.status, x.running = status, true
		x.ok("daemon", "running, pid %d, version %s", status.PID, status.Version)
		if c := status.Config; c.Error != "" {
			x.say("daemon", gradeFailure, "gatefold reload", "the configuration was not reloaded: %s", c.Error)
		}
		for _, change := range status.Config.Restart {
			x.say("daemon", gradeWarning, "restart gatefold", "in the configuration and not in force: %s", change)
		}
		if r := status.Rules; r.Degraded != "" {
			x.say("daemon", gradeFailure, "mend the rule; gatefold status says which rules decide meanwhile", "degraded: %s", r.Degraded)
		} else if r.Error != "" {
			x.say("daemon", gradeFailure, "gatefold check "+x.cfg.Rules, "the rules were not reloaded: %s", r.Error)
		}
		x.chosen(status)
		for _, a := range status.Accounts {
			switch {
			case a.Fault != "":
				x.say("account "+a.Name, gradeFailure, "look at the daemon's log", "%s", a.Fault)
			case a.Failing != "":
				x.say("account "+a.Name, gradeFailure, "gatefold check "+x.cfg.Rules, "the rules fail: %s", a.Failing)
			case a.Blind != "":
				x.say("account "+a.Name, gradeFailure, "what is said below of its token and of Spotify", "blind (%s): %s", a.Blind, a.Message)
			case a.Hold != nil:
				x.say("account "+a.Name, gradeWarning, "to end it: gatefold hold off "+a.Name, "%s", onHold(status.Now, *a.Hold))
			case !a.Enforce:
				x.say("account "+a.Name, gradeWarning, "when it says what it should: gatefold enforce "+a.Name+" on", "dry run: nothing is paused or posted")
			default:
				x.ok("account "+a.Name, "enforcing; verdict %s", a.Verdict)
			}
		}
	}
}

// chosen says where the rules in force are not those of the folder because somebody wants it so.
func (x *examination) chosen(status control.Status) {
	if w := status.Rules.Waiting; w != nil {
		x.say("daemon", gradeWarning, "gatefold rules accept, or another edit", "ruleset %s waits: %s", short(w.Hash), harmless(w.Changes))
	}
	if aside := status.Rules.Aside; aside != "" {
		hint := "gatefold reload, or another edit"
		if status.Rules.AsideBy == byDeath {
			hint = "another edit, or gatefold rules rollback with its hash if it was not these rules"
		}
		x.say("daemon", gradeWarning, hint, "%s", harmless(aside))
	}
	if s := status.Shadow; s != nil && s.Error != "" {
		x.say("daemon", gradeWarning, "gatefold check "+s.Folder, "the shadow rules were not loaded: %s", harmless(s.Error))
	}
	if s := status.Shadow; s != nil && s.Aside != "" {
		x.say("daemon", gradeWarning, "an edit of "+s.Folder, "the shadow rules decide nothing: %s", harmless(s.Aside))
	}
}

func (x *examination) rules(ctx context.Context) {
	apart, closed, err := trialBeside(x.stdio, x.file)
	if err != nil {
		x.say("rules", gradeFailure, "isolation: none in the configuration", "%s", err)
		return
	}
	defer closed()
	x.isolation(ctx, apart)
	rules, err := readRules(ctx, x.cfg.Rules, apart)
	if err != nil {
		x.say("rules", gradeFailure, "gatefold check "+x.cfg.Rules, "%s", problemText(err))
		return
	}
	for _, w := range rules.Warnings {
		x.say("rules", gradeWarning, w.Hint, "%s: %s", w.Pos(), w.Text)
	}
	switch failing, err := apart.timelines(ctx, x.cfg.Rules, rules.Files); {
	case kills(err):
		x.say("rules", gradeFailure, "gatefold check "+x.cfg.Rules, "%s", problemText(err))
	case err != nil:
		x.say("rules", gradeWarning, "gatefold test "+x.cfg.Rules, "the timelines could not be run: %s", harmless(err.Error()))
	case len(failing) > 0:
		x.say("rules", gradeWarning, "gatefold test "+x.cfg.Rules, "%s: %s", count(len(failing), "failing timeline"), strings.Join(failing, ", "))
	}
	if x.running && x.status.Rules.Hash != rules.Hash {
		x.say("rules", gradeWarning, "gatefold reload", "the daemon goes by other rules than lie in %s", x.cfg.Rules)
	}
	x.ok("rules", "%s, %s, ruleset %s", x.cfg.Rules, count(len(rules.RuleFiles()), "file"), short(rules.Hash))
}

// isolation says what keeps rules from the rest of this machine.
func (x *examination) isolation(ctx context.Context, t trial) {
	a, ok := t.(trialApart)
	if !ok {
		x.say("isolation", gradeWarning, "isolation: process", "rules run in gatefold itself: one that goes wrong can end or hang it")
		return
	}
	c, err := a.worker.Try(ctx)
	switch {
	case err != nil:
		x.say("isolation", gradeFailure, "isolation: none in the configuration runs them in gatefold itself", "no process for the rules: %s", err)
	case len(c.Lacks) > 0:
		x.say("isolation", gradeWarning, "a newer kernel has it, or a container that permits it", "rules run in a process of their own with %s; %s", c, strings.Join(c.Lacks, "; "))
	default:
		x.ok("isolation", "rules run in a process of their own: %s", c)
	}
}

// folder looks at who can enter the data folder.
func (x *examination) folder() {
	info, err := os.Stat(x.cfg.Data)
	switch {
	case err != nil: // none yet; disk says what else is wrong
	case info.Mode().Perm()&0o077 != 0:
		x.say("data", gradeFailure, "chmod 700 "+shellWord(x.cfg.Data), "%s can be entered by others (mode %04o)", x.cfg.Data, info.Mode().Perm())
	default:
		x.ok("data", "%s is yours alone", x.cfg.Data)
	}
}

// diskLow is below what the journal needs for a day, with room for the rest.
const diskLow = 64 << 20

func (x *examination) disk() {
	dir := x.cfg.Data
	var st syscall.Statfs_t
	err := syscall.Statfs(dir, &st)
	if errors.Is(err, fs.ErrNotExist) {
		dir = filepath.Dir(dir)
		err = syscall.Statfs(dir, &st)
	}
	if err != nil {
		x.say("disk", gradeWarning, "look at the folder and who may enter it", "%s: %s", dir, err)
		return
	}
	free := uint64(st.Bavail) * uint64(st.Bsize)
	if free < diskLow {
		x.say("disk", gradeFailure, "make room: the journal cannot be written when the disk is full", "%d MiB free at %s", free>>20, dir)
		return
	}
	x.ok("disk", "%d MiB free at %s", free>>20, dir)
}

func (x *examination) secrets(ctx context.Context) bool {
	if absent(x.cfg) {
		x.store = new(secrets.Memory) // the doctor makes nothing, and keeps nothing in it
		x.ok("secrets", "store file, made at the first login")
		return true
	}
	store, err := openSecrets(ctx, x.cfg, x.stdio, keyNotice(x.stdio.err))
	if err != nil {
		x.say("secrets", gradeFailure, hintOf(err), "%s", textOf(err))
		return false
	}
	x.store = store
	if checker, ok := store.(interface{ Check(context.Context) error }); ok {
		if err := checker.Check(ctx); err != nil {
			x.say("secrets", gradeFailure, hintOf(err), "%s", textOf(err))
			return false
		}
	}
	lister, ok := store.(secrets.Lister)
	if !ok {
		x.ok("secrets", "store %s", x.cfg.Secrets.Store)
		return true
	}
	names, err := lister.List(ctx)
	if err != nil {
		x.say("secrets", gradeFailure, hintOf(err), "%s", textOf(err))
		return false
	}
	for _, name := range names { // one that cannot be opened is found now, not when it is needed
		if _, err := store.Get(ctx, name); err != nil {
			x.say("secrets", gradeFailure, hintOf(err), "%s: %s", name, textOf(err))
		}
	}
	x.ok("secrets", "store %s, %s", x.cfg.Secrets.Store, count(len(names), "secret"))
	return true
}

func (x *examination) journal(ctx context.Context) {
	path := journalPath(x.cfg)
	if !there(path) {
		x.ok("journal", "none yet: it is made at the first start")
		return
	}
	j, err := x.readJournal(ctx)
	if err != nil {
		x.say("journal", gradeFailure, hintOf(err), "%s", textOf(err))
		return
	}
	defer j.Close()
	if err := j.Check(ctx); err != nil {
		x.say("journal", gradeFailure, "the file is left as it is: move it away to begin anew, and restore a copy if there is one", "%s", err)
		return
	}
	x.ok("journal", "%s is whole, and sealed", path)
}

func (x *examination) readJournal(ctx context.Context) (*journal.Journal, error) {
	key, err := keptJournalKey(ctx, x.cfg, x.store)
	if err != nil {
		return nil, err
	}
	return journal.OpenReadOnly(x.cfg.Data, journal.Options{Now: newClock(1).Now, Key: key})
}

// textOf is an error without what mends it, which is said beside it.
func textOf(err error) string {
	var stored *secrets.Error
	if !errors.As(err, &stored) || stored.Hint == "" {
		return err.Error()
	}
	return strings.TrimSuffix(err.Error(), ": "+stored.Hint)
}

// hintOf is what an error says about mending it.
func hintOf(err error) string {
	var coded *codedError
	var stored *secrets.Error
	switch {
	case errors.As(err, &coded) && coded.hint != "":
		return coded.hint
	case errors.As(err, &stored):
		return stored.Hint
	}
	return ""
}
