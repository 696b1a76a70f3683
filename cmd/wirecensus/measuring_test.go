package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
)

// TestMetrics: --metrics shows while the sensor works what the last report says, and no name that was observed.
func TestMetrics(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 5, Days: 1, Trouble: synth.Moderate()})
	file := writeCapture(t, c, "a.pcapng")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	go func() { // slowly, and the pipe stays open: the sensor goes on
		for piece := range slices.Chunk(b, len(b)/100+1) {
			if _, err := out.Write(piece); err != nil {
				return
			}
			time.Sleep(coverEvery / 50)
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	var stdout, stderr output
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, shell{in, &stdout, &stderr}, []string{"sensor", "-r", "-", "--to", "file:" + filepath.Join(t.TempDir(), "calls"), "--metrics", "127.0.0.1:0", "--name", "s1"})
	}()
	stderr.await(t, "serving metrics")
	url := regexp.MustCompile(`http://[^"]*/metrics`).FindString(stderr.String())
	get := func(url string) string {
		res, err := http.Get(url)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return string(body)
	}
	calls := regexp.MustCompile(`(?m)^wirecensus_sensor_calls_total{sensor="s1"} [1-9]`)
	text := ""
	for deadline := time.Now().Add(time.Minute); !calls.MatchString(text); time.Sleep(100 * time.Millisecond) {
		if text = get(url); time.Now().After(deadline) {
			t.Fatalf("no calls at %s:\n%s\n%s", url, text, stderr.String())
		}
	}
	for _, want := range []string{"wirecensus_sensor_frames_total{", "wirecensus_sensor_gap_bytes_total{", "wirecensus_sensor_gap_ratio{", "go_goroutines", "wirecensus_sensor_undecoded_frames_total{"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "brisa") {
		t.Errorf("an observed name in\n%s", text)
	}
	if got := get(strings.TrimSuffix(url, "metrics") + "healthz"); got != "ok\n" {
		t.Errorf("healthz: %q", got)
	}
	cancel()
	out.Close()
	if status := <-done; status != 0 {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	if got := get(url); strings.Contains(got, "wirecensus_") {
		t.Error("metrics are served after the end")
	}
}
