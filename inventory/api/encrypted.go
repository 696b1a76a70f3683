package api

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"wirecensus/schemas"
)

// Kinds of names of encrypted services.
const (
	NamedBySNI     = "server-name" // the name that clients asked for in the clear
	NamedByAddress = "address"     // address and port, where no client said a name
	NamedByOuter   = "outer-name"  // the public name of an encrypted ClientHello: the service behind it is unknown
	NamedByNobody  = "others"      // those beyond the bound on names, together
)

// EncryptedService is a service of which the connections were seen and nothing in
// them: it has no endpoints.
type EncryptedService struct {
	// Name is without a mark for its kind, so that two kinds may share one; "*" the others.
	Name string `json:"name"`
	Kind string `json:"kind"` // server-name, address, outer-name, others
	// Declared are the declared documents that name its host.
	Declared    []string     `json:"declared"`
	Connections uint64       `json:"connections"`
	QUIC        uint64       `json:"quic"`      // of the connections: over QUIC
	ECH         uint64       `json:"ech"`       // of the connections: with an encrypted ClientHello, or what looks like one
	Midstream   uint64       `json:"midstream"` // of the connections: joined after their handshake
	Bytes       uint64       `json:"bytes"`     // of both directions
	OfConns     float64      `json:"share_of_connections"`
	OfBytes     float64      `json:"share_of_bytes"` // of all that TCP streams and QUIC flows carried
	FirstSeen   schemas.Time `json:"first_seen"`
	LastSeen    schemas.Time `json:"last_seen"`
	// Connections by what was negotiated or offered; "*" counts those beyond the bound of each.
	Versions     map[string]uint64 `json:"versions"`
	Suites       map[string]uint64 `json:"cipher_suites"`
	Offered      map[string]uint64 `json:"alpn_offered"`
	Selected     map[string]uint64 `json:"alpn_selected"`
	JA4          map[string]uint64 `json:"ja4"`
	Certificates map[string]uint64 `json:"certificate_names"`
}

// Encrypted returns the encrypted services of a result, those with the most bytes first.
func Encrypted(r *Result) []EncryptedService {
	conns, volume := Traffic(&r.Coverage)
	declared := documents(r.Services)
	list := []EncryptedService{}
	for name, h := range r.Coverage.TLS {
		v := EncryptedService{
			Connections: h.Connections, QUIC: h.QUIC, ECH: h.ECH, Midstream: h.Midstream, Bytes: h.Bytes, FirstSeen: h.First, LastSeen: h.Last,
			OfConns: portion(h.Connections, conns), OfBytes: portion(h.Bytes, volume), Declared: []string{},
			Versions: copied(h.Versions), Suites: copied(h.Suites), Offered: copied(h.ALPN), Selected: copied(h.Selected), JA4: copied(h.JA4), Certificates: copied(h.Certificates),
		}
		v.Name, v.Kind = nameOf(name)
		v.Declared = append(v.Declared, declared[v.Name]...)
		if ap, err := netip.ParseAddrPort(v.Name); err == nil && ap.Port() == 443 && len(v.Declared) == 0 {
			v.Declared = append(v.Declared, declared[ap.Addr().String()]...)
		}
		slices.Sort(v.Declared)
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b EncryptedService) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Connections, a.Connections), strings.Compare(a.Name, b.Name), strings.Compare(a.Kind, b.Kind))
	})
	return list
}

// documents returns the declared documents by service, and by its host.
func documents(services []Service) map[string][]string {
	of := map[string][]string{}
	for i := range services {
		name := services[i].Name
		for _, d := range services[i].Declared {
			of[name] = append(of[name], d)
			if host, _, ok := strings.Cut(name, ":"); ok && !slices.Contains(of[host], d) {
				of[host] = append(of[host], d)
			}
		}
	}
	return of
}

// Traffic is what shares are of: the TCP connections and QUIC flows of a coverage, and their bytes.
func Traffic(c *schemas.Coverage) (connections, bytes uint64) {
	connections, bytes = c.Connections, c.StreamBytes
	if c.QUIC != nil {
		connections, bytes = connections+c.QUIC.Flows, bytes+c.QUIC.Bytes
	}
	return connections, bytes
}

// nameOf takes the kind out of the name that a coverage has.
func nameOf(name string) (plain, kind string) {
	switch outer, ok := strings.CutPrefix(name, "ech:"); {
	case name == schemas.OtherNames:
		return name, NamedByNobody
	case ok:
		return outer, NamedByOuter
	case name == "" || strings.Contains(name, ":"):
		return name, NamedByAddress // "" of sensors that had no better name
	}
	return name, NamedBySNI
}

func portion(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return min(float64(part)/float64(whole), 1)
}

func copied(m map[string]uint64) map[string]uint64 {
	if m == nil {
		return map[string]uint64{}
	}
	return maps.Clone(m)
}

// EncryptedName returns the name of an encrypted service as a person reads it.
func EncryptedName(v *EncryptedService) string {
	switch {
	case v.Kind == NamedByOuter:
		return v.Name + " (outer name)"
	case v.Kind == NamedByNobody:
		return "others"
	case v.Name == "":
		return "no name given"
	}
	return v.Name
}

// EncryptedNotes returns what else a person should know of an encrypted service.
func EncryptedNotes(v *EncryptedService) []string {
	var notes []string
	add := func(n uint64, text string) {
		if n > 0 {
			notes = append(notes, Number(n)+" "+text)
		}
	}
	add(v.QUIC, "over QUIC")
	ech := "with an encrypted hello"
	if v.Kind == NamedByOuter {
		ech += ": the real name may be another"
	}
	add(v.ECH, ech)
	add(v.Midstream, "joined midway")
	return notes
}
