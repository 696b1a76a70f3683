package schemas

import "slices"

// Bounds of Intervals.
const (
	leastWidth   = int64(10e9) // ns
	maxIntervals = 360
)

// At returns the interval that packet time t lies in, and makes it. The pointer is valid until the next call.
func (v *Intervals) At(t Time) *Interval {
	v.Width = max(v.Width, leastWidth)
	for {
		from := v.start(t)
		i, found := slices.BinarySearchFunc(v.List, from, func(i Interval, from Time) int { return int(max(-1, min(1, i.From-from))) })
		if found {
			return &v.List[i]
		}
		if len(v.List) < maxIntervals {
			v.List = slices.Insert(v.List, i, Interval{From: from})
			return &v.List[i]
		}
		v.widen()
	}
}

// start returns the start of the interval that t lies in.
func (v *Intervals) start(t Time) Time {
	n := int64(t) / v.Width
	if int64(t)%v.Width < 0 {
		n--
	}
	return Time(n * v.Width)
}

// widen doubles the width.
func (v *Intervals) widen() {
	v.Width *= 2
	out := v.List[:0]
	for _, i := range v.List {
		i.From = v.start(i.From)
		if n := len(out); n > 0 && out[n-1].From == i.From {
			out[n-1].add(&i)
		} else {
			out = append(out, i)
		}
	}
	v.List = out
}

// Add adds what was seen elsewhere. The result depends neither on order nor on grouping. It keeps no part of o.
func (v *Intervals) Add(o *Intervals) {
	if len(o.List) == 0 && o.Width <= 0 {
		return
	}
	v.Width = max(v.Width, leastWidth)
	for v.Width < o.Width && v.Width < 1<<60 {
		v.widen()
	}
	for i := range o.List {
		v.At(o.List[i].From).add(&o.List[i])
	}
}

// add adds all but From.
func (i *Interval) add(o *Interval) {
	i.Frames += o.Frames
	i.Undecoded += o.Undecoded
	i.KernelDrops += o.KernelDrops
	i.QueueDrops += o.QueueDrops
	i.StreamBytes += o.StreamBytes
	i.GapBytes += o.GapBytes
	i.Acks += o.Acks
	i.AckGaps += o.AckGaps
	i.Connections += o.Connections
	i.OneSided += o.OneSided
	i.Calls += o.Calls
	i.Shed += o.Shed
}
