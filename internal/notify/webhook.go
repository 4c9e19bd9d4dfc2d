package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxText bounds the text of a webhook, in bytes.
const maxText = 64 << 10

// webhook posts JSON, signed.
type webhook struct {
	target string
	key    Secret
}

// payload is version 1 of what a webhook gets. Fields may be added; what is there keeps its meaning.
type payload struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Account string `json:"account"`
	Target  string `json:"target"`
	Time    string `json:"time"` // RFC 3339, UTC
	Text    string `json:"text"`
	Links   []link `json:"links"` // in their order; never null
}

type link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

func (w webhook) body(m Message) ([]byte, string, error) {
	p := payload{
		Version: 1, ID: m.ID, Account: m.Account, Target: w.target, Time: m.Time.UTC().Format(time.RFC3339Nano),
		Text: cut(Plain(m.Parts), maxText), Links: []link{},
	}
	for _, part := range m.Parts {
		if part.URL != "" {
			p.Links = append(p.Links, link{Text: visible(part.Text), URL: visible(part.URL)})
		}
	}
	data, err := json.Marshal(p)
	return data, "application/json", err
}

func (w webhook) header(h http.Header, m Message, data []byte, at time.Time) error {
	key := w.key.reveal()
	if len(key) < minKey {
		return errors.New("no key")
	}
	h.Set("Gatefold-Id", escapedID(m.ID))
	h.Set("Gatefold-Signature", sign(key, at, data))
	return nil
}

// sign is the header Gatefold-Signature: the time of the try, and the HMAC-SHA256 of that time, a dot and the body.
func sign(key string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// escapedID is an id as a header can hold it. Ids of effects hold nothing to escape.
func escapedID(id string) string {
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// final: statuses that say something about this very message, or that nobody is there any more. A 404 may be a receiver
// that is being deployed.
func (webhook) final(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

func (webhook) hint() string {
	return "the receiver does not accept the signature: the target's secret _KEY must be the receiver's too, and both clocks right"
}
