package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// known fails where the program does not know the command or a flag of it.
func known(t *testing.T, where string, args []string) {
	t.Helper()
	var out, errs bytes.Buffer
	// Flags are read in order, so what stands before --help is known.
	if status := run(context.Background(), shell{strings.NewReader(""), &out, &errs}, append(args, "--help")); status != 0 {
		t.Errorf("%s: wirecensus %s: %s", where, strings.Join(args, " "), errs.String())
	}
}

// TestComposeFile: every service of docker-compose.yml that runs this program
// gives it a command that it knows, what others wait for has a health check or
// ends, and nothing is published beyond loopback.
func TestComposeFile(t *testing.T) {
	text, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Build     any
			Image     string
			Command   []string
			Ports     []string
			DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
			Check     *struct{ Test []string }              `yaml:"healthcheck"`
			Volumes   []string
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for name, s := range file.Services {
		if s.Build == "." {
			commands++
			known(t, name, s.Command)
		}
		if s.Check != nil && len(s.Check.Test) > 1 && s.Check.Test[1] == "/wirecensus" {
			known(t, name+" healthcheck", s.Check.Test[2:])
		}
		for on, d := range s.DependsOn {
			other, ok := file.Services[on]
			if !ok || d.Condition == "service_healthy" && other.Check == nil {
				t.Errorf("%s waits for %s, which is not there or never healthy", name, on)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s publishes %s", name, p)
			}
		}
		for _, v := range s.Volumes {
			if volume, _, _ := strings.Cut(v, ":"); file.Volumes[volume] == nil {
				t.Errorf("%s: no volume %s", name, volume)
			}
		}
	}
	if commands < 3 {
		t.Errorf("%d commands of ours in %d services", commands, len(file.Services))
	}
}

// TestDeployCommands: the commands in docs/deploy.md are known, also those in
// units and manifests.
func TestDeployCommands(t *testing.T) {
	text, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range regexp.MustCompile(`(?m)^(?:ExecStart=/usr/local/bin/)?wirecensus (.+)$`).FindAllSubmatch(text, -1) {
		found++
		known(t, "docs/deploy.md", strings.Fields(string(m[1])))
	}
	for _, m := range regexp.MustCompile(`(?m)^ +args: \[(.+)\]$`).FindAllSubmatch(text, -1) {
		found++
		known(t, "docs/deploy.md", strings.Split(strings.ReplaceAll(string(m[1]), `"`, ""), ", "))
	}
	if found < 5 {
		t.Errorf("only %d commands found", found)
	}
}
