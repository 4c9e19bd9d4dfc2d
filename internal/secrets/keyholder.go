package secrets

import (
	"context"
	"fmt"

	"filippo.io/age"
)

// keyHolder is where the keys of a folder are kept. Its methods are called under the folder's lock, but for those that
// may ask a person: prepare and renew.
type keyHolder interface {
	// path returns the file that holds the keys.
	path() string
	// prepare comes before the first load; secrets is how many the folder has.
	prepare(ctx context.Context, secrets int) error
	// lock keeps others from changing the keys until unlock.
	lock(ctx context.Context) (unlock func(), err error)
	// load reads the keys. fs.ErrNotExist when there are none yet.
	load(ctx context.Context) (keys, error)
	// create makes the first key, where there is none (fs.ErrExist).
	create(ctx context.Context) (keys, error)
}

// keyChanger is a keyHolder whose keys can be replaced.
type keyChanger interface {
	// renew returns a new key, which is not saved yet.
	renew(ctx context.Context) (*age.X25519Identity, error)
	// save replaces the keys.
	save(ks keys) error
	// needed returns those of old that something else than the folder needs, or may need, and says what.
	needed(old keys) (needed keys, note string)
}

// missingKey is the error for secrets without their key.
func missingKey(key string, dir folder, secrets int, hint string) error {
	return &Error{
		Kind: MissingKey, Path: key,
		Reason: fmt.Sprintf("is missing, and %s holds %d %s that only it opens", dir, secrets, plural(secrets, "secret")),
		Hint:   hint + "restore it; without a copy remove the folder: the accounts have to be linked and the Slack token set anew, and the journal begins anew",
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
