package postgres

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"wirecensus/inventory/store"
	"wirecensus/inventory/store/storetest"
	"wirecensus/inventory/store/storetest/pgtest"
)

func TestPostgres(t *testing.T) {
	server := pgtest.Start(t)
	t.Run("store", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Open {
			dsn := server.Database(t)
			return func(t *testing.T) store.Store {
				st, err := Open(t.Context(), dsn)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { st.Close() })
				return st
			}
		})
	})
	t.Run("start together", func(t *testing.T) {
		dsn := server.Database(t)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				st, err := Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				st.Close()
			})
		}
		wg.Wait()
	})
	t.Run("newer database", func(t *testing.T) { newer(t, server.Database(t)) })
	t.Run("cut connections", func(t *testing.T) {
		dsn := server.Database(t)
		st, err := Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		if err := st.Commit(t.Context(), &store.Batch{Deltas: []store.Delta{{Key: "a"}}}); err != nil {
			t.Fatal(err)
		}
		server.Kill(t, dsn)
		for range 10 { // one failure for each connection that was cut
			if _, err = st.Heads(t.Context()); err == nil {
				return
			}
		}
		t.Fatal("the store does not connect again:", err)
	})
}

func newer(t *testing.T, dsn string) {
	st, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "INSERT INTO schema_version (version_id, is_applied) VALUES (99, true)"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dsn)
	var v *store.VersionError
	if !errors.As(err, &v) || v.Have != 99 {
		t.Fatal(err)
	}
}

func TestOpenHidesSecrets(t *testing.T) {
	for _, dsn := range []string{"postgres://u:s3cr3t@127.0.0.1:1/db", "postgres://u:s3cr3t@[::1", "postgres://u:s3cr3t@h/db?sslmode=bad"} {
		_, err := Open(t.Context(), dsn)
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%v", err)
		}
	}
}

// TestKill: kill -9 of a writer at any moment leaves whole batches.
func TestKill(t *testing.T) {
	storetest.Crash(t, "TestKill", func() string { return pgtest.Start(t).Database(t) }, func(t *testing.T, at string) store.Store {
		st, err := Open(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return st
	})
}
