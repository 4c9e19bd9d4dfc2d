package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gatefold/internal/config"
	"gatefold/internal/secrets"
)

// secretsFolder is where the file store keeps its files.
func secretsFolder(c *config.Config) string { return filepath.Join(c.Data, "secrets") }

// absent says that the store is yet to be made, with a new key: who only reads
// must not do that.
func absent(c *config.Config) bool { return c.Secrets.Store == "file" && !there(secretsFolder(c)) }

// openSecrets opens the store that the configuration names. created is told
// where a key was made at first use.
func openSecrets(ctx context.Context, c *config.Config, s stdio, created func(path string)) (secrets.Store, error) {
	store, err := chooseSecrets(ctx, c, s, created)
	if err != nil {
		return nil, &codedError{code: exitFailed, err: fmt.Errorf("secrets: %w", err)}
	}
	return store, nil
}

func chooseSecrets(ctx context.Context, c *config.Config, s stdio, created func(path string)) (secrets.Store, error) {
	switch c.Secrets.Store {
	case "keyring":
		return secrets.OpenKeyring("gatefold"), nil
	case "aws":
		arns := map[string]string{}
		for _, a := range c.Accounts {
			arns[a.Name] = a.SecretARN
		}
		return secrets.OpenAWS(ctx, secrets.AWSOptions{
			Region: c.Secrets.AWS.Region, Endpoint: c.Secrets.AWS.Endpoint, Shared: c.Secrets.AWS.SharedARN, Accounts: arns,
		})
	}
	if err := privateFolder(c.Data); err != nil {
		return nil, err
	}
	return secrets.OpenFile(ctx, secrets.FileOptions{
		Dir: secretsFolder(c), KeyFile: c.Secrets.KeyFile, CredentialsDir: s.getenv("CREDENTIALS_DIRECTORY"),
		Passphrase: s.passphrase(), Created: created,
	})
}

// privateFolder makes the data folder for its owner alone; one that is there
// already is for the journal to judge.
func privateFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// passphrase asks on the terminal; nil where there is none.
func (s stdio) passphrase() func(context.Context, string, bool) ([]byte, error) {
	in := s.terminalIn()
	if in == nil {
		return nil
	}
	return func(ctx context.Context, prompt string, confirm bool) ([]byte, error) {
		first, err := s.ask(ctx, in, prompt)
		if err != nil || !confirm {
			return first, err
		}
		again, err := s.ask(ctx, in, "again")
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(first, again) {
			return nil, errors.New("the two passphrases differ")
		}
		return first, nil
	}
}

// secret gives a secret that the environment or the store has; false: neither.
// The environment comes first.
func secret(ctx context.Context, c *config.Config, store secrets.Store, name string) (config.Secret, bool, error) {
	if s, ok := c.Secret(name); ok {
		return s, true, nil
	}
	v, err := store.Get(ctx, name)
	if errors.Is(err, secrets.ErrNotFound) {
		return config.Secret{}, false, nil
	}
	if err != nil {
		return config.Secret{}, false, fmt.Errorf("%s: %w", name, err)
	}
	return config.NewSecret(string(v.Reveal())), true, nil
}
