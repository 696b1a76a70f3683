package sensor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/tls"
)

// follow feeds the key log at path to keys as it grows, until ctx is done.
func follow(ctx context.Context, path string, keys *tls.Keys) {
	log := tls.NewLog(keys, tls.Always)
	var file *os.File
	for {
		if file == nil {
			file, _ = os.Open(path) // not there yet
		}
		if file != nil {
			_, _ = io.Copy(log, file) // to its present end
		}
		select {
		case <-ctx.Done():
			file.Close()
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// eavesdrop runs the sensor on the loopback interface while do runs, which returns how many
// calls it made, and until these are there or do not come. The key log at path, none if empty, is
// followed. It returns the calls to the servers at addrs in order of their end.
func eavesdrop(t *testing.T, keys *tls.Keys, path string, addrs []string, do func() int) (got []*schemas.Call, cov *schemas.Coverage) {
	t.Helper()
	live, err := capture.OpenLive(capture.LiveConfig{Interfaces: []string{"lo"}})
	if errors.Is(err, syscall.EPERM) {
		t.Skip("needs CAP_NET_RAW")
	} else if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if path != "" {
		wg.Go(func() { follow(ctx, path, keys) })
	}
	var mu sync.Mutex
	done := make(chan error)
	go func() {
		var err error
		cov, err = sensor.Run(context.Background(), sensor.Config{Source: live, Keys: keys, Key: []byte("k"), Sink: func(int) publish.Sink {
			return publish.Func(func(c *schemas.Call) {
				if slices.Contains(addrs, fmt.Sprintf("127.0.0.1:%d", c.PeerPort)) {
					mu.Lock()
					got = append(got, c)
					mu.Unlock()
				}
			})
		}})
		done <- err
	}()
	want := do()
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) >= want
	}
	for end := time.Now().Add(5 * time.Second); !enough() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	live.Stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if cov.Live.KernelDrops+cov.Live.QueueDrops > 0 {
		t.Errorf("of the packets %d were dropped by the kernel and %d by a full queue", cov.Live.KernelDrops, cov.Live.QueueDrops)
	}
	return got, cov
}

// count is how often each call was made.
func count(calls []*schemas.Call, name func(*schemas.Call) string) map[string]int {
	out := map[string]int{}
	for _, c := range calls {
		out[name(c)]++
	}
	return out
}

// wantCounts checks that each call was overheard as often as it was made, and no other.
func wantCounts(t *testing.T, got, want map[string]int) {
	t.Helper()
	total, found := 0, 0
	for _, k := range slices.Sorted(maps.Keys(want)) {
		total, found = total+want[k], found+min(got[k], want[k])
		if got[k] != want[k] {
			t.Errorf("%s: %d of %d calls", k, got[k], want[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if want[k] == 0 {
			t.Errorf("%s: %d calls that nobody made", k, got[k])
		}
	}
	if total == 0 {
		t.Error("no calls were made")
	}
	t.Logf("%d of %d calls", found, total)
}

// command runs a program with SSLKEYLOGFILE set; what it wants to read is empty.
func command(t *testing.T, keyLog string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "SSLKEYLOGFILE="+keyLog)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// installed skips the test unless all programs are.
func installed(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip(p + " is not installed")
		}
	}
}
