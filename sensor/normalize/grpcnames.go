package normalize

import (
	"encoding/binary"

	"wirecensus/reassembly"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/protobuf"
)

// Limits of what is learnt from server reflection.
const (
	maxLearners = 64      // connections at a time; others learn nothing
	maxLearnt   = 4 << 20 // bytes of descriptors of all of them
)

// connID names a connection.
type connID struct {
	client, server reassembly.Addr
	net            uint32
	start          int64
}

func connOf(ex *exchange.Exchange) connID {
	return connID{ex.Client, ex.Server, ex.Net, ex.ConnStart}
}

// learner is what a connection showed of its server's types.
type learner struct {
	set   *protobuf.Schemas
	bytes int
}

func (l *learner) schemas() *protobuf.Schemas {
	if l == nil {
		return nil
	}
	return l.set
}

// Forget drops what is remembered of a connection; it must be called when the
// connection is over.
func (n *Normalizer) Forget(client, server reassembly.Addr, net uint32, start int64) {
	if len(n.learnt)+len(n.struck) == 0 {
		return
	}
	for _, id := range [2]connID{{client, server, net, start}, {server, client, net, start}} {
		if l := n.learnt[id]; l != nil {
			n.learntBytes -= l.bytes
			delete(n.learnt, id)
		}
		delete(n.struck, id)
	}
}

// Reflects reports whether a request with the target asks for descriptors: server
// reflection of gRPC, version 1 or 1alpha.
func Reflects(target []byte) bool {
	switch string(target) {
	case "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo":
		return true
	}
	return false
}

// Learn takes the descriptors in the response to a reflection request, which need
// not be over, from where it stopped before. They
// serve the connection that showed them and no other: which connections share a
// Normalizer depends on the number of shards, calls must not.
func (n *Normalizer) Learn(ex *exchange.Exchange) {
	m, from := ex.Response, ex.Taken
	if ex.Request == nil || m == nil || !Reflects(ex.Request.Target) {
		return
	}
	for len(m.Body)-from >= frameHead {
		size := uint64(binary.BigEndian.Uint32(m.Body[from+1:]))
		if size > uint64(len(m.Body)-from-frameHead) {
			break
		}
		data := m.Body[from+frameHead : from+frameHead+int(size)]
		if m.Body[from]&frameCompressed != 0 {
			var cut, ok bool
			if data, cut, ok = n.codings.decode(0, data, rpcCoding(m.Fields), n.cfg.MaxBody); !ok || cut {
				data = nil
			}
		}
		from += frameHead + int(size)
		protobuf.Reflection(data, func(file []byte) { n.learnFile(connOf(ex), file) })
	}
	ex.Taken = from
}

func (n *Normalizer) learnFile(id connID, file []byte) {
	l := n.learnt[id]
	if l == nil {
		if len(n.learnt) >= maxLearners {
			return
		}
		l = &learner{set: protobuf.NewSchemas(protobuf.Learnt())}
		n.learnt[id] = l
	}
	if n.learntBytes+len(file) > maxLearnt || l.set.Add(file) != nil {
		return
	}
	l.bytes += len(file)
	n.learntBytes += len(file)
}
