package synth

// LoadOptions say how much dense traffic to make.
type LoadOptions struct {
	Seed    uint64
	Bytes   int64 // of TCP payload
	Trouble Trouble
	Link    Link
	SnapLen int
	Tunnel  Tunnel
}

// Loads are the kinds of dense traffic.
func Loads() []string { return []string{"mix", "tiny", "disorder", "manyconns"} }

// LoadTrouble is the trouble that belongs to a kind: only disorder has any.
func LoadTrouble(kind string) Trouble {
	if kind == "disorder" {
		return Trouble{Reorder: 0.01, Loss: 0.005, Retransmit: 0.005}
	}
	return Trouble{}
}

// Load makes dense traffic of a kind of Loads.
func Load(kind string, o LoadOptions) *Capture { return New(o.Seed) }
