package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// TestSpoolExceeded lets the broker be away until the sensor's memory and spool are
// full, again and again: what the inventory received and what the sensor gave up
// are together what there was. Of what was given up the inventory misses by its
// numbers at most that: what no later call of the partition follows does not show.
func TestSpoolExceeded(t *testing.T) {
	broker := startKafka(t, kafka4)
	exe, key, dir := build(t), writeKey(t), t.TempDir()
	capture := flood(t, 120_000, 7)
	want := replayed(t, exe, capture, key)
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	topic, base := "kafka://"+broker.addr+"/wirecensus.calls", "http://"+listen
	inventory := newProgram(t, exe, "inventory", "--from", topic, "--store", "sqlite:"+filepath.Join(dir, "inventory.db"), "--listen", listen)
	inventory.start()
	sensor := startPiped(t, exe, capture, "--to", topic, "--key", key, "--when-full", "shed", "--queue-size", "1MiB", "--spool", filepath.Join(dir, "spool"), "--spool-size", "1MiB")
	sensor.feed(0.08)
	received := awaitCalls(t, inventory, base, 1).Calls
	for range 2 {
		broker.kill()
		sensor.feed(0.42)
		broker.start()
		received = awaitQuiet(t, inventory, base, received)
	}
	// What is missing shows by what comes after it: the last calls come slowly.
	for range 14 {
		sensor.feed(0.005)
		time.Sleep(300 * time.Millisecond)
	}
	sensor.end()
	got := awaitCalls(t, inventory, base, received+1)
	counted, shed := uint64(0), uint64(0)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var err error
		if got, err = sensorOf(t, base, "s"); err != nil {
			t.Fatal(err)
		}
		counted, shed = 0, 0
		for _, n := range got.Shed {
			shed += n
		}
		for _, e := range allEndpoints(t, base) {
			counted += e.Calls
		}
		if counted+shed >= want.calls {
			break
		}
	}
	t.Logf("%d calls: received %d, given up %v, missed %d, twice %d, counted %d", want.calls, got.Calls, got.Shed, got.Lost, got.Duplicates, counted)
	if shed == 0 || got.Calls+shed != want.calls || got.Lost == 0 || got.Lost > shed || counted != got.Calls {
		t.Errorf("of %d calls %d were received and %d counted, %d given up, %d missed\n%s", want.calls, got.Calls, counted, shed, got.Lost, sensor.log)
	}
}

// awaitQuiet waits until what waited in the sensor has arrived and no more
// comes, so that there is room again; it returns how many calls arrived in all.
func awaitQuiet(t testing.TB, inventory *program, base string, before uint64) uint64 {
	t.Helper()
	for {
		now := awaitCalls(t, inventory, base, before+1).Calls
		time.Sleep(6 * time.Second)
		if awaitCalls(t, inventory, base, now).Calls == now {
			return now
		}
	}
}
