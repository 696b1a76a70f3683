package main

import (
	"fmt"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/store/storetest/pgtest"
)

// TestThreeInventories: three processes share a database and a group; one comes
// late and one is killed in the middle. Each that is left answers as a replay does.
func TestThreeInventories(t *testing.T) {
	broker, server := startKafka(t, kafka4), pgtest.Start(t)
	exe, key := build(t), writeKey(t)
	capture := writeCapture(t, synth.Company(synth.Options{Seed: 2, Trouble: synth.Moderate()}), "a.pcap")
	want := replayed(t, exe, capture, key, "--calls")
	store, topic := server.Database(t), "kafka://"+broker.addr+"/wirecensus.calls"
	var bases []string
	var inventories []*program
	for range 3 {
		listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
		bases = append(bases, "http://"+listen)
		inventories = append(inventories, newProgram(t, exe, "inventory", "--from", topic, "--store", store, "--listen", listen))
	}
	inventories[0].start()
	inventories[1].start()
	sensor := startPiped(t, exe, capture, "--to", topic, "--key", key)
	sensor.feed(0.3)
	first := awaitCalls(t, inventories[0], bases[0], 1).Calls
	inventories[2].start()
	sensor.feed(0.2)
	awaitCalls(t, inventories[2], bases[2], first+1)
	sensor.feed(0.2)
	inventories[1].kill()
	sensor.end()
	for _, i := range []int{0, 2} {
		got := awaitCalls(t, inventories[i], bases[i], want.calls)
		t.Logf("process %d: %d calls, lost %d, duplicates %d", i, got.Calls, got.Lost, got.Duplicates)
		if got.Calls != want.calls || got.Lost != 0 {
			t.Errorf("process %d: %+v\n%s", i, got, inventories[i].log)
		}
		mustAgree(t, bases[i], want)
		mustHaveDocuments(t, bases[i], want)
	}
}
