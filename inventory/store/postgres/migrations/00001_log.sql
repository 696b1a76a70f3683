-- +goose Up
CREATE TABLE head (kind text PRIMARY KEY, seq bigint NOT NULL) WITH (fillfactor = 50);
INSERT INTO head (kind, seq) VALUES ('', 0);
CREATE TABLE cursor (topic text NOT NULL, part integer NOT NULL, next bigint NOT NULL, book bytea NOT NULL, PRIMARY KEY (topic, part));
CREATE TABLE part (seq bigint PRIMARY KEY, since bigint NOT NULL, name bytea NOT NULL, body bytea NOT NULL);
CREATE INDEX part_name ON part (name, seq);
CREATE TABLE object (kind text NOT NULL, name bytea NOT NULL, etag text NOT NULL, body bytea NOT NULL, PRIMARY KEY (kind, name));
