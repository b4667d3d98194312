// SPDX-License-Identifier: MIT

// A stand-in for consul-template where that cannot be had: the work it cannot avoid and no more, so
// that what this costs is a lower bound of what consul-template costs, built by the same Go. One
// goroutine and one HTTP/1.1 blocking query per dependency, the whole answer through encoding/json,
// a sorted list, reflect.DeepEqual with the last one, text/template, an atomic write. Left out:
// parsing the template anew for each render, renders that cannot be complete yet, bookkeeping and
// logs, and a second look at an answer that is too stale.
//
//	peer [-once] -consul-addr HOST:PORT -template IN:OUT
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// Consul's answers, with the fields that its Go API has.
type entry struct {
	Node struct {
		ID, Node, Address, Datacenter, Partition, PeerName string
		TaggedAddresses, Meta                              map[string]string
		CreateIndex, ModifyIndex                           uint64
	}
	Service struct {
		Kind, ID, Service, Address, SocketPath, ContentHash string
		Namespace, Partition, PeerName, Datacenter          string
		Tags                                                []string
		Meta                                                map[string]string
		Port                                                int
		TaggedAddresses                                     map[string]address
		Weights                                             weights
		EnableTagOverride                                   bool
		CreateIndex, ModifyIndex                            uint64
		Proxy, Connect                                      *struct {
			DestinationServiceName, DestinationServiceID, Mode string
			MeshGateway                                        struct{ Mode string }
			Expose                                             struct{ Checks bool }
			Native                                             bool
		}
	}
	Checks []*check
}

type check struct {
	Node, CheckID, Name, Status, Notes, Output, ServiceID, ServiceName string
	Type, Namespace, Partition, PeerName                               string
	ServiceTags                                                        []string
	ExposedPort                                                        int
	CreateIndex, ModifyIndex                                           uint64
	Definition                                                         struct {
		HTTP, Method, Body, TLSServerName, TCP, Interval, Timeout, DeregisterCriticalServiceAfter string
		Header                                                                                    map[string][]string
		TLSSkipVerify                                                                             bool
	}
}

type address struct {
	Address string
	Port    int
}

type weights struct{ Passing, Warning int }

// What is kept of an answer and given to templates.
type instance struct {
	Node, NodeID, NodeAddress, NodeDatacenter, Address, ID, Name, Status, Namespace string
	NodeTaggedAddresses, NodeMeta, ServiceMeta                                      map[string]string
	ServiceTaggedAddresses                                                          map[string]address
	Tags                                                                            []string
	Checks                                                                          []*check
	Port                                                                            int
	Weights                                                                         weights
}

type snippet struct {
	Name string
	Tags []string
}

func sorted(tags []string) []string {
	tags = append([]string{}, tags...)
	sort.Strings(tags)
	return tags
}

func isPassing(checks []*check) bool {
	for _, c := range checks {
		if c.Status != "passing" {
			return false
		}
	}
	return true
}

func readInstances(body *json.Decoder) (any, error) {
	var entries []*entry
	if err := body.Decode(&entries); err != nil {
		return nil, err
	}
	list := make([]*instance, 0, len(entries))
	for _, e := range entries {
		n, s, where := &e.Node, &e.Service, e.Service.Address
		if !isPassing(e.Checks) {
			continue
		}
		if where == "" {
			where = n.Address
		}
		list = append(list, &instance{
			Node: n.Node, NodeID: n.ID, NodeAddress: n.Address, NodeDatacenter: n.Datacenter,
			NodeTaggedAddresses: n.TaggedAddresses, NodeMeta: n.Meta, ServiceMeta: s.Meta,
			Address: where, ServiceTaggedAddresses: s.TaggedAddresses, ID: s.ID, Name: s.Service,
			Tags: sorted(s.Tags), Checks: e.Checks, Status: "passing", Port: s.Port,
			Weights: s.Weights, Namespace: s.Namespace})
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Node != list[j].Node {
			return list[i].Node < list[j].Node
		}
		return list[i].ID < list[j].ID
	})
	return list, nil
}

