// Command wirecensus turns captured traffic into an inventory of the HTTP APIs
// that it shows. Each subcommand is flags → Config → Run; usage.go holds what
// they print.
//
// # Specifications
//
// Results go to standard output, logs and progress to standard error. Exit
// status: 0 done, 1 failed, 2 wrong usage.
package main
