package main

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"wirecensus/cmd/wiregen/synth"
)

// TestMain lets the scripts run this program as the command wirecensus.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"wirecensus": main,
	})
}

// TestScripts runs testdata/script. Every script finds a capture of three days of
// a small company in $WORK/shop.pcap, two days with gRPC and TLS in $WORK/beyond.pcapng
// and, without the secrets of $WORK/keys.log, in beyond.pcap, what the company declares
// in $WORK/specs and $WORK/protos, and in $ADDR an address that is free, at which $WIRECENSUS_SERVER looks for a server.
func TestScripts(t *testing.T) {
	capture := synth.Company(synth.Options{Seed: 1, Days: 3}).Bytes(synth.PCAPNano)
	beyond := func() *synth.Capture { return synth.Company(synth.Options{Seed: 1, Days: 2, Beyond: true}) }
	files := map[string][]byte{"shop.pcap": capture, "beyond.pcapng": beyond().Bytes(synth.PCAPNG), "beyond.pcap": beyond().Bytes(synth.PCAPNano), "keys.log": beyond().Secrets}
	for dir, list := range map[string]map[string][]byte{"specs": synth.Specs(), "protos": synth.Protos()} {
		for name, b := range list {
			files[filepath.Join(dir, name)] = b
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			if err := errors.Join(os.Mkdir(filepath.Join(e.WorkDir, "specs"), 0o755), os.Mkdir(filepath.Join(e.WorkDir, "protos"), 0o755)); err != nil {
				return err
			}
			for name, b := range files {
				if err := os.WriteFile(filepath.Join(e.WorkDir, name), b, 0o600); err != nil {
					return err
				}
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Setenv("ADDR", l.Addr().String())
			e.Setenv("WIRECENSUS_SERVER", "http://"+l.Addr().String())
			return l.Close()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready,
			"holds": holds,
			"same":  same,
			"shell": shellCommand,
			"fails": fails,
		},
	})
}

// same FOLDER FOLDER compares all files of two folders byte by byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same FOLDER FOLDER")
	}
	out, err := exec.Command("diff", "-r", ts.MkAbs(args[0]), ts.MkAbs(args[1])).CombinedOutput()
	if (err != nil) != neg {
		ts.Fatalf("diff: %v\n%s", err, out)
	}
}

// shellCommand runs its argument with sh in the script's folder: for pipes and redirections.
func shellCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: shell 'COMMAND'")
	}
	if err := ts.Exec("sh", "-c", args[0]); (err != nil) != neg {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// fails STATUS COMMAND... runs a command that must end with an exit status.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("ended with %v, want exit status %s", err, args[0])
	}
}

// ready URL waits until a server says that it is ready.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	for range 300 {
		r, err := http.Get(args[0] + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond) // another process: there is nothing to wait on
	}
	ts.Fatalf("%s is not ready after 15 s", args[0])
}

// holds COMMAND... stdout PATTERN runs a command until what it prints matches.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if n := len(args); neg || n < 3 || args[n-2] != "stdout" {
		ts.Fatalf("usage: holds COMMAND... stdout PATTERN")
	}
	want := regexp.MustCompile(args[len(args)-1])
	for range 150 {
		if ts.Exec(args[0], args[1:len(args)-2]...) == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		time.Sleep(100 * time.Millisecond) // another process: there is nothing to wait on
	}
	ts.Fatalf("it does not print %s within 15 s, but:\n%s", want, ts.ReadFile("stdout"))
}
