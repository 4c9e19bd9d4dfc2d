package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/sourcegraph/jsonrpc2"

	"gatefold/engine"
	"gatefold/internal/manual"
)

// Options are what a server is made of. All of it is needed, but Try.
type Options struct {
	Version string
	Clock   Clock
	Try     Try                                        // nil: nothing is run
	Root    func(file string) string                   // the rules folder that a file lies in
	Read    func(root string) (engine.Snapshot, error) // what lies there
	Modules func(root string) []engine.Module          // what rules can call there
	Log     *slog.Logger
}

// ErrAbrupt says that the editor went away, or ended the conversation, without having said so before.
var ErrAbrupt = errors.New("the editor went away without shutting down")

// Codes of the protocol that JSON-RPC does not have.
const (
	codeNotInitialized = -32002
	codeCancelled      = -32800
)

// maxWaiting bounds what is read ahead.
const maxWaiting = 1000

// Serve talks with one editor until it says exit, or goes away.
func Serve(ctx context.Context, rw io.ReadWriteCloser, o Options) error {
	m, err := manual.New()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{session: newSession(o, m), waiting: make(chan *jsonrpc2.Request, maxWaiting), open: map[string]bool{}, back: map[string]bool{}, exit: make(chan struct{})}
	s.stream = newStream(rw)
	conn := jsonrpc2.NewConn(ctx, s.stream, reader{s}, jsonrpc2.SetLogger(quiet{o.Log}))
	defer conn.Close()
	tell := func(method string, params any) {
		if err := conn.Notify(ctx, method, params); err != nil {
			o.Log.Debug("telling the editor", "method", method, "error", err)
		}
	}
	s.lulls, s.turns = newLulls(o.Clock), newTurns()
	defer s.lulls.forget("")
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	s.look(ctx, &beside, tell)
	for {
		select {
		case r := <-s.waiting: // before anything else
			s.handle(ctx, conn, r)
			continue
		default:
		}
		select {
		case r := <-s.waiting:
			s.handle(ctx, conn, r)
		case <-s.lulls.wake:
			s.hand()
		case <-s.exit:
			return s.ended()
		case <-conn.DisconnectNotify():
			return s.ended()
		}
	}
}

// look begins the search for problems, beside the conversation.
func (s *server) look(ctx context.Context, beside *sync.WaitGroup, tell func(method string, params any)) {
	failed := func(p any) { s.o.Log.Error("looking for problems", "panic", p, "stack", string(debug.Stack())) }
	s.checker = newChecker(s.turns, func(p publishDiagnosticsParams) { tell("textDocument/publishDiagnostics", p) })
	if s.o.Try != nil {
		t := &trier{backlog: newBacklog(), try: s.o.Try, turns: s.turns, lacks: func(err error) {
			tell("window/logMessage", logMessageParams{messageWarning, "gatefold: rules are not tried out, what gatefold check finds by running them is not shown: " + err.Error()})
		}}
		t.learn = func(j job, found []engine.Problem) {
			s.checker.learn(j, found)
			j.try = false
			s.checker.want(j)
		}
		s.checker.tryOut = t.want
		beside.Go(func() { t.work(ctx.Done(), func(j job) { t.run(ctx, j) }, failed) })
	}
	beside.Go(func() { s.checker.work(ctx.Done(), s.checker.check, failed) })
}

// hand gives the search those folders whose time has come.
func (s *server) hand() {
	for _, d := range s.lulls.take() {
		if f := s.folders[d.root]; f != nil {
			j := f.job(s.enc)
			j.overdue, j.try = d.overdue, d.try
			s.checker.want(j)
		}
	}
}

// changed says that a folder is another than it was.
func (s *server) changed(f *folder) {
	f.turn = s.turns.next(f.root)
	if len(f.open) == 0 { // its problems go at once
		s.lulls.forget(f.root)
		s.checker.want(f.job(s.enc))
		return
	}
	s.lulls.changed(f.root)
}

// glance rereads a folder in which another program has changed something, if the editor does not tell of that.
func (s *server) glance(f *folder) {
	if !s.watches && f.onDisk() && f.changed() {
		s.reread(f)
		s.changed(f)
	}
}

type server struct {
	*session
	stream  *stream
	checker *checker
	lulls   *lulls
	turns   *turns

	waiting chan *jsonrpc2.Request
	exit    chan struct{}
	begun   bool // initialize was answered
	over    bool // shutdown was

	mu   sync.Mutex
	open map[string]bool // requests that wait
	back map[string]bool // those of them that were taken back
}

