// gorilla/websocket, as its examples have the echo and the chat: a goroutine reads from each client, and in a room another one
// writes to it.
package main

import (
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	EnableCompression: strings.HasPrefix(os.Getenv("MODE"), "deflate"),
	CheckOrigin:       func(*http.Request) bool { return true },
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		if c.WriteMessage(kind, message) != nil {
			return
		}
	}
}

var (
	lock    sync.Mutex
	members = map[chan *websocket.PreparedMessage]bool{}
)

func room(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	send := make(chan *websocket.PreparedMessage, 256)
	lock.Lock()
	members[send] = true
	lock.Unlock()
	go func() {
		for message := range send {
			if c.WritePreparedMessage(message) != nil {
				return
			}
		}
	}()
	defer func() {
		lock.Lock()
		delete(members, send)
		lock.Unlock()
		close(send)
		c.Close()
	}()
	for {
		kind, payload, err := c.ReadMessage()
		if err != nil {
			return
		}
		message, err := websocket.NewPreparedMessage(kind, payload)
		if err != nil {
			return
		}
		lock.Lock()
		for member := range members {
			member <- message
		}
		lock.Unlock()
	}
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "4000"
	}
	handler := echo
	if os.Getenv("APP") == "room" {
		handler = room
	}
	http.HandleFunc("/", handler)
	address, certificate := "127.0.0.1:"+port, os.Getenv("CERTIFICATE")
	var err error
	if certificate != "" {
		err = http.ListenAndServeTLS(address, certificate, os.Getenv("KEY"), nil)
	} else {
		err = http.ListenAndServe(address, nil)
	}
	if err != nil {
		os.Exit(1)
	}
}
