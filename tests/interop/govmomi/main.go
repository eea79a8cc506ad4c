// One ESXi host made of the govmomi project's simulator: an independent server for vmhad to talk to.
//
// The simulator keeps one global registry, so one process is one host. It starts with no VM and with one datastore,
// a folder given on the command line; two processes that share the folder are two hosts with a shared datastore.
// It prints "ready URL" when it listens, and ends on SIGTERM. With -trace every request and reply goes to stderr.
//
// Known differences from ESXi that the tests live with: changes are told up to 250 ms late, files are never locked,
// ShutdownGuest powers off at once, tasks are over when their call returns, RescanHba is an unknown method,
// a datastore's type is OTHER, and RegisterVM with an unknown datastore drops the connection.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
)

func mount(service *simulator.Service, datastore string) error {
	parts := strings.SplitN(datastore, "=", 2)
	if len(parts) != 2 {
		return fmt.Errorf("-datastore %s: expected NAME=FOLDER", datastore)
	}
	ctx := context.Background()
	client, err := vim25.NewClient(ctx, service)
	if err != nil {
		return err
	}
	host := object.NewHostSystem(client, simulator.Map.Any("HostSystem").Reference())
	system, err := host.ConfigManager().DatastoreSystem(ctx)
	if err == nil {
		_, err = system.CreateLocalDatastore(ctx, parts[0], parts[1])
	}
	return err
}

func main() {
	log.SetFlags(0)
	model := simulator.ESX()
	model.Machine, model.Datastore = 0, 0
	listen := flag.String("listen", "127.0.0.1:8989", "address and port")
	user := flag.String("user", "root", "the one user")
	password := flag.String("password", "", "and the password")
	certificate := flag.String("cert", "", "PEM file of the certificate")
	key := flag.String("key", "", "PEM file of its key")
	datastore := flag.String("datastore", "", "NAME=FOLDER, a folder that exists")
	flag.DurationVar(&simulator.SessionIdleTimeout, "idle", 0, "a session that idles so long ends; 0 never")
	flag.BoolVar(&simulator.Trace, "trace", false, "requests and replies to stderr, passwords too")
	flag.Parse()

	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		log.Fatal(err)
	}
	if err = model.Create(); err != nil {
		log.Fatal(err)
	}
	defer model.Remove()
	if err = mount(model.Service, *datastore); err != nil {
		log.Fatal(err)
	}
	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	model.Service.RegisterEndpoints = true
	server := model.Service.NewServer()
	fmt.Println("ready", server.URL.Redacted())

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
