package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Env names the environment variable with the address of a server, whose user
// may create databases.
const Env = "WIRECENSUS_POSTGRES"

// Server is a running server.
type Server struct {
	dsn   string
	count atomic.Int64
}

// Start returns a server, or skips the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if dsn := os.Getenv(Env); dsn != "" {
		return &Server{dsn: dsn}
	}
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		t.Skip("PostgreSQL is not tested: neither is " + Env + " set nor are Debian's packages installed (apt-get install postgresql)")
	}
	bin := filepath.Dir(bins[len(bins)-1])
	dir, err := os.MkdirTemp("/tmp", "wirecensus-pg-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := owner(t, dir)
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-A", "trust", "-U", "wirecensus", "-E", "UTF8", "--no-locale", "--no-sync")
	init.SysProcAttr, init.Dir = as, dir
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s := &Server{dsn: "postgres://wirecensus@/postgres?host=" + url.QueryEscape(dir)}
	s.run(t, bin, dir, as)
	return s
}

// owner gives the folder to the user postgres where this one is root, which the
// server refuses.
func owner(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skip("PostgreSQL is not tested: it refuses root, and there is no user postgres")
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// run starts the server below a shell that stops it when its input ends.
func (s *Server) run(t testing.TB, bin, dir string, as *syscall.SysProcAttr) {
	t.Helper()
	const script = `"$0/pg_ctl" -D "$1/data" -w -s -l "$1/log" -o "-c listen_addresses= -c unix_socket_directories=$1 -c fsync=off -c max_connections=200" start && echo up
read x
"$0/pg_ctl" -D "$1/data" -w -s -m immediate stop`
	sh := exec.Command("/bin/sh", "-c", script, bin, dir)
	sh.SysProcAttr, sh.Dir = as, dir
	in, err := sh.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := sh.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = sh.Wait()
	})
	answer := make([]byte, 3)
	if _, err := out.Read(answer); err != nil || !bytes.HasPrefix(answer, []byte("up")) {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("PostgreSQL did not start: %s", text)
	}
}

// Database makes an empty database and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("wirecensus_test_%d_%d", os.Getpid(), s.count.Add(1))
	s.exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func (s *Server) exec(t testing.TB, statement string) {
	t.Helper()
	ctx := context.Background() // also after the test's own context ended
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the connections to a database, as a broken network does.
func (s *Server) Kill(t testing.TB, database string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	if slices.Contains([]string{"", "postgres"}, name) {
		t.Fatal("no database named")
	}
	s.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
}
