package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"wirecensus/cmd/wirecensus/internal/term"
	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// parsing is the command line of one subcommand that asks an inventory.
type parsing struct {
	name  string // after wirecensus: "spec list"
	usage string
	set   *pflag.FlagSet
	from  asking
}

func newParsing(name, usage string) *parsing {
	p := &parsing{name: name, usage: usage, set: pflag.NewFlagSet(name, pflag.ContinueOnError)}
	p.set.SetOutput(io.Discard)
	p.set.Usage = func() {}
	addAsking(p.set, &p.from)
	return p
}

// errHelped ends a command whose help was printed.
var errHelped = errors.New("help was printed")

// parse reads the command line; args are how many words may be left, most -1 for any number.
func (p *parsing) parse(sh shell, args []string, least, most int) error {
	switch err := p.set.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		if _, err := io.WriteString(sh.out, p.usage); err != nil {
			return err
		}
		return errHelped
	case err != nil:
		return p.wrong("%v", err)
	}
	switch n := p.set.NArg(); {
	case n < least:
		return p.wrong("%s needs more arguments", p.name)
	case most >= 0 && n > most:
		return p.wrong("%q is one argument too many", p.set.Arg(most))
	}
	return nil
}

func (p *parsing) wrong(format string, args ...any) error {
	first, _, _ := strings.Cut(p.name, " ")
	return &usageError{see: first + " --help", msg: fmt.Sprintf(format, args...)}
}

// helped turns the end after a printed help into success.
func helped(err error) error {
	if errors.Is(err, errHelped) {
		return nil
	}
	return err
}

// with opens the inventory that the flags name for as long as f needs it.
func (p *parsing) with(ctx context.Context, f func(*client) error) error {
	c, err := p.from.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.close())
}

func printIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// filters are the flags of a listing that become its query.
type filters struct {
	set   *pflag.FlagSet
	lists map[string]*[]string
	texts map[string]*string
	limit int
}

func newFilters(set *pflag.FlagSet, lists, texts []string) *filters {
	f := &filters{set: set, lists: map[string]*[]string{}, texts: map[string]*string{}}
	for _, name := range lists {
		f.lists[name] = set.StringSlice(name, nil, "")
	}
	for _, name := range append(texts, "sort") {
		f.texts[name] = set.String(name, "", "")
	}
	set.IntVar(&f.limit, "limit", 100, "")
	return f
}

func (f *filters) query() url.Values {
	q := url.Values{}
	for name, v := range f.lists {
		if len(*v) > 0 {
			q[name] = *v
		}
	}
	for name, v := range f.texts {
		if f.set.Changed(name) {
			q.Set(name, *v)
		}
	}
	return q
}

// most is how many items are shown: all of them to a program.
func (f *filters) most(asJSON bool) int {
	if asJSON && !f.set.Changed("limit") {
		return 0
	}
	return max(f.limit, 0)
}

func listServices(ctx context.Context, sh shell, args []string) error {
	p := newParsing("services", servicesUsage)
	f := newFilters(p.set, nil, []string{"text", "declared"})
	encrypted := p.set.Bool("encrypted", false, "")
	if err := p.parse(sh, args, 0, 0); err != nil {
		return helped(err)
	}
	if *encrypted {
		return listEncrypted(ctx, sh, p, f)
	}
	return p.with(ctx, func(c *client) error {
		list, total, err := all[api.Service](ctx, c, "/api/v1/services", f.query(), f.most(p.from.json))
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		return term.Services(sh.out, list, screen(sh.out), term.Rest{Total: total, Noun: "service"})
	})
}

// listEncrypted lists the services whose traffic could not be read.
func listEncrypted(ctx context.Context, sh shell, p *parsing, f *filters) error {
	return p.with(ctx, func(c *client) error {
		q := f.query()
		if !q.Has("sort") {
			q.Set("sort", "-bytes")
		}
		list, total, err := all[api.EncryptedService](ctx, c, "/api/v1/encrypted-services", q, f.most(p.from.json))
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		return term.Encrypted(sh.out, list, screen(sh.out), term.Rest{Total: total, Noun: "encrypted service"})
	})
}

