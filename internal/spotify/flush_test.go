package spotify

import (
	"errors"
	"testing"
)

// What could not be saved is saved before the end, if the disk has room by then.
func TestFlush(t *testing.T) {
	v, e, c := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	if err := tokens.Flush(t.Context()); err != nil || v.count("lock") != 0 {
		t.Errorf("nothing to save: %v, %d locks", err, v.count("lock"))
	}
	v.fail(&v.saving, errors.New("disk full"))
	wantError(t, tokens, Unreachable, NotSaved)
	if err := tokens.Flush(t.Context()); err == nil {
		t.Error("it says that all is saved")
	}
	v.fail(&v.saving, nil)
	if err := tokens.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if kept, err := v.MemoryVault.Load(t.Context()); err != nil || kept.RefreshToken() != "refresh-1" {
		t.Errorf("kept %q, %v", kept.RefreshToken(), err)
	}
	wantAccess(t, tokens, "access-1")
	if e.count() != 1 || v.count("lock") != v.count("unlock") {
		t.Errorf("%d requests, %d locks, %d unlocks", e.count(), v.count("lock"), v.count("unlock"))
	}
}

// A login that came meanwhile is the later word.
func TestFlushAfterALogin(t *testing.T) {
	v, e, c := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	v.fail(&v.saving, errors.New("disk full"))
	wantError(t, tokens, Unreachable, NotSaved)
	v.fail(&v.saving, nil)
	v.put(t, NewCredential("refresh-new"))
	if err := tokens.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if kept, err := v.MemoryVault.Load(t.Context()); err != nil || kept.RefreshToken() != "refresh-new" {
		t.Errorf("kept %q, %v", kept.RefreshToken(), err)
	}
}

func TestFlushWaitsForARefresh(t *testing.T) {
	v, e, c := newChest(NewCredential("refresh-0")), rotating(), &clock{now: start}
	flushed := make(chan error, 1)
	tokens, _ := tokensOn(e, c, func(o *TokenOptions) { o.Vault = v })
	v.before = func() { // the refresh is under way
		go func() { flushed <- tokens.Flush(t.Context()) }()
	}
	wantAccess(t, tokens, "access-1")
	if err := <-flushed; err != nil {
		t.Error(err)
	}
	if kept, err := v.MemoryVault.Load(t.Context()); err != nil || kept.RefreshToken() != "refresh-1" {
		t.Errorf("kept %q, %v", kept.RefreshToken(), err)
	}
}
