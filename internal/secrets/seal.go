package secrets

import (
	"bytes"
	"errors"
	"io"

	"filippo.io/age"
)

// keys are the identities that open the secrets of a store. New ones are sealed to the first.
type keys []*age.X25519Identity

func (ks keys) identities() []age.Identity {
	out := make([]age.Identity, len(ks))
	for i, k := range ks {
		out[i] = k
	}
	return out
}

// equal tells whether both are the same keys in the same order.
func (ks keys) equal(other keys) bool {
	if len(ks) != len(other) {
		return false
	}
	for i, k := range ks {
		if k.String() != other[i].String() {
			return false
		}
	}
	return true
}

// errWrongKey means that none of the keys is the one that sealed.
var errWrongKey = errors.New("no key matches")

// seal encrypts data to one recipient, in age's format.
func seal(data []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unseal decrypts what seal made. errors.Is(err, errWrongKey) when no identity matches; any other error is damage.
func unseal(sealed []byte, with ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, errWrongKey
	case err != nil:
		return nil, err
	}
	return io.ReadAll(r)
}
