package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"wirecensus/inventory/store"
	"wirecensus/inventory/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Open {
		// A path with everything that means something to a DSN.
		path := filepath.Join(t.TempDir(), "a b?c#d%41&e.db")
		return func(t *testing.T) store.Store {
			st, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { st.Close() })
			return st
		}
	})
}

// TestMemory: a store of one process without a file passes what needs no second one.
func TestMemory(t *testing.T) {
	st, err := Open(t.Context(), Memory)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Commit(t.Context(), &store.Batch{Deltas: []store.Delta{{Key: "a"}}}); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := st.Parts(t.Context(), 0, func(store.Part) error { n++; return nil }); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

func TestNewerDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	st, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	_, err = Open(t.Context(), path)
	var v *store.VersionError
	if !errors.As(err, &v) || v.Have != 99 || !strings.Contains(err.Error(), "newer program") {
		t.Fatal(err)
	}
}

// TestVersion: versions up to 3.51.2 could corrupt a database in WAL mode.
func TestVersion(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var newer bool
	if err := db.QueryRow("SELECT printf('%03d%03d%03d', 3, 51, 3) <= " +
		"(SELECT printf('%03d%03d%03d', substr(v, 1, i-1), substr(v, i+1, j-1), substr(v, i+j+1)) FROM (SELECT v, i, instr(substr(v, i+1), '.') AS j FROM (SELECT sqlite_version() AS v, instr(sqlite_version(), '.') AS i)))").Scan(&newer); err != nil || !newer {
		t.Fatal(newer, err)
	}
}

func TestOpenErrors(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "no", "such", "folder.db"), t.TempDir()} {
		if st, err := Open(t.Context(), path); err == nil {
			st.Close()
			t.Errorf("%q opens", path)
		}
	}
}

// TestKill: kill -9 at any moment leaves whole batches.
func TestKill(t *testing.T) {
	storetest.Crash(t, "TestKill", func() string { return filepath.Join(t.TempDir(), "x.db") }, func(t *testing.T, at string) store.Store {
		st, err := Open(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return st
	})
}
