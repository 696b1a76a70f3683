package decode

import "encoding/binary"

// Frame control of IEEE 802.11-2020, Section 9.2.4.1, first and second byte.
const (
	wlanTypeMask  = 0x0c
	wlanData      = 0x08
	wlanQoS       = 0x80 // of the subtype: a QoS control field follows
	wlanNull      = 0x40 // of the subtype: no data
	wlanToDS      = 0x01
	wlanFromDS    = 0x02
	wlanProtected = 0x40
	wlanOrder     = 0x80
	wlanHeader    = 24
	wlanAMSDU     = 0x80 // of the QoS control
)

// radiotap looks through the header that capture programs put before 802.11 frames.
func (p *packet) radiotap() Verdict {
	if len(p.b) < 4 {
		return p.missing(4)
	}
	n := int(binary.LittleEndian.Uint16(p.b[2:]))
	if n < 8 {
		return BadHeader
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	p.skip(n)
	return p.wlan()
}

// wlan decodes an 802.11 data frame in the clear. Encrypted frames, aggregated
// frames and all that is no data are not IP to us.
func (p *packet) wlan() Verdict {
	if len(p.b) < wlanHeader {
		return p.missing(wlanHeader)
	}
	fc, flags := p.b[0], p.b[1]
	if fc&3 != 0 || fc&wlanTypeMask != wlanData || fc&wlanNull != 0 || flags&wlanProtected != 0 {
		return NotIP
	}
	n := wlanHeader
	if flags&(wlanToDS|wlanFromDS) == wlanToDS|wlanFromDS {
		n += 6
	}
	if fc&wlanQoS != 0 {
		if len(p.b) < n+2 {
			return p.missing(n + 2)
		}
		if p.b[n]&wlanAMSDU != 0 {
			return NotIP
		}
		n += 2
		if flags&wlanOrder != 0 {
			n += 4
		}
	}
	if len(p.b) < n {
		return p.missing(n)
	}
	p.skip(n)
	return p.llc()
}
