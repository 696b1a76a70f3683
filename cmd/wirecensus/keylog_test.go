package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"wirecensus/sensor/tls"
)

// secretLine is a line of a key log.
func secretLine(n int) string {
	return fmt.Sprintf("CLIENT_RANDOM %064x %s\n", n, strings.Repeat(fmt.Sprintf("%02x", n+0xa0), 48))
}

// TestItem50Follow: a key log that comes into being, grows in the middle of a line, is
// truncated, replaced, and goes away.
func TestItem50Follow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.log")
	keys := tls.NewKeys(true, 0)
	var said bytes.Buffer
	f := &follower{path: path, log: tls.NewLog(keys, tls.Always), say: zerolog.New(&said), warn: func(string) {}, buf: make([]byte, 64)}
	put := func(flags int, text string) {
		t.Helper()
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flags, 0o600)
		if err == nil {
			_, err = file.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	want := func(step string, n uint64) {
		t.Helper()
		f.poll()
		if s := keys.Stats(); s.Secrets != n || s.Malformed != 0 {
			t.Fatalf("%s: %+v, want %d secrets", step, s, n)
		}
	}
	want("no file yet", 0)
	put(os.O_APPEND, secretLine(1)+secretLine(2)[:50])
	want("half a line", 1)
	put(os.O_APPEND, secretLine(2)[50:])
	want("the other half", 2)
	put(os.O_APPEND, secretLine(3)[:80])
	want("half a line again", 2)
	put(os.O_TRUNC, secretLine(4))
	want("truncated in the middle of a line", 3)
	put(os.O_APPEND, secretLine(5))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	put(0, secretLine(6))
	want("replaced: the rest of the old and all of the new", 5)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("gone", 5)
	put(0, secretLine(7))
	want("back", 6)
	f.close()
	if strings.Count(said.String(), "\n") != 2 {
		t.Errorf("said %q, want one line for each time without a file", said.String())
	}
}

// TestItem53Warning: files that others may read are pointed out, and no message shows a secret.
func TestItem53Warning(t *testing.T) {
	dir := t.TempDir()
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o640: 1, 0o604: 1} {
		path := filepath.Join(dir, fmt.Sprintf("%o.log", mode))
		if err := os.WriteFile(path, []byte(secretLine(1)), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var warned []string
		keys, err := readSecrets(secretFlags{logs: []string{path}}, func(s string) { warned = append(warned, s) })
		if err != nil || keys.Stats().Secrets != 1 || len(warned) != want {
			t.Errorf("mode %o: %v, warned %q", mode, err, warned)
		}
	}
	path := filepath.Join(dir, "key.pem")
	secret := hex.EncodeToString([]byte("a secret in a file"))
	if err := os.WriteFile(path, []byte("-----BEGIN PRIVATE KEY-----\n"+secret+"\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readSecrets(secretFlags{private: []string{path}}, func(string) {})
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
		t.Errorf("error %v", err)
	}
	var warned []string
	if _, err := readSecrets(secretFlags{logs: []string{path}}, func(s string) { warned = append(warned, s) }); err != nil || len(warned) != 1 || strings.Contains(warned[0], secret) {
		t.Errorf("no key log: %v, warned %q", err, warned)
	}
}
