// SPDX-License-Identifier: MIT

// The other side of tests/bench/bench_render.c: the same template over the same data with Go's
// text/template, which is what consul-template renders with. Needs nothing but Go:
//
//	cd tests/bench/go && go run . [TEMPLATE]
//
// The last line has the form of bench_render's; tests/bench/render runs both and compares.
package main

import (
	"bytes"
	"fmt"
	"os"
	"sort"
	"text/template"
	"time"
)

const (
	nInstances = 10000
	nRuns      = 100
)

const defaultTemplate = `{{range service "web"}}server {{.Node}}-{{.Port}} {{.Address}}:{{.Port}} check weight {{.ServiceMeta.weight}}
{{end}}`

// The fields of an instance as the peer keeps them.
type healthService struct {
	Node, NodeID, NodeAddress, NodeDatacenter string
	NodeTaggedAddresses, NodeMeta             map[string]string
	ServiceMeta                               map[string]string
	Address, ID, Name                         string
	Tags                                      []string
	Status                                    string
	Port                                      int
}

func instances() []*healthService {
	list := make([]*healthService, nInstances)
	for i := range list {
		list[i] = &healthService{
			Node:        fmt.Sprintf("edge-%d", i%100),
			Address:     fmt.Sprintf("10.%d.%d.%d", i/65536, i/256%256, i%256),
			Port:        20000 + i,
			ServiceMeta: map[string]string{"weight": fmt.Sprint(i%100 + 1)},
		}
	}
	return list
}

func main() {
	text := defaultTemplate
	if len(os.Args) > 1 {
		text = os.Args[1]
	}
	list := instances()
	functions := template.FuncMap{"service": func(string) []*healthService { return list }}
	tmpl := template.Must(template.New("bench").Funcs(functions).Parse(text))

	var out bytes.Buffer
	times := make([]time.Duration, nRuns)
	for i := range times {
		start := time.Now()
		out.Reset()
		if err := tmpl.Execute(&out, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		times[i] = time.Since(start)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	fmt.Printf("%.3f ms, %d bytes of text\n", float64(times[nRuns/2].Nanoseconds())/1e6, out.Len())
	if path := os.Getenv("BENCH_TEXT"); path != "" {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
