package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"wirecensus/inventory/store"
)

const rowsAtOnce = 64

// Store keeps everything in a relational database.
type Store struct {
	Read, Write *sql.DB
	// Mark is what stands before the number of a parameter: "$" or "?".
	Mark string
}

var _ store.Store = (*Store)(nil)

// Close closes the databases.
func (s *Store) Close() error {
	err := s.Write.Close()
	if s.Read != s.Write {
		err = errors.Join(s.Read.Close(), err)
	}
	return err
}

// q writes the parameters of a statement as the database wants them.
func (s *Store) q(text string) string {
	if s.Mark == "$" {
		return text
	}
	return strings.ReplaceAll(text, "$", s.Mark)
}

// tx runs f in a transaction.
func (s *Store) tx(ctx context.Context, what string, f func(*sql.Tx) error) error {
	tx, err := s.Write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // what f says matters more
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// lock serializes the transactions that write, and returns the newest position
// after moving it by n.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, n int) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, s.q(`UPDATE head SET seq = seq + $1 WHERE kind = '' RETURNING seq`), n).Scan(&seq)
	return seq, err
}

// Commit writes the batch whole or not at all.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	if m := b.Move; m != nil && (m.From == m.To || m.To < 0) {
		return fmt.Errorf("commit: a cursor moves from %d to %d", m.From, m.To)
	}
	return s.tx(ctx, "commit", func(tx *sql.Tx) error {
		n := max(1, len(b.Deltas))
		seq, err := s.lock(ctx, tx, n)
		if err != nil {
			return err
		}
		if b.Move != nil {
			if err := s.move(ctx, tx, b.Move); err != nil {
				return err
			}
		}
		if err := s.insert(ctx, tx, seq-int64(n)+1, b.Deltas); err != nil {
			return err
		}
		return s.change(ctx, tx, seq, b.Changes)
	})
}

func (s *Store) move(ctx context.Context, tx *sql.Tx, m *store.Move) error {
	book := m.Book
	if book == nil {
		book = []byte{}
	}
	var res sql.Result
	var err error
	if m.From == store.None {
		res, err = tx.ExecContext(ctx, s.q(`INSERT INTO cursor (topic, part, next, book) VALUES ($1, $2, $3, $4) ON CONFLICT (topic, part) DO NOTHING`),
			m.Topic, m.Partition, m.To, book)
	} else {
		res, err = tx.ExecContext(ctx, s.q(`UPDATE cursor SET next = $3, book = $4 WHERE topic = $1 AND part = $2 AND next = $5`),
			m.Topic, m.Partition, m.To, book, m.From)
	}
	return expect(res, err, 1, store.ErrFenced)
}

// expect fails with otherwise unless a statement changed n rows.
func expect(res sql.Result, err error, n int64, otherwise error) error {
	if err != nil {
		return err
	}
	if have, err := res.RowsAffected(); err != nil || have != n {
		return errors.Join(otherwise, err)
	}
	return nil
}

// insert appends deltas at the positions from first on.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, first int64, deltas []store.Delta) error {
	for len(deltas) > 0 {
		n := min(len(deltas), rowsAtOnce)
		var text strings.Builder
		text.WriteString(`INSERT INTO part (seq, since, name, body) VALUES `)
		args := make([]any, 0, 3*n)
		for i, d := range deltas[:n] {
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, "($%d,$%d,$%d,$%d)", 3*i+1, 3*i+1, 3*i+2, 3*i+3)
			args = append(args, first+int64(i), []byte(d.Key), bytesOf(d.Blob))
		}
		if _, err := tx.ExecContext(ctx, s.q(text.String()), args...); err != nil {
			return err
		}
		first += int64(n)
		deltas = deltas[n:]
	}
	return nil
}

// bytesOf is b, empty where it is nil, which a database takes for no value.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (s *Store) change(ctx context.Context, tx *sql.Tx, seq int64, changes []store.Change) error {
	for i := range changes {
		c := &changes[i]
		if err := s.changeOne(ctx, tx, c); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q(`INSERT INTO head (kind, seq) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET seq = excluded.seq`), c.Kind, seq); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) changeOne(ctx context.Context, tx *sql.Tx, c *store.Change) error {
	if c.Is != "" || c.Absent {
		var have string
		err := tx.QueryRowContext(ctx, s.q(`SELECT etag FROM object WHERE kind = $1 AND name = $2`), c.Kind, []byte(c.Name)).Scan(&have)
		there := err == nil
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		case c.Absent && there, c.Is != "" && there && have != c.Is:
			return store.ErrChanged
		case c.Is != "" && !there && c.Delete:
			return store.ErrNotFound
		case c.Is != "" && !there:
			return store.ErrChanged
		}
	}
	if c.Delete {
		res, err := tx.ExecContext(ctx, s.q(`DELETE FROM object WHERE kind = $1 AND name = $2`), c.Kind, []byte(c.Name))
		return expect(res, err, 1, store.ErrNotFound)
	}
	_, err := tx.ExecContext(ctx, s.q(`INSERT INTO object (kind, name, etag, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, name) DO UPDATE SET etag = excluded.etag, body = excluded.body`), c.Kind, []byte(c.Name), store.ETag(c.Blob), bytesOf(c.Blob))
	return err
}
