package term

import (
	"cmp"
	"fmt"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// maxWorst is how many services, hosts and intervals with loss are listed.
const maxWorst = 10

// Worst lists the services, servers and times that lost most, "" when nothing was lost.
func Worst(c *schemas.Coverage, s Screen) string {
	var places, times []lossRow
	for name, v := range c.Services {
		places = append(places, lossRow{"service " + api.Visible(name), v.StreamBytes, v.GapBytes, v.OneSided, v.Shed, 0, 0})
	}
	for name, v := range c.Hosts {
		places = append(places, lossRow{"server " + api.Visible(name), v.StreamBytes, v.GapBytes, v.OneSided, v.Shed, 0, 0})
	}
	if c.Intervals != nil {
		for i := range c.Intervals.List {
			v := &c.Intervals.List[i]
			times = append(times, lossRow{v.From.String(), v.StreamBytes, v.GapBytes, v.OneSided, v.Shed, v.KernelDrops + v.QueueDrops, v.From})
		}
	}
	text := lossTable("where", places, s)
	if t := lossTable("when", times, s); t != "" {
		text += "\n" + t + fmt.Sprintf("each row is %d s\n", c.Intervals.Width/1e9)
	}
	return text
}

// lossRow is the loss at one place or time.
type lossRow struct {
	name                              string
	stream, gap, oneSided, shed, drop uint64
	from                              schemas.Time
}

func (r lossRow) any() bool { return r.gap+r.oneSided+r.shed+r.drop > 0 }

func lossTable(title string, rows []lossRow, s Screen) string {
	rows = slices.DeleteFunc(rows, func(r lossRow) bool { return !r.any() })
	if len(rows) == 0 {
		return ""
	}
	slices.SortFunc(rows, func(a, b lossRow) int {
		return cmp.Or(cmp.Compare(b.gap, a.gap), cmp.Compare(b.drop, a.drop), cmp.Compare(b.shed, a.shed), cmp.Compare(b.oneSided, a.oneSided), cmp.Compare(a.name, b.name))
	})
	left := len(rows) - min(len(rows), maxWorst)
	rows = rows[:len(rows)-left]
	slices.SortStableFunc(rows, func(a, b lossRow) int { return cmp.Compare(a.from, b.from) })
	var cells [][]cell
	for _, r := range rows {
		share := cell{"-", dim}
		if r.gap > 0 {
			share = cell{api.Share(r.gap, r.gap+r.stream), red}
		}
		cells = append(cells, []cell{{r.name, plain}, {api.Bytes(r.stream), plain}, {api.Bytes(r.gap), plain}, share, loss(r.drop), loss(r.oneSided), loss(r.shed)})
	}
	text := s.table([]column{{title: title, flex: true, least: 12}, {title: "read", right: true}, {title: "lost", right: true}, {title: "share", right: true}, {title: "dropped", right: true},
		{title: "one-sided", right: true, optional: true}, {title: "left out", right: true}}, cells)
	if left > 0 {
		text += fmt.Sprintf("and %s with less\n", api.Number(uint64(left)))
	}
	return text
}
