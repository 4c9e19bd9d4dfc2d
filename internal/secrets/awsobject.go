package secrets

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// maxObject is the size of the largest SecretString that the service takes, in bytes.
const maxObject = 64 << 10

// object is what one AWS secret holds: values in base64 by name. Entries that are not ours are kept as they are.
type object map[string]string

// decodeObject reads the SecretString of arn. Its errors show nothing of it.
func decodeObject(arn string, text *string) (object, error) {
	if text == nil {
		return nil, badObject(arn, "holds binary data")
	}
	var o object
	if err := json.Unmarshal([]byte(*text), &o); err != nil || o == nil {
		return nil, badObject(arn, "is not a JSON object of texts")
	}
	return o, nil
}

func badObject(arn, reason string) error {
	return &Error{
		Kind: Damaged, Path: arn, Reason: reason + ", so gatefold did not write it and changes nothing",
		Hint: "give gatefold a secret of its own, or put {} into this one",
	}
}

func (o object) get(arn, name string) (Value, error) {
	text, ok := o[name]
	if !ok {
		return Value{}, notFound(name)
	}
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(value) == 0 {
		return Value{}, &Error{Kind: Damaged, Path: arn, Reason: "its entry " + name + " is not base64", Hint: "put the secret anew with gatefold"}
	}
	return NewValue(value), nil
}

// put tells whether that changed anything.
func (o object) put(name string, v Value) bool {
	text := base64.StdEncoding.EncodeToString(v.Reveal())
	old, ok := o[name]
	o[name] = text
	return !ok || old != text
}

func (o object) remove(name string) error {
	if _, ok := o[name]; !ok {
		return notFound(name)
	}
	delete(o, name)
	return nil
}

func (o object) names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o)), func(name string) bool { return ValidName(name) != nil })
}

func (o object) encode(arn string) (string, error) {
	data, err := json.Marshal(o)
	if err != nil {
		return "", &Error{Kind: Unfit, Path: arn, Reason: "cannot be written as JSON"}
	}
	if len(data) > maxObject {
		return "", &Error{
			Kind: Unfit, Path: arn, Reason: fmt.Sprintf("would have %d bytes, an AWS secret has at most %d", len(data), maxObject),
			Hint: "store a smaller value, or delete others in it",
		}
	}
	return string(data), nil
}
