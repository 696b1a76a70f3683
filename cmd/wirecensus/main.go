package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

// sealing is the key under which a context says that this process is the program's own: what listens may forbid it
// system calls for good.
type sealing struct{}

// shell is what a subcommand sees of the world.
type shell struct {
	in       io.Reader
	out, err io.Writer
}

// command is one subcommand.
type command struct {
	name string
	run  func(ctx context.Context, sh shell, args []string) error
}

func commands() []command {
	return []command{{"replay", replay}, {"run", live}, {"sensor", sense}, {"inventory", keep},
		{"services", listServices}, {"endpoints", listEndpoints}, {"findings", listFindings}, {"coverage", showCoverage}, {"spec", spec}, {"version", printVersion}}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the default action is back: a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	ctx = context.WithValue(ctx, sealing{}, true)
	os.Exit(run(ctx, shell{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run runs the subcommand that args name and returns the exit status.
func run(ctx context.Context, sh shell, args []string) int {
	err := dispatch(ctx, sh, args)
	if err == nil {
		return 0
	}
	var u *usageError
	var h *hinted
	fmt.Fprintf(sh.err, "wirecensus: error: %s\n", printable(err.Error()))
	switch {
	case errors.As(err, &u):
		fmt.Fprintf(sh.err, "wirecensus: hint: see wirecensus %s\n", u.see)
		return 2
	case errors.As(err, &h):
		fmt.Fprintf(sh.err, "wirecensus: hint: %s\n", printable(h.hint))
	}
	return 1
}

func dispatch(ctx context.Context, sh shell, args []string) error {
	if len(args) == 0 {
		return &usageError{see: "--help", msg: "no command given"}
	}
	switch args[0] {
	case "help", "-h", "--help":
		_, err := io.WriteString(sh.out, usage)
		return err
	case "--version":
		return printVersion(ctx, sh, nil)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, sh, args[1:])
		}
	}
	return &usageError{see: "--help", msg: fmt.Sprintf("unknown command %q", args[0])}
}

func printVersion(_ context.Context, sh shell, args []string) error {
	if len(args) > 0 {
		return &usageError{see: "--help", msg: "version takes no arguments"}
	}
	_, err := fmt.Fprintln(sh.out, "wirecensus", version)
	return err
}

// usageError is a command line that cannot be understood.
type usageError struct {
	see string // what to run to read more, after "wirecensus"
	msg string
}

func (e *usageError) Error() string { return e.msg }

// hinted is an error with a way out.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }
