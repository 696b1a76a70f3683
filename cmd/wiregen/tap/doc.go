// Package tap makes a pair of virtual Ethernet interfaces in a network namespace
// of their own, plays frames into one end and breaks the cable, to test what listens at the other. It
// works on Linux, as root.
//
//	lab, err := tap.Open()
//	if err != nil { … } // not root, or no namespaces here
//	defer lab.Close()
//	err = lab.Pair("mirror", "tap")
//	err = lab.Do(func() error { live, err = capture.OpenLive(…) })
//	player, err := lab.Player("mirror")
//	err = player.Send(frame)
//
// # Ownership
//
// A Lab may be used by several goroutines, a Player by one. Sockets and processes made in
// Do stay in the namespace, which lives as long as they do.
package tap
