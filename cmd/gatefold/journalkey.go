package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"

	"gatefold/internal/config"
	"gatefold/internal/journal"
	"gatefold/internal/secrets"
)

const journalKeySize = 32

// journalKey is the key that the journal is sealed with. It is made at first
// use, and kept before anything is sealed with it: never where a journal is
// sealed already, because a new key would not open that.
func journalKey(ctx context.Context, c *config.Config, store secrets.Store) ([]byte, error) {
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

func decodeJournalKey(s config.Secret) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(s.Reveal())
	if err != nil || len(key) != journalKeySize { // the error would quote it
		return nil, errors.New("the secret " + config.JournalKey + " is not a key: 32 bytes in base64 are needed")
	}
	return key, nil
}
