package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Versions of Apache Kafka that the tests run against.
const (
	kafka4 = "4.1.1"
	kafka3 = "3.9.1"
)

// kafkaBroker is one Apache Kafka node, broker and controller, on loopback.
// Its data outlives kill and start.
type kafkaBroker struct {
	t    testing.TB
	addr string // host:port of the plain listener
	dir  string
	jars string
	cmd  *exec.Cmd
	log  *output
	over chan struct{} // closed when the process has ended
}

// startKafka starts a broker of the version, or skips the test and says what is missing.
func startKafka(t testing.TB, version string) *kafkaBroker {
	t.Helper()
	if testing.Short() {
		t.Skip("a real broker is not for -short")
	}
	jars, err := kafkaJars(version)
	if err != nil {
		t.Skipf("no Apache Kafka %s: %v", version, err)
	}
	b := &kafkaBroker{t: t, dir: t.TempDir(), jars: filepath.Join(jars, "*")}
	port, control := freePort(t), freePort(t)
	b.addr = fmt.Sprintf("127.0.0.1:%d", port)
	conf := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%[2]d
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=%[3]s/data
auto.create.topics.enable=false
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`, port, control, b.dir)
	if version >= "4" {
		conf += "share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n"
	}
	if err := os.WriteFile(b.conf(), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	format := exec.Command("java", "-cp", b.jars, "kafka.tools.StorageTool", "format", "-t", "d2lyZWNlbnN1cy10ZXN0MQ", "-c", b.conf())
	if text, err := format.CombinedOutput(); err != nil {
		t.Fatalf("format the broker's storage: %v\n%s", err, text)
	}
	b.start()
	t.Cleanup(b.kill)
	return b
}

func (b *kafkaBroker) conf() string { return filepath.Join(b.dir, "server.properties") }

// start runs the broker and waits until it takes connections.
func (b *kafkaBroker) start() {
	b.t.Helper()
	b.log = new(output)
	b.cmd = exec.Command("java", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-cp", b.jars, "kafka.Kafka", b.conf())
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	b.cmd.SysProcAttr = mortal()
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	over := make(chan struct{})
	b.over = over
	go func(cmd *exec.Cmd) { cmd.Wait(); close(over) }(b.cmd)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-over:
			b.t.Fatalf("the broker ended:\n%s", b.log)
		default:
		}
		if c, err := net.DialTimeout("tcp", b.addr, time.Second); err == nil {
			c.Close()
			return
		}
	}
	b.t.Fatalf("the broker does not listen on %s:\n%s", b.addr, b.log)
}

// kill ends the broker with SIGKILL, as a power cut would.
func (b *kafkaBroker) kill() {
	b.cmd.Process.Kill()
	<-b.over
}

// kafkaJars returns the folder with the jars of a version, fetched once with Maven
// into the user's cache.
func kafkaJars(version string) (string, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return "", errors.New("java is not installed (apt-get install default-jre-headless)")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "wirecensus-test", "kafka-"+version)
	if found, _ := filepath.Glob(filepath.Join(dir, "kafka_*.jar")); len(found) > 0 {
		return dir, nil
	}
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", errors.New("Maven is not installed (apt-get install maven)")
	}
	pom, err := filepath.Abs("testdata/kafka/pom.xml")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "part-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	cmd := exec.Command(mvn, "-q", "-B", "-f", pom, "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
		"-Dkafka="+version, "-DincludeScope=runtime", "-DoutputDirectory="+part)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mvn: %v: %s", err, firstLine(text))
	}
	// Another process may have been faster: its folder is as good.
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return "", err
	}
	return dir, nil
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return strings.TrimSpace(string(line))
}

// freePort returns a port that nothing listens on at the moment.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
