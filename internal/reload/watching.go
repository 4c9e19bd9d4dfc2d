package reload

// connect starts listening for events if that is wanted and not done yet.
func (w *Watcher) connect() {
	if w.o.NoInotify {
		w.say(byScan, "events are switched off")
		return
	}
	if w.notify != nil {
		return
	}
	s, err := w.o.open()
	if err != nil {
		w.say(byScan, explain(err))
		return
	}
	w.notify = newNotifier(s, w.hint)
}

func (w *Watcher) disconnect() error {
	w.say(byScan, "not watching any more")
	if w.notify == nil {
		return nil
	}
	n := w.notify
	w.notify = nil
	return n.close()
}

// watch follows a tree with what there is to follow it.
func (w *Watcher) watch(t *tree) {
	if w.notify == nil {
		return
	}
	how, why := byEvents, ""
	all, err := w.notify.follow(t)
	if !all {
		how = byScan
	}
	if err != nil {
		why = explain(err)
	}
	w.say(how, why)
}

func (w *Watcher) say(how, why string) {
	w.update(func(st *Status) { st.Watching, st.Why = how, why })
}

// hint never waits: one that is pending says it all.
func (w *Watcher) hint() {
	select {
	case w.hints <- struct{}{}:
	default:
	}
}
