package main

import (
	"net"
	"sync"
)

// crowd is a listener that has at most so many connections open at a time;
// further ones are turned away. Each costs memory, and metrics need few.
type crowd struct {
	net.Listener
	room chan struct{}
}

const mostConnections = 64

func newCrowd(l net.Listener) net.Listener {
	return &crowd{l, make(chan struct{}, mostConnections)}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case c.room <- struct{}{}:
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { <-c.room })}, nil
		default:
			conn.Close()
		}
	}
}

type guest struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}
