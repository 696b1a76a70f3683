package tls

import (
	"bytes"
	stdtls "crypto/tls"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"wirecensus/reassembly"
)

var update = flag.Bool("update", false, "write the conversations of testdata anew")

// conversation is a recorded connection with its secrets.
type conversation struct {
	Origin string
	Secret string
	Said   []struct {
		Dir  reassembly.Dir
		Data string // hexadecimal
	}
}

// kept returns the conversations of testdata: crypto/tls at both ends.
func kept(t testing.TB) (out []conversation) {
	t.Helper()
	for _, k := range []struct {
		name string
		kind [2]uint16
	}{
		{"tls13", [2]uint16{stdtls.VersionTLS13, 0}}, {"tls12-gcm", [2]uint16{stdtls.VersionTLS12, 0xc02f}},
		{"tls12-cbc", [2]uint16{stdtls.VersionTLS12, 0xc013}}, {"tls10-cbc", [2]uint16{stdtls.VersionTLS10, 0xc013}},
	} {
		path := filepath.Join("testdata", k.name+".json")
		if *update {
			var secret bytes.Buffer
			client, server := configs(k.kind[0], k.kind[1], certificates().ecdsa, &secret)
			if k.kind[1] != 0 {
				server.Certificates[0] = certificates().rsa
			}
			said, _ := talk(t, client, server, 3)
			c := conversation{Origin: "made by go test ./sensor/tls -update", Secret: secret.String()}
			for _, s := range said {
				c.Said = append(c.Said, struct {
					Dir  reassembly.Dir
					Data string
				}{s.dir, hex.EncodeToString(s.data)})
			}
			b, err := json.MarshalIndent(c, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c conversation
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// stretch is the part of a stream that an event says something of.
type stretch struct {
	data []byte
	gaps uint64
}

// meaning decrypts a conversation of which some bytes were changed and some segments lost,
// in segments of n bytes, and returns the plaintext with the lengths of the gaps between.
func meaning(t testing.TB, c *conversation, change, lose []byte, n int) (out [2][]stretch) {
	keys, log := keyLog(false)
	io.WriteString(log, c.Secret)
	p := NewPool(keys, Limits{})
	conn := p.Conn()
	tcp := &reassembly.Conn{}
	var at [2]uint64
	take := func(evs []reassembly.Event) {
		for _, ev := range evs {
			s := out[ev.Dir]
			switch ev.Kind {
			case reassembly.Data:
				if len(s) == 0 || s[len(s)-1].gaps > 0 {
					s = append(s, stretch{})
				}
				s[len(s)-1].data = append(s[len(s)-1].data, ev.Data...)
			case reassembly.Gap:
				if len(s) == 0 || s[len(s)-1].gaps == 0 {
					s = append(s, stretch{})
				}
				s[len(s)-1].gaps += ev.Len
			}
			out[ev.Dir] = s
		}
	}
	for i, s := range c.Said {
		data, err := hex.DecodeString(s.Data)
		if err != nil {
			t.Fatal(err)
		}
		if i < len(change) && len(data) > 0 {
			data[int(change[i])*7%len(data)] ^= change[i]
		}
		lost := i < len(lose) && lose[i]&3 == 3
		for len(data) > 0 {
			k := min(n, len(data))
			ev := reassembly.Event{Kind: reassembly.Data, Dir: s.Dir, Conn: tcp, Time: int64(i), Offset: at[s.Dir], Ack: at[s.Dir.Other()], AckOK: true, Data: data[:k]}
			if lost {
				ev.Kind, ev.Data, ev.Len, ev.AckOK = reassembly.Gap, nil, uint64(k), false
			}
			take(conn.Append(nil, ev))
			at[s.Dir] += uint64(k)
			data = data[k:]
		}
	}
	for d := range reassembly.Dir(2) {
		take(conn.Append(nil, reassembly.Event{Kind: reassembly.End, Dir: d, Conn: tcp, Time: 1e9, Offset: at[d], Reason: reassembly.ByFIN}))
	}
	take(conn.Close(nil))
	conn.Release()
	if p.buffered != 0 {
		t.Errorf("%d bytes are still held", p.buffered)
	}
	return out
}

// FuzzRecords: what is read of a connection does not depend on how it was cut into segments,
// and nothing is read that was not said.
func FuzzRecords(f *testing.F) {
	all := kept(f)
	for i := range all {
		f.Add(uint8(i), []byte{}, []byte{}, uint16(1))
		f.Add(uint8(i), []byte{0, 0, 0, 0, 0, 9}, []byte{0, 0, 0, 0, 0, 0, 3}, uint16(5))
	}
	f.Fuzz(func(t *testing.T, which uint8, change, lose []byte, n uint16) {
		c := &all[int(which)%len(all)]
		want := meaning(t, c, nil, nil, 1<<20)
		whole := meaning(t, c, change, lose, 1<<20)
		parts := meaning(t, c, change, lose, int(n)%3000+1)
		for d := range whole {
			if len(whole[d]) != len(parts[d]) {
				t.Fatalf("direction %d: %d stretches in one piece, %d in segments of %d", d, len(whole[d]), len(parts[d]), int(n)%3000+1)
			}
			for i := range whole[d] {
				if !bytes.Equal(whole[d][i].data, parts[d][i].data) || whole[d][i].gaps != parts[d][i].gaps {
					t.Fatalf("direction %d, stretch %d: %d bytes, gap %d in one piece, %d bytes, gap %d in segments of %d", d, i,
						len(whole[d][i].data), whole[d][i].gaps, len(parts[d][i].data), parts[d][i].gaps, int(n)%3000+1)
				}
				if said := want[d]; len(said) != 1 || !bytes.Contains(said[0].data, whole[d][i].data) {
					t.Fatalf("direction %d: something was read that was not said", d)
				}
			}
		}
	})
}

// FuzzKeyLog: the secrets do not depend on how a key log was cut into parts, and never
// exceed the limit.
func FuzzKeyLog(f *testing.F) {
	f.Add([]byte(logLine("CLIENT_RANDOM", 1, 48)+logLine("SERVER_TRAFFIC_SECRET_0", 2, 32)), uint8(3))
	f.Add([]byte("RSA Session-ID:ab Master-Key:00\n# x\r\nRSA 0011223344556677 00\n"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		one, parts := NewKeys(false, 3), NewKeys(false, 3)
		a, z := NewLog(one, Always), NewLog(parts, Always)
		a.Write(b)
		for rest := b; len(rest) > 0; {
			k := min(int(n)+1, len(rest))
			z.Write(rest[:k])
			rest = rest[k:]
		}
		a.Flush()
		z.Flush()
		if one.Stats() != parts.Stats() || len(one.mu.secrets) > 3 || len(one.mu.secrets) != len(parts.mu.secrets) {
			t.Fatalf("%+v in one piece, %+v in parts", one.Stats(), parts.Stats())
		}
		for id, s := range one.mu.secrets {
			if parts.mu.secrets[id] != s {
				t.Fatal("another secret")
			}
		}
	})
}
