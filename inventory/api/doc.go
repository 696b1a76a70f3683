// Package api holds the inventory's answers: the types that the REST API, the
// files of replay and the pages share.
//
// # Ownership
//
// Values are snapshots; nobody changes them after they were handed out.
package api