func listEndpoints(ctx context.Context, sh shell, args []string) error {
	if len(args) > 0 && args[0] == "explain" {
		return explainEndpoint(ctx, sh, args[1:])
	}
	p := newParsing("endpoints", endpointsUsage)
	f := newFilters(p.set, []string{"service", "method", "status", "class", "auth", "sensitive", "protocol"}, []string{"text", "drift"})
	if err := p.parse(sh, args, 0, 0); err != nil {
		return helped(err)
	}
	return p.with(ctx, func(c *client) error {
		list, total, err := all[api.Endpoint](ctx, c, "/api/v1/endpoints", f.query(), f.most(p.from.json))
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		return term.Endpoints(sh.out, list, screen(sh.out), term.Rest{Total: total, Noun: "endpoint"})
	})
}

func explainEndpoint(ctx context.Context, sh shell, args []string) error {
	p := newParsing("endpoints explain", endpointsUsage)
	service := p.set.String("service", "", "")
	if err := p.parse(sh, args, 2, 2); err != nil {
		return helped(err)
	}
	method, template := strings.ToUpper(p.set.Arg(0)), p.set.Arg(1)
	return p.with(ctx, func(c *client) error {
		if *service == "" {
			var err error
			if *service, err = onlyService(ctx, c, method, template); err != nil {
				return err
			}
		}
		q := url.Values{"method": {method}, "template": {template}}
		list, _, err := all[api.Explanation](ctx, c, "/api/v1/services/"+serviceName(*service)+"/explain", q, 0)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return &hinted{fmt.Errorf("%s has no endpoint %s %s", *service, method, template), "list them: wirecensus endpoints --service " + *service}
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		for i := range list {
			if list[i].Method == "" {
				list[i].Method = method
			}
			if err := term.Explanation(sh.out, *service, &list[i], screen(sh.out)); err != nil {
				return err
			}
		}
		return nil
	})
}

// onlyService finds the one service that has an endpoint.
func onlyService(ctx context.Context, c *client, method, template string) (string, error) {
	list, _, err := all[api.Endpoint](ctx, c, "/api/v1/endpoints", url.Values{"method": {method}, "text": {template}}, 0)
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range list {
		if e.Template == template && !slices.Contains(names, e.Service) {
			names = append(names, e.Service)
		}
	}
	switch len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", &hinted{fmt.Errorf("no service has an endpoint %s %s", method, template), "a template is written as wirecensus endpoints shows it: /users/{id}"}
	}
	return "", &hinted{fmt.Errorf("%d services have an endpoint %s %s", len(names), method, template), "choose one with --service: " + strings.Join(names, ", ")}
}

func listFindings(ctx context.Context, sh shell, args []string) error {
	p := newParsing("findings", findingsUsage)
	f := newFilters(p.set, []string{"service", "rule", "severity", "method"}, []string{"text"})
	if err := p.parse(sh, args, 0, 0); err != nil {
		return helped(err)
	}
	return p.with(ctx, func(c *client) error {
		list, total, err := all[schemas.Finding](ctx, c, "/api/v1/findings", f.query(), f.most(p.from.json))
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		return term.Findings(sh.out, list, screen(sh.out), term.Rest{Total: total, Noun: "finding"})
	})
}

func showCoverage(ctx context.Context, sh shell, args []string) error {
	p := newParsing("coverage", coverageUsage)
	if err := p.parse(sh, args, 0, 0); err != nil {
		return helped(err)
	}
	return p.with(ctx, func(c *client) error {
		cov, err := get[schemas.Coverage](ctx, c, "/api/v1/coverage", nil)
		if err != nil {
			return err
		}
		sensors, _, err := all[api.Sensor](ctx, c, "/api/v1/sensors", nil, 0)
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, struct {
				Coverage schemas.Coverage `json:"coverage"`
				Sensors  []api.Sensor     `json:"sensors"`
			}{cov, sensors})
		}
		return term.Coverage(sh.out, &cov, sensors, screen(sh.out))
	})
}
