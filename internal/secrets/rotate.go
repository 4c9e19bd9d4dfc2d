package secrets

import (
	"context"
	"fmt"
	"slices"

	"filippo.io/age"
)

// Rotate seals all secrets anew under a new key. First it reads every one of them; if one cannot be read, nothing is
// changed and the error names it. Then the key file gets the new key beside the old ones, each secret is written anew,
// and the old keys go. A key of systemd's cannot be replaced by us: all are sealed to the first identity in it.
func (s *File) Rotate(ctx context.Context) (RotateReport, error) {
	report, err := s.rotate(ctx)
	if err != nil {
		return RotateReport{}, fmt.Errorf("rotating the key of %s: %w", s.dir, err)
	}
	return report, nil
}

func (s *File) rotate(ctx context.Context) (report RotateReport, err error) {
	release, err := s.rotation.take(ctx)
	if err != nil {
		return report, err
	}
	defer release()
	check := func(ks keys) error {
		_, err := s.readAll(ks)
		return err
	}
	if err := s.changing(ctx, check); err != nil {
		return report, err
	}
	change := s.resealOnly
	if changer, ok := s.key.(keyChanger); ok {
		fresh, err := changer.renew(ctx) // may ask, so without the lock
		if err != nil {
			return report, err
		}
		change = func(ctx context.Context, old keys, all secretValues, report *RotateReport) error {
			return s.replaceKey(ctx, keyChange{changer, fresh, old}, all, report)
		}
	}
	err = s.changing(ctx, func(old keys) error {
		all, err := s.readAll(old)
		if err != nil {
			return err
		}
		report = RotateReport{Key: s.key.path(), Names: all.names}
		return change(ctx, old, all, &report)
	})
	return report, err
}

// resealOnly seals everything to the first key, which cannot be replaced.
func (s *File) resealOnly(ctx context.Context, ks keys, all secretValues, report *RotateReport) error {
	report.Kept, report.Note = len(ks)-1, credentialNote(len(ks), s.key.path())
	return s.reseal(ctx, all, ks)
}

func credentialNote(n int, path string) string {
	const sealed = "the key is systemd's and cannot be changed from here: all is sealed to the first identity in %s"
	if n == 1 {
		return fmt.Sprintf(sealed+", which is the only one; for a new key write a new identity above it and rotate again", path)
	}
	return fmt.Sprintf(sealed+"; take the other %d out of the credential", path, n-1)
}

// secretValues are all secrets of a folder, by name.
type secretValues struct {
	names  []string // sorted
	values map[string]Value
}

func (s *File) readAll(ks keys) (secretValues, error) {
	names, err := s.dir.names()
	if err != nil {
		return secretValues{}, err
	}
	all := secretValues{names: names, values: make(map[string]Value, len(names))}
	for _, name := range names {
		value, err := s.dir.read(name, ks)
		if err != nil {
			return secretValues{}, fmt.Errorf("nothing was changed, because this secret cannot be read: %w", err)
		}
		all.values[name] = NewValue(value)
	}
	return all, nil
}

// keyChange is a new key for old ones, and who keeps them.
type keyChange struct {
	keyChanger
	fresh *age.X25519Identity
	old   keys
}

func (s *File) replaceKey(ctx context.Context, c keyChange, all secretValues, report *RotateReport) error {
	both := append(keys{c.fresh}, c.old...)
	if err := c.save(both); err != nil {
		return err
	}
	s.use(both)
	if err := s.reseal(ctx, all, both); err != nil {
		return fmt.Errorf("%w (old and new key are both kept, so all can be read; rotate again to finish)", err)
	}
	needed, note := c.needed(c.old)
	last := append(keys{c.fresh}, needed...)
	if err := c.save(last); err != nil {
		return fmt.Errorf("%w (the old key is still there; rotate again to finish)", err)
	}
	s.use(last)
	report.Kept, report.Note = len(needed), note
	return nil
}

// reseal writes every secret anew, for the first of ks.
func (s *File) reseal(ctx context.Context, all secretValues, ks keys) error {
	for _, name := range all.names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.write(name, all.values[name].Reveal(), ks); err != nil {
			return err
		}
	}
	return nil
}

func (s *File) use(ks keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = slices.Clone(ks)
}
