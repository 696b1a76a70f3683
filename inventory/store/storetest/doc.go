// Package storetest turns a constructor of stores into the tests that every
// store must pass.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Open { … })
//	}
//
// # Ownership
//
// The suite closes the stores that it opens.
//
// # Limits
//
// The suite needs some seconds; with -short less of it is random.
package storetest
