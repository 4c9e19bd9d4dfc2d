package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What a handler and a client see of one another is the same in memory as over a socket.
func TestTransportIsLikeASocket(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", strings.Join([]string{r.Method, r.RequestURI, r.URL.String(), r.Header.Get("Content-Length"),
			r.Header.Get("X-Mine"), strings.Join(r.TransferEncoding, ","), r.Proto, string(body)}, "|"))
		switch r.URL.Path {
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
		case "/silent":
		default:
			w.WriteHeader(http.StatusTeapot)
			w.Header().Set("X-Late", "lost")
			io.WriteString(w, "<html>short and stout")
		}
	})
	srv := httptest.NewServer(echo)
	defer srv.Close()
	real, memory := srv.Client(), &http.Client{Transport: Transport(map[string]http.Handler{srv.Listener.Addr().String(): echo})}
	bodies := map[string]func() io.Reader{
		"none":    func() io.Reader { return nil },
		"known":   func() io.Reader { return strings.NewReader("abc") },
		"unknown": func() io.Reader { return io.MultiReader(strings.NewReader("abc")) },
	}
	for _, path := range []string{"/a%20b?c=d%2Fe", "/empty", "/silent"} {
		for _, method := range []string{"GET", "PUT", "POST", "HEAD"} {
			for name, body := range bodies {
				ask := func(c *http.Client) (reply, *http.Response) {
					req, _ := http.NewRequestWithContext(t.Context(), method, srv.URL+path, body())
					req.Header.Set("X-Mine", "yes")
					resp, err := c.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					text, err := io.ReadAll(resp.Body)
					return reply{resp.StatusCode, resp.Header, string(text), err}, resp
				}
				want, wantResp := ask(real)
				got, gotResp := ask(memory)
				what := method + " " + path + " body " + name
				same(t, what+": status", got.status, want.status)
				same(t, what+": line", gotResp.Status, wantResp.Status)
				same(t, what+": body", got.body, want.body)
				same(t, what+": X-Late", got.header.Get("X-Late"), want.header.Get("X-Late"))
				same(t, what+": Content-Type", got.header.Get("Content-Type"), want.header.Get("Content-Type"))
				same(t, what+": X-Seen", got.header.Get("X-Seen"), want.header.Get("X-Seen"))
			}
		}
	}
}

func TestTransportRefusals(t *testing.T) {
	called := false
	tr := Transport(map[string]http.Handler{"known": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true })})
	client := &http.Client{Transport: tr}
	_, err := client.Get("http://unknown/x")
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("unknown host: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body := &closeable{Reader: strings.NewReader("x")}
	req, _ := http.NewRequestWithContext(ctx, "POST", "http://known/", body)
	if _, err := tr.RoundTrip(req); !errors.Is(err, context.Canceled) || called || !body.closed {
		t.Errorf("cancelled: %v, called %v, closed %v", err, called, body.closed)
	}
	resp, err := client.Get("http://known:8080/") // any port
	if err != nil || resp.StatusCode != 200 || !called {
		t.Errorf("known host: %v %v", resp, err)
	}
}

type closeable struct {
	io.Reader
	closed bool
}

func (c *closeable) Close() error { c.closed = true; return nil }

func TestBodyAfterCancelAndClose(t *testing.T) {
	w := newWorld(t, SpotifyOptions{})
	w.s.Fault(Fault{Kind: KindHuge})
	open := func(ctx context.Context) io.ReadCloser {
		req, _ := http.NewRequestWithContext(ctx, "GET", w.base+"/v1/me", nil)
		resp, err := w.client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Body
	}
	ctx, cancel := context.WithCancel(t.Context())
	body := open(ctx)
	if n, err := body.Read(make([]byte, 10)); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	cancel()
	if _, err := body.Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	body = open(t.Context())
	body.Close()
	if _, err := body.Read(make([]byte, 10)); !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("after close: %v", err)
	}
}

func TestPanicOfAHandlerIsNotHidden(t *testing.T) {
	defer func() {
		if recover() != "a bug" {
			t.Error("the panic was swallowed")
		}
	}()
	client := &http.Client{Transport: Transport(map[string]http.Handler{"x": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })})}
	client.Get("http://x/")
}