func readServices(body *json.Decoder) (any, error) {
	var services map[string][]string
	if err := body.Decode(&services); err != nil {
		return nil, err
	}
	list := make([]*snippet, 0, len(services))
	for name, tags := range services {
		list = append(list, &snippet{name, sorted(tags)})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// Reads an answer; never returns nil without an error.
type readFunc func(*json.Decoder) (any, error)

type answer struct {
	path string
	data any
}

type peer struct {
	address string
	client  http.Client
	once    bool
	news    chan answer
	answers map[string]any // to all that is asked; nil: none yet
	pending int
}

func (p *peer) ask(path string, index uint64, read readFunc) (any, uint64, error) {
	query := "http://" + p.address + path + "stale="
	if index > 0 {
		query += fmt.Sprintf("&index=%d&wait=60000ms", index)
	}
	reply, err := p.client.Get(query)
	if err != nil {
		return nil, 0, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, 0, errors.New(reply.Status)
	}
	if index, err = strconv.ParseUint(reply.Header.Get("X-Consul-Index"), 10, 64); err != nil {
		return nil, 0, err
	}
	data, err := read(json.NewDecoder(reply.Body))
	io.Copy(io.Discard, reply.Body) // or the connection could not be used again
	return data, index, err
}

func (p *peer) watch(path string, read readFunc) {
	var index uint64
	var last any
	for nFailed := 0; ; {
		data, newIndex, err := p.ask(path, index, read)
		if err != nil { // as consul-template: twelve more attempts, then the end
			if nFailed == 12 {
				log.Fatalf("%s: %v", path, err)
			}
			pause := 250 * time.Millisecond << nFailed
			if pause > time.Minute {
				pause = time.Minute
			}
			time.Sleep(pause)
			nFailed++
			continue
		}
		isSame := newIndex == index
		nFailed, index = 0, newIndex
		if isSame || reflect.DeepEqual(data, last) {
			continue
		}
		last = data
		p.news <- answer{path, data}
		if p.once {
			return
		}
	}
}

// For templates: what is not asked yet is from now on.
func (p *peer) get(path string, read readFunc) any {
	data, isAsked := p.answers[path]
	if !isAsked {
		p.answers[path] = nil
		p.pending++
		go p.watch(path, read)
	}
	return data
}

func (p *peer) service(name string) []*instance {
	list, _ := p.get("/v1/health/service/"+url.PathEscape(name)+"?passing=1&", readInstances).([]*instance)
	return list
}

func (p *peer) services() []*snippet {
	list, _ := p.get("/v1/catalog/services?", readServices).([]*snippet)
	return list
}

func (p *peer) take(a answer) {
	if p.answers[a.path] == nil {
		p.pending--
	}
	p.answers[a.path] = a.data
}

// Replaces the file if its text is another one.
func replace(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), "")
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	return err
}

func main() {
	p := &peer{news: make(chan answer, 2048), answers: map[string]any{}}
	p.client.Transport = &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 5 * time.Second}
	flag.StringVar(&p.address, "consul-addr", "127.0.0.1:8500", "HOST:PORT")
	flag.BoolVar(&p.once, "once", false, "end after the first file")
	flag.String("log-level", "", "ignored")
	files := flag.String("template", "", "IN:OUT")
	flag.Parse()
	in, out, _ := strings.Cut(*files, ":")
	functions := template.FuncMap{"service": p.service, "services": p.services}
	tmpl, err := template.New(filepath.Base(in)).Funcs(functions).ParseFiles(in)
	for err == nil {
		var text bytes.Buffer
		if err = tmpl.Execute(&text, nil); err == nil && p.pending == 0 {
			if err = replace(out, text.Bytes()); err == nil && p.once {
				return
			}
			p.take(<-p.news)
		}
		for p.pending > 0 || len(p.news) > 0 {
			p.take(<-p.news)
		}
	}
	log.Fatal(err)
}
