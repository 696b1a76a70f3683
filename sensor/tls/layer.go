package tls

// Stages of the keys of one direction. In TLS 1.2 and below a stage is the number
// of ChangeCipherSpec seen; in TLS 1.3 the stages are these, and one more for each KeyUpdate.
const (
	stageEarly = iota
	stageHandshake
	stageApplication
)

// maxSlack bounds the sequence numbers that are tried for one record after a loss.
const maxSlack = 1024

// maxFails is the number of records in a row that may fail before a direction is given up.
const maxFails = 64

// layer is the record layer of one direction: which keys, which sequence number.
type layer struct {
	on     bool // records are encrypted
	v13    bool
	stage  int
	ops    []opener // candidates for the stage; one of them once it opened a record; nil: not there
	built  [stageApplication + 1][]opener
	next   []opener // of the stage after an application stage
	secret []byte   // traffic secret of an application stage, TLS 1.3
	seq    uint64   // of the next record, if nothing was lost
	extra  uint64   // records since, that may have counted or not
	bytes  uint64   // bytes since, of which the records are not known
	fails  int
	zlib   *inflater // nil: no compression

	// Where the loss began, valid iff losing.
	losing    bool
	lostStage int
	lostSeq   uint64
}

// begin notes that a loss begins, unless there is one already.
func (l *layer) begin() {
	if !l.losing {
		l.losing, l.lostStage, l.lostSeq = true, l.stage, l.seq
	}
}

// unsure takes note of n bytes that are lost together with their headers.
func (l *layer) unsure(n uint64) {
	l.begin()
	l.bytes += n
}

// pass takes note of one record with a body of n bytes that was not opened.
func (l *layer) pass(n int) {
	l.begin()
	if !l.on {
		l.extra++
		return
	}
	l.seq++
	if len(l.ops) == 1 {
		l.ops[0].pass(n)
	}
}

// slack returns how many sequence numbers beyond the next one are possible.
func (l *layer) slack() uint64 {
	n := l.extra
	if l.bytes > 0 {
		n += l.bytes/(recordHeader+tagSize+1) + 1
	}
	return min(n, maxSlack)
}

// change switches to the next keys, RFC 5246, Section 7.1, or RFC 8446, Section 4.6.3.
func (l *layer) change() {
	l.on = true
	l.stage++
	l.zlib = nil
	l.ops, l.next, l.seq, l.extra, l.bytes = nil, nil, 0, 0, 0
}

// carries reports whether records of the stage at hand hold application data.
func (l *layer) carries() bool { return l.carriesIn(l.stage) }

func (l *layer) carriesIn(stage int) bool {
	if l.v13 {
		return stage != stageHandshake
	}
	return stage > 0
}

// content returns the most application data that lost bytes of ciphertext in records
// records can have held.
func (l *layer) content(lost, records uint64) uint64 {
	least := uint64(recordHeader + tagSize)
	if len(l.ops) > 0 {
		least = uint64(l.ops[0].overhead())
		for _, op := range l.ops {
			least = min(least, uint64(op.overhead()))
		}
	}
	return lost - min(lost, max(records, 1)*least)
}

// opened takes note that a record was opened by op as number seq of stage, and returns
// the most application data that the lost bytes before it can have held.
func (l *layer) opened(stage int, op opener, seq, lost uint64) (missing uint64) {
	was := *l
	if stage != l.stage || len(l.ops) != 1 {
		l.ops = []opener{op}
		l.next = nil
	}
	l.on, l.stage, l.seq, l.extra, l.bytes, l.fails, l.losing = true, stage, seq+1, 0, 0, 0, false
	if lost == 0 || !was.losing {
		return 0
	}
	records, first := seq, uint64(0)
	if !l.v13 {
		first = 1 // Finished
	}
	if stage == was.lostStage {
		if records = seq - min(seq, was.lostSeq); was.lostSeq > 0 {
			first = 0
		}
	} else if was.carriesIn(was.lostStage) {
		return l.content(lost, records)
	}
	if !l.carries() || records <= first && (stage != was.lostStage || first > 0) {
		return 0
	}
	return l.content(lost, records)
}
