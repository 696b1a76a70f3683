package outbox

import (
	"sync"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/batch"
)

// Lane is the sink of one worker: it gathers calls into records and puts them into the
// outbox, behind their definitions.
type Lane struct {
	o      *Outbox
	sensor string

	mu      sync.Mutex
	batches *batch.Batcher // protected by mu, like the next
	closed  []batch.Record
}

// Lane returns the sink of the origin's calls. partition says where a service belongs.
func (o *Outbox) Lane(origin wire.Origin, form batch.Form, limits batch.Limits, partition func(service string) int) *Lane {
	return &Lane{o: o, sensor: origin.Sensor, batches: batch.NewBatcher(origin, form, limits, partition)}
}

// Send takes one call. It waits where the outbox waits.
func (l *Lane) Send(c *schemas.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed = l.batches.Add(l.closed[:0], c); len(l.closed) > 0 {
		l.put()
	}
}

// Tick closes the batches that have been open for a whole tick, unless the lane is at work.
func (l *Lane) Tick() {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.closed = l.batches.Tick(l.closed[:0]); len(l.closed) > 0 {
		l.put()
	}
}

// Flush closes all batches.
func (l *Lane) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed = l.batches.Flush(l.closed[:0]); len(l.closed) > 0 {
		l.put()
	}
}

// Announce sends all definitions again that are still used, for readers that have lost
// some; without room it stops.
func (l *Lane) Announce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.batches.Known() {
		if !l.o.Define(l.sensor, d) {
			return
		}
	}
}

// put hands the closed records to the outbox, definitions first.
func (l *Lane) put() {
	for _, d := range l.batches.Definitions() {
		if l.o.Define(l.sensor, d) {
			continue
		}
		// Any batch may need it, the open ones too.
		l.closed = l.batches.Flush(l.closed)
		for i := range l.closed {
			l.o.ledger.give("no-definition", l.record(i))
		}
		l.batches.Definitions()
		l.batches.Renew()
		return
	}
	for i := range l.closed {
		l.o.Put(Calls, l.closed[i].Partition, l.record(i))
	}
}

// record returns a closed batch as the outbox takes it.
func (l *Lane) record(i int) Record {
	r := &l.closed[i]
	return Record{Key: []byte(r.Service), Headers: r.Headers, Value: r.Value, Calls: r.Count}
}

// Define puts a definition of a sensor.
func (o *Outbox) Define(sensor string, d wire.Definition) bool {
	return o.Put(Definitions, 0, Record{Key: d.ID[:], Headers: wire.DefinitionHeaders(sensor, d.ID), Value: d.Value})
}
