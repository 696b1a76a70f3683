package relational

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"wirecensus/inventory/store"
)

// each runs a query and calls scan for each row.
func (s *Store) each(ctx context.Context, what, text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.Read.QueryContext(ctx, s.q(text), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Cursor returns the cursor of a partition.
func (s *Store) Cursor(ctx context.Context, topic string, partition int) (store.Cursor, error) {
	c := store.Cursor{Topic: topic, Partition: partition, Next: store.None}
	err := s.Read.QueryRowContext(ctx, s.q(`SELECT next, book FROM cursor WHERE topic = $1 AND part = $2`), topic, partition).Scan(&c.Next, &c.Book)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return store.Cursor{}, fmt.Errorf("read cursor: %w", err)
	}
	return c, nil
}

// Cursors returns all cursors.
func (s *Store) Cursors(ctx context.Context) ([]store.Cursor, error) {
	var out []store.Cursor
	err := s.each(ctx, "read cursors", `SELECT topic, part, next, book FROM cursor ORDER BY topic, part`, nil, func(r *sql.Rows) error {
		var c store.Cursor
		err := r.Scan(&c.Topic, &c.Partition, &c.Next, &c.Book)
		out = append(out, c)
		return err
	})
	return out, err
}

// Heads returns how far things went.
func (s *Store) Heads(ctx context.Context) (store.Heads, error) {
	h := store.Heads{Kinds: map[string]int64{}}
	err := s.each(ctx, "read heads", `SELECT kind, seq FROM head`, nil, func(r *sql.Rows) error {
		var kind string
		var seq int64
		err := r.Scan(&kind, &seq)
		if kind == "" {
			h.Log = seq
		} else {
			h.Kinds[kind] = seq
		}
		return err
	})
	return h, err
}

// Parts visits the parts beyond a position. The least Since comes with each row,
// so that straddling shows before the first visit, in the same snapshot.
func (s *Store) Parts(ctx context.Context, after int64, visit func(store.Part) error) error {
	const text = `SELECT seq, since, name, body, (SELECT min(since) FROM part WHERE seq > $1) FROM part WHERE seq > $1 ORDER BY seq`
	return s.each(ctx, "read parts", text, []any{after}, func(r *sql.Rows) error {
		var p store.Part
		var key, body sql.RawBytes
		var least int64
		if err := r.Scan(&p.Seq, &p.Since, &key, &body, &least); err != nil {
			return err
		}
		if least <= after {
			return store.ErrCompacted
		}
		p.Key, p.Blob = string(key), body
		return visit(p)
	})
}

// Backlog returns the keys with many parts.
func (s *Store) Backlog(ctx context.Context, upto int64, min int) ([]string, error) {
	var out []string
	const text = `SELECT name FROM part WHERE seq <= $1 GROUP BY name HAVING count(*) >= $2 ORDER BY count(*) DESC, name LIMIT $3`
	err := s.each(ctx, "read backlog", text, []any{upto, min, store.MaxCompact}, func(r *sql.Rows) error {
		var key []byte
		err := r.Scan(&key)
		out = append(out, string(key))
		return err
	})
	return out, err
}

// Compact replaces the oldest parts of a key by their merge. The merge is made
// outside of the transaction; the parts must still be there when it is written.
func (s *Store) Compact(ctx context.Context, key string, upto int64, merge func([][]byte) ([]byte, error)) error {
	var parts []store.Part
	var blobs [][]byte
	const text = `SELECT seq, since, body FROM part WHERE name = $1 AND seq <= $2 ORDER BY seq LIMIT $3`
	err := s.each(ctx, "compact", text, []any{[]byte(key), upto, store.MaxCompact}, func(r *sql.Rows) error {
		var p store.Part
		err := r.Scan(&p.Seq, &p.Since, &p.Blob)
		parts, blobs = append(parts, p), append(blobs, p.Blob)
		return err
	})
	if err != nil || len(parts) < 2 {
		return err
	}
	blob, err := merge(blobs)
	if err != nil {
		return fmt.Errorf("compact: %w", err)
	}
	return s.tx(ctx, "compact", func(tx *sql.Tx) error {
		if _, err := s.lock(ctx, tx, 0); err != nil {
			return err
		}
		since := parts[0].Since
		for _, p := range parts {
			since = min(since, p.Since)
			res, err := tx.ExecContext(ctx, s.q(`DELETE FROM part WHERE seq = $1 AND since = $2`), p.Seq, p.Since)
			if err := expect(res, err, 1, store.ErrFenced); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, s.q(`INSERT INTO part (seq, since, name, body) VALUES ($1, $2, $3, $4)`), parts[len(parts)-1].Seq, since, []byte(key), bytesOf(blob))
		return err
	})
}

// Object returns an object.
func (s *Store) Object(ctx context.Context, kind, name string) (store.Object, error) {
	o := store.Object{Kind: kind, Name: name}
	err := s.Read.QueryRowContext(ctx, s.q(`SELECT etag, body FROM object WHERE kind = $1 AND name = $2`), kind, []byte(name)).Scan(&o.ETag, &o.Blob)
	if errors.Is(err, sql.ErrNoRows) {
		return o, store.ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("read object: %w", err)
	}
	return o, nil
}

// Objects returns all objects of a kind.
func (s *Store) Objects(ctx context.Context, kind string) ([]store.Object, error) {
	var out []store.Object
	err := s.each(ctx, "read objects", `SELECT name, etag, body FROM object WHERE kind = $1 ORDER BY name`, []any{kind}, func(r *sql.Rows) error {
		o := store.Object{Kind: kind}
		var name []byte
		err := r.Scan(&name, &o.ETag, &o.Blob)
		o.Name = string(name)
		out = append(out, o)
		return err
	})
	return out, err
}

// Names returns the names of all objects of a kind.
func (s *Store) Names(ctx context.Context, kind string) ([]string, error) {
	var out []string
	err := s.each(ctx, "read names", `SELECT name FROM object WHERE kind = $1 ORDER BY name`, []any{kind}, func(r *sql.Rows) error {
		var name []byte
		err := r.Scan(&name)
		out = append(out, string(name))
		return err
	})
	return out, err
}
