package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"
)

// Handler answers what the socket is asked.
type Handler struct {
	Status func(context.Context) (Status, error)
	Reload func(context.Context) (Reloaded, error)

	Devices func(context.Context) (Devices, error)
	Plans   func(context.Context) (Plans, error)
	Present func(context.Context, AccountRequest) (Present, error)
	Approve func(context.Context, ApproveRequest) (Done, error)
	Enforce func(context.Context, EnforceRequest) (Done, error)
	Hold    func(context.Context, HoldRequest) (Done, error)
	Linked  func(context.Context, AccountRequest) (Done, error)
	Leave   func(context.Context, LeaveRequest) (Leave, error)
	Limited func(context.Context, LimitedRequest) (Done, error)

	Rulesets func(context.Context) (Rulesets, error)
	Ruleset  func(context.Context, RulesetRequest) (RulesetFiles, error)
	Accept   func(context.Context, RulesetRequest) (Reloaded, error)
	Rollback func(context.Context, RulesetRequest) (Reloaded, error)
	Shadow   func(context.Context) (Disagreements, error)

	Light    func(context.Context, LightRequest) (Done, error)
	Override func(context.Context, OverrideRequest) (Done, error)
	Publish  func(context.Context, PublishRequest) (Published, error)
}

// longest is what the kernel takes for the path of a unix socket (sun_path,
// with the closing zero).
const longest = 107

// Listen opens the socket, 0600. A socket that a killed daemon left there is
// replaced: whoever calls this holds the lock of the data folder.
func Listen(path string) (net.Listener, error) {
	if len(path) > longest {
		return nil, fmt.Errorf("control socket %s: the path is longer than %d bytes, which no unix socket can have: choose a shorter data folder", path, longest)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("control socket %s: something else is there: move it away", path)
		}
		if conn, err := net.Dial("unix", path); err == nil {
			conn.Close()
			return nil, fmt.Errorf("control socket %s: another gatefold listens there", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("control socket: removing the old one: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, nil
}

// Serve answers on the listener until ctx ends.
func Serve(ctx context.Context, l net.Listener, h Handler) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, h.Status)
	})
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, h.Reload)
	})
	mux.HandleFunc("GET /devices", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, h.Devices)
	})
	mux.HandleFunc("GET /plans", func(w http.ResponseWriter, r *http.Request) { answer(w, r, h.Plans) })
	mux.HandleFunc("POST /present", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Present) })
	mux.HandleFunc("POST /approve", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Approve) })
	mux.HandleFunc("POST /enforce", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Enforce) })
	mux.HandleFunc("POST /hold", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Hold) })
	mux.HandleFunc("POST /light", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Light) })
	mux.HandleFunc("POST /override", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Override) })
	mux.HandleFunc("POST /publish", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Publish) })
	mux.HandleFunc("POST /linked", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Linked) })
	mux.HandleFunc("POST /leave", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Leave) })
	mux.HandleFunc("POST /limited", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Limited) })
	mux.HandleFunc("GET /rulesets", func(w http.ResponseWriter, r *http.Request) { answer(w, r, h.Rulesets) })
	mux.HandleFunc("POST /ruleset", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Ruleset) })
	mux.HandleFunc("POST /accept", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Accept) })
	mux.HandleFunc("POST /rollback", func(w http.ResponseWriter, r *http.Request) { order(w, r, h.Rollback) })
	mux.HandleFunc("GET /shadow", func(w http.ResponseWriter, r *http.Request) { answer(w, r, h.Shadow) })
	s := &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer[T any](w http.ResponseWriter, r *http.Request, ask func(context.Context) (T, error)) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	out, err := ask(r.Context())
	say(w, out, err)
}

// order reads what is wanted, strictly.
func order[T, R any](w http.ResponseWriter, r *http.Request, do func(context.Context, T) (R, error)) {
	var in T
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(failure{"the request cannot be read: " + err.Error()})
		return
	}
	out, err := do(r.Context(), in)
	say(w, out, err)
}

func say(w http.ResponseWriter, out any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(failure{err.Error()})
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

type failure struct {
	Error string `json:"error"`
}