func (s *server) ended() error {
	if s.over {
		return nil
	}
	return ErrAbrupt
}

// reader takes messages as they come. What was taken back before its turn is not done.
type reader struct{ s *server }

func (r reader) Handle(ctx context.Context, _ *jsonrpc2.Conn, q *jsonrpc2.Request) {
	s := r.s
	if q.Method == "$/cancelRequest" {
		var p cancelParams
		if q.Params != nil && json.Unmarshal(*q.Params, &p) == nil {
			s.mu.Lock()
			if id := string(bytes.TrimSpace(p.ID)); s.open[id] {
				s.back[id] = true
			}
			s.mu.Unlock()
		}
		return
	}
	if !q.Notif {
		s.mu.Lock()
		s.open[key(q.ID)] = true
		s.mu.Unlock()
	}
	select {
	case s.waiting <- q:
	case <-ctx.Done():
	}
}

func key(id jsonrpc2.ID) string {
	raw, err := json.Marshal(id)
	if err != nil {
		return ""
	}
	return string(raw)
}

// takenBack says whether a request need not be answered any more, and forgets it.
func (s *server) takenBack(id jsonrpc2.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key(id)
	back := s.back[k]
	delete(s.open, k)
	delete(s.back, k)
	return back
}

// handle answers one message.
func (s *server) handle(ctx context.Context, conn *jsonrpc2.Conn, q *jsonrpc2.Request) {
	if q.Notif {
		if err := s.safely(func() (any, error) { return nil, s.notified(ctx, conn, q) }); err.err != nil {
			s.o.Log.Warn("a message of the editor", "method", q.Method, "error", err.err)
		}
		return
	}
	var a answer
	if s.takenBack(q.ID) {
		a.err = &jsonrpc2.Error{Code: codeCancelled, Message: "taken back"}
	} else {
		a = s.safely(func() (any, error) { return s.asked(q) })
	}
	var err error
	if a.err == nil {
		err = s.stream.WriteObject(response{"2.0", q.ID, a.result}) // Conn.Reply encodes it four times over
	} else {
		var coded *jsonrpc2.Error
		if !errors.As(a.err, &coded) {
			coded = &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: a.err.Error()}
		}
		err = conn.ReplyWithError(ctx, q.ID, coded)
	}
	if err != nil {
		s.o.Log.Debug("answering", "method", q.Method, "error", err)
	}
}

// response is a good answer as it is sent.
type response struct {
	JSONRPC string      `json:"jsonrpc"`
	ID      jsonrpc2.ID `json:"id"`
	Result  any         `json:"result"`
}

type answer struct {
	result any
	err    error
}

// safely makes an error of a panic: the next message is answered as if nothing had been.
func (s *server) safely(do func() (any, error)) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("a message of the editor", "panic", p, "stack", string(debug.Stack()))
			a = answer{err: fmt.Errorf("internal error: %v", p)}
		}
	}()
	a.result, a.err = do()
	return a
}

func params[T any](q *jsonrpc2.Request) (p T, err error) {
	if q.Params == nil {
		return p, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: q.Method + " needs params"}
	}
	if err := json.Unmarshal(*q.Params, &p); err != nil {
		return p, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: q.Method + ": " + err.Error()}
	}
	return p, nil
}

// notified takes what needs no answer.
func (s *server) notified(ctx context.Context, conn *jsonrpc2.Conn, q *jsonrpc2.Request) error {
	var f *folder
	switch q.Method {
	case "initialized":
		return s.watch(ctx, conn)
	case "exit":
		close(s.exit)
		return nil
	case "textDocument/didOpen":
		p, err := params[didOpenParams](q)
		if err != nil {
			return err
		}
		f = s.didOpen(p.TextDocument)
	case "textDocument/didChange":
		p, err := params[didChangeParams](q)
		if err != nil {
			return err
		}
		if f, err = s.didChange(p); err != nil {
			return err
		}
		s.glance(f)
	case "textDocument/didSave":
		p, err := params[documentParams](q)
		if err != nil {
			return err
		}
		d := s.docs[p.TextDocument.URI]
		if d == nil {
			return errNotOpen
		}
		f = d.folder
		s.reread(f)
	case "textDocument/didClose":
		p, err := params[documentParams](q)
		if err != nil {
			return err
		}
		f = s.didClose(p.TextDocument.URI)
	case "workspace/didChangeWatchedFiles":
		for _, f := range s.folders {
			s.reread(f)
			s.changed(f)
		}
		return nil
	}
	if f != nil {
		s.changed(f)
	}
	return nil // others are for other servers
}

