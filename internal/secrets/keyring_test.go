package secrets

import (
	"errors"
	"testing"

	"github.com/zalando/go-keyring"
)

// The keyring's mock belongs to the whole process, so none of these is parallel.

func TestKeyringThatDoesNotAnswer(t *testing.T) {
	keyring.MockInitWithError(errors.New("The name org.freedesktop.secrets was not provided by any .service files"))
	t.Cleanup(keyring.MockInit)
	s := OpenKeyring("gatefold")
	_, get := s.Get(t.Context(), tokenName)
	_, list := s.List(t.Context())
	for _, err := range []error{get, list, s.Put(t.Context(), tokenName, NewValue([]byte(token))), s.Delete(t.Context(), tokenName)} {
		wantError(t, err, Unavailable, "org.freedesktop.secrets", "headless Pi", "store: file")
	}
}

func TestKeyringThatIsTooSmall(t *testing.T) {
	keyring.MockInitWithError(keyring.ErrSetDataTooBig)
	t.Cleanup(keyring.MockInit)
	s := OpenKeyring("gatefold")
	wantError(t, s.explain(tokenName, keyring.ErrSetDataTooBig), Unfit, tokenName, "too large")
	wantError(t, s.Put(t.Context(), tokenName, NewValue([]byte(token))), Unfit, "too large")
}

func TestKeyringThatRepeatsWhatItGot(t *testing.T) {
	text := "eG94Yi10aGUtdmFsdWUtdGhhdC1ub2JvZHktbWF5LXNlZQ=="
	err := withoutText(errors.New("cannot take "+text), text)
	wantSilent(t, err)
	if err == nil {
		t.Error("the error is gone")
	}
}

func TestKeyringWithForeignItems(t *testing.T) {
	keyring.MockInit()
	s := OpenKeyring("gatefold")
	put(t, s, "A", "a")
	put(t, s, "B", "b")
	must(t, keyring.Set("gatefold", tokenName, token))
	_, err := s.Get(t.Context(), tokenName)
	wantError(t, err, Damaged, tokenName, "put the secret anew")
	must(t, keyring.Delete("gatefold", "A"))
	wantNames(t, s, "B")
	must(t, keyring.Set("gatefold", indexItem, "B\n\nno name\n../x\nB\nKEY\nA"))
	wantNames(t, s, "B")
	must(t, s.Delete(t.Context(), "B"))
	wantNames(t, s)
	wantNames(t, OpenKeyring("other"))
}
