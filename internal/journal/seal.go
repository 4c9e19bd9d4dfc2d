package journal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is how many bytes a journal's key has.
const KeySize = 32

// part says what a row is to the file. What was sealed as one does not open as another.
type part byte

const (
	inLog  part = 'h' // a row of log: history
	inLast part = 'l' // a row of last that is the subject's only one
	asHead part = 'n' // a row of last that says which row of log is the subject's newest
)

// sealer stands between rows as they are and rows as the file holds them.
type sealer interface {
	// mask gives the name by which the file knows a subject. What lies below a subject lies below its mask.
	mask(subject string) string
	// seal gives the data of a row that lies where r says, so that it opens nowhere else. name is the subject where the
	// mask hides it, "" otherwise.
	seal(r stored, name string, data []byte) []byte
	// open is the inverse. It does not open a row that is not as it was sealed, or not where.
	open(r stored) (subject string, data []byte, ok bool)
}

// keys is the sealer of every journal on a disk: XChaCha20-Poly1305 under a nonce drawn for each row, and names as
// HMAC-SHA256. Both keys come from the journal's by HKDF. ADR 0011 says why.
type keys struct {
	rows  cipher.AEAD
	names []byte
}

var _ sealer = (*keys)(nil)

func newKeys(key []byte) (*keys, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the journal's key has %d bytes, not %d: it comes from the secret %s", len(key), KeySize, keySecret)
	}
	rows, err := hkdf.Key(sha256.New, key, nil, "gatefold journal: rows", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	names, err := hkdf.Key(sha256.New, key, nil, "gatefold journal: names", sha256.Size)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(rows)
	return &keys{rows: aead, names: names}, err
}

// mask leaves the account and the kind as they are: the first is in the configuration, the second is a word of ours.
// Every other token is a name that somebody chose and becomes a keyed hash of the subject up to it, so that one key has
// another token in every account.
func (k *keys) mask(subject string) string {
	n := readable(subject)
	if n == len(subject) {
		return subject
	}
	masked := make([]byte, n, len(subject)+2*maskSize+1)
	copy(masked, subject)
	mac := hmac.New(sha256.New, k.names)
	var sum [sha256.Size]byte
	for n < len(subject) {
		if n > 0 {
			masked = append(masked, '.')
			n++
		}
		if end := strings.IndexByte(subject[n:], '.'); end >= 0 {
			n += end
		} else {
			n = len(subject)
		}
		mac.Reset()
		mac.Write([]byte(subject[:n]))
		masked = hex.AppendEncode(masked, mac.Sum(sum[:0])[:maskSize])
	}
	return string(masked)
}

// maskSize is 128 bits: no two of any number of names that a house can hold share a hash.
const maskSize = 16

// readable is how much of a subject the file may show: the account, and the kind after it.
func readable(subject string) int {
	account, rest, more := strings.Cut(subject, ".")
	if account != "_" && checkAccount(account) != nil {
		return 0
	}
	kind, _, _ := strings.Cut(rest, ".")
	if !more || !kindWord(kind) {
		return len(account)
	}
	return len(account) + 1 + len(kind)
}

// kindWord is a closed list, so that no name is ever taken for a kind.
func kindWord(word string) bool {
	switch word {
	case "run", "event", "decision", "outcome", "facts", "stands", "state", "throttle", "outbox", "unique",
		"gate", "rules", "value", "key":
		return true
	}
	return false
}

// seal makes nonce + ciphertext of length of name + name + data.
func (k *keys) seal(r stored, name string, data []byte) []byte {
	plain := make([]byte, 0, binary.MaxVarintLen32+len(name)+len(data))
	plain = binary.AppendUvarint(plain, uint64(len(name)))
	plain = append(append(plain, name...), data...)
	sealed := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	_, _ = rand.Read(sealed) // never fails
	return k.rows.Seal(sealed, sealed, plain, r.place())
}

func (k *keys) open(r stored) (subject string, data []byte, ok bool) {
	if !r.intact() || len(r.data) < chacha20poly1305.NonceSizeX {
		return "", nil, false
	}
	nonce, sealed := r.data[:chacha20poly1305.NonceSizeX], r.data[chacha20poly1305.NonceSizeX:]
	plain, err := k.rows.Open(nil, nonce, sealed, r.place())
	if err != nil {
		return "", nil, false
	}
	size, n := binary.Uvarint(plain)
	if n <= 0 || size > uint64(len(plain)-n) {
		return "", nil, false
	}
	name, data := plain[n:n+int(size)], plain[n+int(size):]
	if len(name) == 0 {
		return r.subject, data, true
	}
	return string(name), data, true
}

// place is what a row's seal is bound to besides its data.
func (s stored) place() []byte {
	place := make([]byte, 0, 64+len(s.subject))
	place = append(place, "gatefold journal row 1 "...)
	place = append(place, byte(s.part))
	place = binary.BigEndian.AppendUint64(place, uint64(s.seq))
	place = binary.BigEndian.AppendUint64(place, uint64(s.time))
	place = binary.BigEndian.AppendUint64(place, uint64(s.expires))
	return append(place, s.subject...)
}

// sealed gives r with the data of subject in it; r.subject is the mask.
func sealed(with sealer, r stored, subject string, data []byte) stored {
	name := subject
	if name == r.subject {
		name = ""
	}
	r.data = with.seal(r, name, data)
	r.crc = r.sum()
	return r
}

// sealedHead is the row of last for a subject whose newest row of log is at r's place.
func sealedHead(with sealer, r stored) stored {
	r.part = asHead
	return sealed(with, r, r.subject, nil)
}
