package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"wirecensus/inventory/store"
	"wirecensus/inventory/store/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Memory is the path of a store that lasts as long as it is open.
const Memory = ":memory:"

const readers = 4

// Open opens the store in a file, which it makes when it is missing.
func Open(ctx context.Context, path string) (store.Store, error) {
	if path == "" {
		return nil, errors.New("open sqlite: no file named")
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	write, err := open(path, "&_txlock=immediate", 1)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &relational.Store{Read: write, Write: write, Mark: "?"}
	if err := relational.Migrate(ctx, goose.DialectSQLite3, write, sub); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.Close())
	}
	if path == Memory {
		return s, nil
	}
	read, err := open(path, "&_pragma=query_only(1)", readers)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.Close())
	}
	s.Read = read
	return s, nil
}

// open opens a pool of connections. The path is escaped: it may hold what a DSN
// takes for its own.
func open(path, more string, conns int) (*sql.DB, error) {
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	if path == Memory {
		name = "file:" + Memory
	}
	db, err := sql.Open("sqlite", name+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+more)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(0)
	return db, nil
}
