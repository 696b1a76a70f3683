package relational

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"wirecensus/inventory/store"
)

// Migrate brings a database to the newest schema; it fails with a
// [*store.VersionError] on one that is newer.
func Migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, migrations fs.FS, opts ...goose.ProviderOption) error {
	opts = append(opts, goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_version"))
	p, err := goose.NewProvider(dialect, db, migrations, opts...)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if have, known, err := p.GetVersions(ctx); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	} else if have > known {
		return &store.VersionError{Have: have, Known: known}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
