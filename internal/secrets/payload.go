package secrets

import (
	"bytes"
	"errors"
)

// payloadHead begins what is sealed in a secret's file; then come the secret's name, a line break and the value. So a
// file that was given another's name is noticed.
const payloadHead = "gatefold secret 1\n"

var (
	errPayload = errors.New("holds something else than a secret")
	errSwapped = errors.New("holds the secret of another name; were files swapped?")
)

func encodePayload(name string, value []byte) []byte {
	out := make([]byte, 0, len(payloadHead)+len(name)+1+len(value))
	out = append(out, payloadHead...)
	out = append(out, name...)
	out = append(out, '\n')
	return append(out, value...)
}

// decodePayload returns the value in data, if it is that of name. Its errors show nothing of data.
func decodePayload(name string, data []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(payloadHead))
	if !ok {
		return nil, errPayload
	}
	have, value, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(value) == 0 || len(value) > MaxValue {
		return nil, errPayload
	}
	if string(have) != name {
		return nil, errSwapped
	}
	return value, nil
}