// watch asks to be told of rule files that change outside of the editor.
func (s *server) watch(ctx context.Context, conn *jsonrpc2.Conn) error {
	if !s.watches {
		return nil
	}
	_, err := conn.DispatchCall(ctx, "client/registerCapability", map[string]any{"registrations": []any{map[string]any{
		"id": "rules", "method": "workspace/didChangeWatchedFiles",
		"registerOptions": map[string]any{"watchers": []any{map[string]any{"globPattern": "**/*.star"}}},
	}}})
	return err
}

// asked answers a request.
func (s *server) asked(q *jsonrpc2.Request) (any, error) {
	switch {
	case s.over:
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "the conversation is over: after shutdown comes exit"}
	case q.Method == "initialize":
		p, err := params[initializeParams](q)
		if err != nil {
			return nil, err
		}
		if s.begun {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "the conversation has begun already"}
		}
		s.begun = true
		return s.initialize(p), nil
	case !s.begun:
		return nil, &jsonrpc2.Error{Code: codeNotInitialized, Message: "the conversation begins with initialize"}
	case q.Method == "shutdown":
		s.over = true
		return nil, nil
	case q.Method == "completionItem/resolve":
		i, err := params[CompletionItem](q)
		if err != nil {
			return nil, err
		}
		return s.resolve(i), nil
	case q.Method == "textDocument/references":
		p, err := params[referenceParams](q)
		if err != nil {
			return nil, err
		}
		return at(s, p.placeParams, func(f *folder, rel string, c cursor) (any, error) {
			return s.references(f, rel, c, p.Context.IncludeDeclaration)
		})
	case q.Method == "textDocument/codeAction":
		p, err := params[codeActionParams](q)
		if err != nil {
			return nil, err
		}
		return s.fixes(p)
	}
	ask, ok := s.places()[q.Method]
	if !ok {
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "there is no " + q.Method}
	}
	p, err := params[placeParams](q)
	if err != nil {
		return nil, err
	}
	return at(s, p, ask)
}

// asks answers what is asked about a place in a document.
type asks func(f *folder, rel string, c cursor) (any, error)

func (s *server) places() map[string]asks {
	return map[string]asks{
		"textDocument/completion":     s.complete,
		"textDocument/hover":          s.hover,
		"textDocument/signatureHelp":  s.signature,
		"textDocument/definition":     s.definition,
		"textDocument/documentSymbol": s.symbols,
		"textDocument/formatting":     s.formatting,
	}
}

func at(s *server, p placeParams, ask asks) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: errNotOpen.Error()}
	}
	s.glance(d.folder)
	d.folder.sketch()
	o := d.folder.outlines[d.path]
	return ask(d.folder.forFile(d.path), d.path, o.cursor(o.text.offset(p.Position, s.enc)))
}

func (s *server) initialize(p initializeParams) initializeResult {
	for _, e := range p.Capabilities.General.PositionEncodings {
		if e == utf8Units {
			s.enc = utf8Units
		}
	}
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	s.oneRange = slices.Contains(p.Capabilities.TextDocument.Completion.CompletionList.ItemDefaults, "editRange")
	s.watches = p.Capabilities.Workspace.DidChangeWatchedFiles.DynamicRegistration
	return initializeResult{
		ServerInfo: map[string]string{"name": "gatefold", "version": s.o.Version},
		Capabilities: map[string]any{
			"positionEncoding": s.enc,
			"textDocumentSync": map[string]any{"openClose": true, "change": 2, "save": map[string]any{"includeText": false}},
			"completionProvider": map[string]any{
				"triggerCharacters": []string{".", "\"", "(", ",", "/"},
				"resolveProvider":   true,
			},
			"hoverProvider":              true,
			"signatureHelpProvider":      map[string]any{"triggerCharacters": []string{"(", ","}},
			"definitionProvider":         true,
			"referencesProvider":         true,
			"documentSymbolProvider":     true,
			"documentFormattingProvider": true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix"}},
		},
	}
}

// quiet logs what the library has to say.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, v ...any) { q.log.Debug(fmt.Sprintf(format, v...)) }
