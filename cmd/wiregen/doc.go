// Command wiregen makes captures of HTTP traffic of which everything is known:
// the demonstration's company and dense traffic for benchmarks. wiregen -h says how.
package main
