package reassembly

import "time"

// Steps of the packet time beyond these are not taken for elapsed time.
const (
	maxForward  = int64(24 * time.Hour)
	maxBackward = int64(time.Minute)
)

// tick moves the clock to the packet time t. A capture whose time jumps by
// years, or back, or from back to where it would be, is one whose clock was set: nothing
// expires for it.
func (a *Assembler) tick(t int64) {
	if !a.started {
		a.started, a.high = true, t
		a.wheel.start(t)
	}
	d := t - a.high
	back := a.skew < 0 && d > maxBackward && d+a.skew < maxBackward && d+a.skew > -maxBackward // as if never set
	if d > maxForward || d < -maxBackward || back {
		a.skew += d
		a.high = t
		a.stats.ClockSteps++
	} else if d > 0 {
		a.high = t
	}
	a.now = t
	a.clock = t - a.skew
}

const wheelSlots = 512

// wheel finds idle connections. A connection stands in the slot of the time at
// which it was last found to expire; later segments do not move it, so it is
// looked at once per idle timeout.
type wheel struct {
	lists [wheelSlots]list
	gran  int64 // ns per slot
	at    int64 // slot, not reduced, that is looked at next
}

func (w *wheel) init(idle int64) { w.gran = max(int64(time.Second), idle/(wheelSlots/2)) }

func (w *wheel) start(t int64) { w.at = t / w.gran }

// schedule enters c into the wheel.
func (a *Assembler) schedule(c *Conn) {
	t := max((c.last+int64(a.cfg.IdleTimeout))/a.wheel.gran, a.wheel.at)
	c.slot = uint16(uint64(t) % wheelSlots)
	a.wheel.lists[c.slot].insert(a.wheelLinks, c.index, 0)
}

func (a *Assembler) unschedule(c *Conn) { a.wheel.lists[c.slot].remove(a.wheelLinks, c.index) }

// maxIdle bounds the connections that one Expire closes; the rest follow at the next.
const maxIdle = 1 << 16

// expireIdle closes the connections that were idle for too long.
func (a *Assembler) expireIdle(dst []Event) []Event {
	end := (a.high - a.skew) / a.wheel.gran
	closed := 0
	for steps := 0; a.wheel.at <= end && steps < wheelSlots; steps++ {
		l := &a.wheel.lists[uint64(a.wheel.at)%wheelSlots]
		for n, i := l.n, l.head; n > 0; n-- {
			c := a.conns.at(i)
			i = c.wheel.next
			if a.clock-c.last > int64(a.cfg.IdleTimeout) {
				if closed++; closed > maxIdle {
					return dst
				}
				dst = a.close(dst, c, ByTimeout)
				continue
			}
			a.unschedule(c)
			a.schedule(c)
		}
		if a.wheel.at == end {
			break
		}
		a.wheel.at++
	}
	a.wheel.at = max(a.wheel.at, end)
	return dst
}

// maxStubs bounds the stubs that one Expire forgets.
const maxStubs = 1 << 18

func (a *Assembler) expireStubs() {
	n := 0
	for st := range numStates {
		for i := a.stubLists[st].head; i != 0 && n < maxStubs; n++ {
			s := a.stubs.at(i)
			if a.clock-s.last <= a.timeout(st) {
				break
			}
			a.forget(i)
			i = a.stubLists[st].head
		}
	}
}

// reserve makes room for one more connection: the oldest half-open one goes
// first, then lingering and unused ones, then the one idle longest.
func (a *Assembler) reserve(dst []Event) []Event {
	for a.conns.used-len(a.dead)+a.stubs.used >= a.cfg.MaxConns {
		switch {
		case a.stubLists[halfOpen].n > 0:
			a.stats.EvictedHalfOpen++
			a.dropStub(a.stubLists[halfOpen].head)
		case a.stubLists[lingering].n > 0:
			a.stats.EvictedLinger++
			a.dropStub(a.stubLists[lingering].head)
		case a.stubLists[resent].n > 0:
			a.stats.EvictedLinger++
			a.dropStub(a.stubLists[resent].head)
		case a.stubLists[unused].n > 0:
			a.stats.EvictedUnused++
			a.dropStub(a.stubLists[unused].head)
		default:
			dst = a.evict(dst)
		}
	}
	return dst
}

// evict closes about the connection that is idle longest: the next in the
// wheel that has had no segment since it was entered, among the first few.
func (a *Assembler) evict(dst []Event) []Event {
	for tries := 0; ; {
		l := &a.wheel.lists[uint64(a.wheel.at)%wheelSlots]
		for k := int64(0); l.head == 0; k++ {
			l = &a.wheel.lists[uint64(a.wheel.at+k)%wheelSlots]
		}
		c := a.conns.at(l.head)
		slot := c.slot
		if tries++; tries < 16 {
			a.unschedule(c)
			a.schedule(c)
			if c.slot != slot {
				continue
			}
		}
		if a.clock-c.last >= int64(time.Second) {
			a.stats.EvictedIdle++
		} else {
			a.stats.EvictedOldest++
		}
		return a.close(dst, c, ByEvict)
	}
}
