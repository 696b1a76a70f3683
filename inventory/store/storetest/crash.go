package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"wirecensus/inventory/store"
)

// childEnv names the environment variable by which a process knows that it is the child of Crash.
const childEnv = "WIRECENSUS_STORETEST_CHILD"

// Crash kills processes that write, at random moments, and looks whether what
// they left holds together. test is the name of the calling test, which calls
// Crash first of all; address is what the child opens the store by.
func Crash(t *testing.T, test string, address func() string, open func(t *testing.T, address string) store.Store) {
	if at := os.Getenv(childEnv); at != "" {
		child(t, open(t, at))
		return
	}
	at := address()
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	rng := rand.New(rand.NewPCG(4, 4))
	last := int64(0)
	for range rounds {
		cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$")
		cmd.Env = append(os.Environ(), childEnv+"="+at)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		if _, err := out.Read(make([]byte, 1)); err != nil { // it writes now
			t.Fatal("the child ended:", err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(150 * time.Millisecond))))
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		last = consistent(t, open(t, at), last)
	}
	if last < int64(rounds) {
		t.Fatalf("only %d batches were written", last)
	}
	t.Logf("%d batches by %d processes", last, rounds)
}

// child writes and compacts until it is killed.
func child(t *testing.T, st store.Store) {
	for first := true; ; first = false {
		c, err := st.Cursor(t.Context(), "calls", 1)
		must(t, err)
		to := max(0, c.Next) + 1
		err = st.Commit(t.Context(), &store.Batch{
			Move:    move(c.Next, to),
			Deltas:  []store.Delta{{Key: "a", Blob: number(1)}, {Key: fmt.Sprint("b", to%7), Blob: number(1)}},
			Changes: []store.Change{put("coverage", "s", fmt.Sprint(to))},
		})
		must(t, err)
		if to%10 == 0 {
			if err := st.Compact(t.Context(), "a", 1<<60, add); err != nil && !errors.Is(err, store.ErrFenced) {
				t.Fatal(err)
			}
		}
		if first {
			fmt.Println("up")
		}
	}
}

// consistent checks that cursor, deltas and objects are of the same batch, no
// earlier than last.
func consistent(t *testing.T, st store.Store, last int64) int64 {
	t.Helper()
	// A client that was killed may have a commit under way on a server.
	time.Sleep(20 * time.Millisecond)
	c, err := st.Cursor(t.Context(), "calls", 1)
	must(t, err)
	if c.Next <= last {
		t.Fatalf("the cursor is at %d, it was at %d", c.Next, last)
	}
	same(t, fmt.Sprint(c.Next), string(c.Book))
	got := sums(t, st, 0)
	others := uint64(0)
	for k, n := range got {
		if k != "a" {
			others += n
		}
	}
	o, err := st.Object(t.Context(), "coverage", "s")
	must(t, err)
	same(t, []any{uint64(c.Next), uint64(c.Next), fmt.Sprint(c.Next)}, []any{got["a"], others, string(o.Blob)})
	must(t, st.Close())
	return c.Next
}
