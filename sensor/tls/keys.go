package tls

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"
)

// label says what a secret is for.
type label uint8

// Labels of the NSS key log format, and of the older "RSA" lines.
const (
	masterSecret    label = iota + 1 // CLIENT_RANDOM: TLS 1.2 and below
	clientEarly                      // CLIENT_EARLY_TRAFFIC_SECRET
	clientHandshake                  // CLIENT_HANDSHAKE_TRAFFIC_SECRET
	serverHandshake                  // SERVER_HANDSHAKE_TRAFFIC_SECRET
	clientTraffic                    // CLIENT_TRAFFIC_SECRET_0
	serverTraffic                    // SERVER_TRAFFIC_SECRET_0
	sessionMaster                    // RSA Session-ID:… Master-Key:…, by session id
	premaster                        // RSA … …, by the first 8 bytes of the encrypted premaster secret
)

// secretID names a secret: mostly by the client's random.
type secretID struct {
	name  [32]byte
	label label
}

// secret is what must not be shown.
type secret struct {
	from int64 // packet time (ns) from which it is known
	n    uint8
	b    [48]byte
}

// DefaultSecrets is the number of secrets that a Keys holds unless told otherwise:
// those of some 130,000 connections of TLS 1.3 or 520,000 of TLS 1.2, in 90 MiB.
const DefaultSecrets = 1 << 19

// maxPrivate bounds the private keys.
const maxPrivate = 64

// Always is the time of a secret that is known from the start.
const Always = math.MinInt64

// Keys are the secrets that connections are decrypted with. It is safe for concurrent
// use, and no way of printing it shows a secret.
type Keys struct {
	live  bool // constant after NewKeys
	limit int  // likewise

	added atomic.Uint64 // changes whenever a secret was added
	since atomic.Int64  // packet time from which secrets come with the packets; MaxInt64: never
	early atomic.Bool   // some secret was known from the start
	odd   atomic.Bool   // there are secrets by session id or encrypted premaster secret

	mu struct {
		sync.RWMutex
		secrets map[secretID]secret
		order   []secretID // a ring of the names in order of arrival once it is full
		oldest  int
		private []*rsa.PrivateKey
		stats   KeyStats
	}
}

// KeyStats count what became of the lines of key logs.
type KeyStats struct {
	Secrets   uint64 // taken
	Ignored   uint64 // lines that are comments, empty or of a kind that is not needed
	Malformed uint64 // lines that make no sense, or are longer than 512 bytes
	Repeated  uint64 // lines about a secret that is held already; the first stays
	Evicted   uint64 // secrets dropped at the limit, the oldest first
	Private   uint64 // RSA private keys
}

// NewKeys returns an empty store of at most limit secrets, DefaultSecrets if that is 0. live says
// that secrets may still come while connections are read, so that these wait for them.
func NewKeys(live bool, limit int) *Keys {
	if limit <= 0 {
		limit = DefaultSecrets
	}
	k := &Keys{live: live, limit: limit}
	k.since.Store(math.MaxInt64)
	k.mu.secrets = map[secretID]secret{}
	return k
}

// Stats returns the counters.
func (k *Keys) Stats() KeyStats {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.mu.stats
}

// add takes a secret that is known from the packet time from on.
func (k *Keys) add(id secretID, value []byte, from int64) {
	s := secret{from: from, n: uint8(len(value))}
	copy(s.b[:], value)
	if id.label >= sessionMaster {
		k.odd.Store(true)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if from == Always {
		k.early.Store(true)
	} else {
		k.since.Store(min(k.since.Load(), from))
	}
	if _, ok := k.mu.secrets[id]; ok {
		k.mu.stats.Repeated++
		return
	}
	k.mu.stats.Secrets++
	if len(k.mu.order) < k.limit {
		k.mu.order = append(k.mu.order, id)
	} else {
		delete(k.mu.secrets, k.mu.order[k.mu.oldest])
		k.mu.order[k.mu.oldest] = id
		k.mu.oldest = (k.mu.oldest + 1) % k.limit
		k.mu.stats.Evicted++
	}
	k.mu.secrets[id] = s
	k.added.Add(1)
}

// get returns the secret of a name that is known at the packet time now, nil when there is none.
func (k *Keys) get(name [32]byte, l label, now int64) []byte {
	k.mu.RLock()
	s, ok := k.mu.secrets[secretID{name, l}]
	k.mu.RUnlock()
	if !ok || s.from > now {
		return nil
	}
	return s.b[:s.n:s.n]
}

// any reports whether a secret of the client random is known at the packet time now.
func (k *Keys) any(random [32]byte, now int64) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for l := masterSecret; l <= serverTraffic; l++ {
		if s, ok := k.mu.secrets[secretID{random, l}]; ok && s.from <= now {
			return true
		}
	}
	return false
}

// mayCome reports whether secrets that are not there at the packet time now may still come.
func (k *Keys) mayCome(now int64) bool { return k.live || now >= k.since.Load() }

// hopeless reports whether nothing of the connection with this client random can
// be decrypted at the packet time now or later.
func (k *Keys) hopeless(random [32]byte, now int64) bool {
	return !k.mayCome(now) && !k.odd.Load() && !k.HasPrivate() && !k.any(random, now)
}

// Useless reports whether no connection that begins at the packet time now can be decrypted.
func (k *Keys) Useless(now int64) bool {
	return !k.mayCome(now) && !k.early.Load() && !k.HasPrivate()
}

// private returns the private keys; the slice only grows.
func (k *Keys) private() []*rsa.PrivateKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.mu.private
}

// HasPrivate reports whether there are RSA private keys.
func (k *Keys) HasPrivate() bool { return len(k.private()) > 0 }

// AddPrivate takes the RSA private keys in pem, in PKCS #1 or PKCS #8 form. The error
// says nothing of the content.
func (k *Keys) AddPrivate(pem []byte) error {
	found, err := privateKeys(pem)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.mu.private)+len(found) > maxPrivate {
		return fmt.Errorf("more than %d private keys", maxPrivate)
	}
	k.mu.private = append(k.mu.private[:len(k.mu.private):len(k.mu.private)], found...)
	k.mu.stats.Private += uint64(len(found))
	return nil
}

var errNoKey = errors.New("it holds no RSA private key in PEM form")

const redacted = "{redacted}"

// Format writes that there is nothing to see, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText likewise.
func (k *Keys) MarshalText() ([]byte, error) { return []byte(redacted), nil }
