package main

import (
	"context"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

// TestBrokers: what is written before a broker is killed is there when it is back.
func TestBrokers(t *testing.T) {
	for _, version := range []string{kafka4, kafka3} {
		t.Run(version, func(t *testing.T) {
			b := startKafka(t, version)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			conn, err := kafka.DialContext(ctx, "tcp", b.addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.CreateTopics(kafka.TopicConfig{Topic: "x", NumPartitions: 1, ReplicationFactor: 1}); err != nil {
				t.Fatal(err)
			}
			w := &kafka.Writer{Addr: kafka.TCP(b.addr), Topic: "x", RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond}
			if err := w.WriteMessages(ctx, kafka.Message{Value: []byte("1")}); err != nil {
				t.Fatal(err)
			}
			b.kill()
			b.start()
			r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{b.addr}, Topic: "x", MaxWait: 100 * time.Millisecond})
			defer r.Close()
			m, err := r.ReadMessage(ctx)
			if err != nil || string(m.Value) != "1" {
				t.Fatalf("%q, %v", m.Value, err)
			}
		})
	}
}
