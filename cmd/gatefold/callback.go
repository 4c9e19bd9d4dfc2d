package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"gatefold/internal/spotify"
)

const callbackPath = "/callback"

// redirect opens the port that the browser is sent back to, on this machine
// alone. With --paste nobody listens, and the address is the registered one.
func (l linking) redirect() (net.Listener, string, error) {
	if l.o.paste {
		host := "127.0.0.1"
		if l.o.port != 0 {
			host = net.JoinHostPort(host, fmt.Sprint(l.o.port))
		}
		return nil, "http://" + host + callbackPath, nil
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", l.o.port))
	if err != nil {
		return nil, "", fmt.Errorf("listening for the answer: %w", err)
	}
	return listener, "http://" + listener.Addr().String() + callbackPath, nil
}

// finish is Login.Finish.
type finish func(context.Context, url.Values) (spotify.Granted, error)

// awaitRedirect answers the browser until the login has had its answer. What is
// not meant for this login changes nothing.
func awaitRedirect(ctx context.Context, l net.Listener, done finish) (spotify.Granted, error) {
	type outcome struct {
		got spotify.Granted
		err error
	}
	outcomes := make(chan outcome, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+callbackPath, func(w http.ResponseWriter, r *http.Request) {
		got, err := done(ctx, r.URL.Query())
		if errors.Is(err, spotify.ErrState) || errors.Is(err, spotify.ErrUsed) {
			page(w, http.StatusBadRequest, "This is not the answer to the login that waits", err.Error())
			return
		}
		if err != nil {
			page(w, http.StatusBadRequest, "The login failed", "The terminal says why.")
		} else {
			page(w, http.StatusOK, "Thank you", "gatefold has what it needs. You can close this page; the terminal says the rest.")
		}
		select {
		case outcomes <- outcome{got, err}:
		default:
		}
	})
	server := &http.Server{
		Handler: ourHost(l.Addr(), mux), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(newCrowd(l)) }()
	var o outcome
	select {
	case o = <-outcomes:
	case err := <-failed:
		return spotify.Granted{}, fmt.Errorf("listening for the answer: %w", err)
	case <-ctx.Done():
		o.err = ctx.Err()
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // for the page to arrive
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close()
	}
	return o.got, o.err
}

// page is what the browser shows. It loads nothing, tells nobody where it came
// from, and the code in its address does not lead anywhere a second time.
func page(w http.ResponseWriter, status int, title, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>gatefold</title>
<body style="font: 1.2em/1.5 system-ui, sans-serif; max-width: 32em; margin: 15vh auto; padding: 0 1em; color: #222">
<h1 style="font-size: 1.4em">%s</h1><p>%s</p></body></html>
`, title, text)
}

// openBrowser opens an address on the desktop of this machine, if it has one. The
// child gets none of our secrets.
func openBrowser(ctx context.Context, s stdio, address string) error {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	} else if s.getenv("DISPLAY") == "" && s.getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("there is no desktop")
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("there is no %s", name)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, address)
	for _, kv := range s.env {
		if !strings.HasPrefix(kv, "GATEFOLD_") && !strings.HasPrefix(kv, "AWS_") && !strings.HasPrefix(kv, "CREDENTIALS_DIRECTORY=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}
