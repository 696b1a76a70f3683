// Package reassembly turns TCP segments into ordered data, gaps and ends per
// direction of each connection.
package reassembly
