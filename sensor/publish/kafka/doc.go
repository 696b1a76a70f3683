// Package kafka takes an outbox's records to the topics of a Kafka cluster: it connects, makes
// topics that are missing, and says what to do about what goes wrong.
//
// # Ownership
//
// A Broker may be used by several goroutines.
//
// # Limits
//
//   - A request and its answer take at most 15 s, finding the cluster and its topics 20 s; then it is an error,
//     and the caller decides whether to ask again.
//   - Messages of brokers are quoted to at most 200 bytes.
package kafka
