package web

import (
	"fmt"

	"wirecensus/inventory/api"
)

// encryption is the services whose traffic could not be read.
type encryption struct {
	Services []encryptedService
	// More were left out.
	More  int
	Share string // of all bytes
	Bar   []part // bytes
}

// encryptedService is one of them.
type encryptedService struct {
	api.EncryptedService
	Label string
	Notes []string
	Share string
	// Versions, Protocols, Clients and Names are the kinds seen, those of most connections first.
	Versions, Protocols, Clients, Names []part
}

// maxKinds is how many of each kind the page names.
const maxKinds = 3

func newEncryption(r *api.Result) encryption {
	_, whole := api.Traffic(&r.Coverage)
	var v encryption
	var volume uint64
	for _, s := range api.Encrypted(r) {
		volume += s.Bytes
		if len(v.Services) == maxNames {
			v.More++
			continue
		}
		one := encryptedService{EncryptedService: s, Label: api.EncryptedName(&s), Notes: api.EncryptedNotes(&s), Share: shareText(s.OfBytes),
			Versions: few(s.Versions), Protocols: few(s.Selected), Clients: few(s.JA4), Names: few(s.Certificates)}
		if len(one.Protocols) == 0 {
			one.Protocols = few(s.Offered)
		}
		v.Services = append(v.Services, one)
	}
	v.Share = api.Share(volume, whole)
	v.Bar = []part{{"encrypted", volume}, {"clear", whole - min(volume, whole)}}
	return v
}

// few returns the kinds of most connections.
func few(m map[string]uint64) []part {
	list := parts(m)
	if len(list) > maxKinds {
		rest := part{Name: "others"}
		for _, p := range list[maxKinds:] {
			rest.Count += p.Count
		}
		list = append(list[:maxKinds], rest)
	}
	return list
}

func shareText(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
