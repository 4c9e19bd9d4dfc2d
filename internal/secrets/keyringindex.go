package secrets

import (
	"errors"
	"slices"
	"strings"

	"github.com/zalando/go-keyring"
)

// indexItem holds the names of all items, since a keyring cannot be asked for them. It is no valid name of a secret.
const indexItem = "gatefold-names"

// index adds name to the index, or takes it out.
func (k *Keyring) index(name string, want bool) error {
	names, err := k.readIndex()
	if err != nil {
		return err
	}
	i, have := slices.BinarySearch(names, name)
	switch {
	case have == want:
		return nil
	case want:
		names = slices.Insert(names, i, name)
	default:
		names = slices.Delete(names, i, i+1)
	}
	return k.explain(indexItem, keyring.Set(k.service, indexItem, strings.Join(names, "\n")))
}

// readIndex returns the sorted names in the index. Lines that are no names are dropped.
func (k *Keyring) readIndex() ([]string, error) {
	text, err := keyring.Get(k.service, indexItem)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, k.explain(indexItem, err)
	}
	names := slices.DeleteFunc(strings.Split(text, "\n"), func(s string) bool { return ValidName(s) != nil })
	slices.Sort(names)
	return slices.Compact(names), nil
}
