package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
)

const journalKeySize = 32

// journalKey is the key that the journal is sealed with. It is made at first
// use, by one process, and kept before anything is sealed with it.
func journalKey(ctx context.Context, c *config.Config, store secrets.Store) ([]byte, error) {
	if key, err := keptJournalKey(ctx, c, store); key != nil || err != nil {
		return key, err
	}
	if err := privateFolder(c.Data); err != nil {
		return nil, err
	}
	unlock, err := secrets.Lock(ctx, filepath.Join(c.Data, "journal-key.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if key, err := keptJournalKey(ctx, c, store); key != nil || err != nil { // made meanwhile
		return key, err
	}
	key := make([]byte, journalKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString(key)
	if err := store.Put(ctx, config.JournalKey, secrets.NewValue([]byte(text))); err != nil {
		return nil, fmt.Errorf("keeping the key of the journal: %w", err)
	}
	return key, nil
}

// keptJournalKey is the key that is there already; nil: none, and nothing is
// sealed. It makes none, and a journal that is sealed without one is an error: a
// new key would not open that.
func keptJournalKey(ctx context.Context, c *config.Config, store secrets.Store) ([]byte, error) {
	s, ok, err := secret(ctx, c, store, config.JournalKey)
	if err != nil {
		return nil, err
	}
	if ok {
		return decodeJournalKey(s)
	}
	path := journalPath(c)
	sealed, err := journal.IsSealed(path)
	if err != nil {
		return nil, err
	}
	if sealed {
		return nil, &codedError{
			code: exitFailed, err: fmt.Errorf("%s is sealed, and the secret %s that opens it is missing", path, config.JournalKey),
			hint: "restore the secrets folder and its key from a copy; without one, move " + journalFiles(c) + " away: devices, approvals and history begin anew then",
		}
	}
	return nil, nil
}

// opensJournal says whether a key opens the journal that is there: with another
// one nobody could read it any more.
func opensJournal(c *config.Config, key []byte) error {
	sealed, err := journal.IsSealed(journalPath(c))
	if err != nil || !sealed {
		return err
	}
	j, err := journal.OpenReadOnly(c.Data, journal.Options{Now: newClock(1).Now, Key: key})
	if err != nil {
		return fmt.Errorf("nothing was changed: %s is sealed with another key: %w", journalPath(c), err)
	}
	return j.Close()
}

func decodeJournalKey(s config.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(s.Reveal())
	if err != nil || len(key) != journalKeySize { // the error would quote it
		return nil, errors.New("the secret " + config.JournalKey + " is not a key: 32 bytes in base64 are needed")
	}
	return key, nil
}
