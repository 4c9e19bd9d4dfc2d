package notify

import (
	"context"
	"net/http"
	"net/url"
)

// Reach asks whether anything answers at the target's host, and sends nothing: a HEAD of its root, without the path of
// the address, token or signature. Any status will do.
func (t *Target) Reach(ctx context.Context) error {
	u, err := url.Parse(t.url.reveal())
	if err != nil {
		return &Error{Host: t.host, Code: "no_address", Class: Credential}
	}
	within, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	root := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	req, err := http.NewRequestWithContext(within, http.MethodHead, root.String(), nil)
	if err != nil {
		return &Error{Host: t.host, Code: "no_address", Class: Credential}
	}
	req.Header.Set("User-Agent", "gatefold")
	resp, err := t.client.Do(req)
	if err != nil {
		return t.failure(ctx, err)
	}
	return resp.Body.Close()
}
