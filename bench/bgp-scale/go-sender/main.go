// GoBGP's server as a library, doing what our-sender.ts does: sessions with all peers of the file that is named, and routes when it is told to.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/log"
	"github.com/osrg/gobgp/v3/pkg/server"
	apb "google.golang.org/protobuf/types/known/anypb"
)

type peer struct {
	Remote string `json:"remote"`
	Local  string `json:"local"`
	Asn    uint32 `json:"asn"`
}

type config struct {
	Asn   uint32 `json:"asn"`
	Peers []peer `json:"peers"`
}

func main() {
	ctx := context.Background()
	var cfg config
	text, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(text, &cfg))
	logger := log.NewDefaultLogger()
	logger.SetLevel(log.ErrorLevel)
	s := server.NewBgpServer(server.LoggerOption(logger))
	go s.Serve()
	check(s.StartBgp(ctx, &api.StartBgpRequest{Global: &api.Global{
		Asn: cfg.Asn, RouterId: "192.0.2.1", ListenPort: -1,
	}}))
	up := map[string]bool{}
	done := make(chan struct{})
	check(s.WatchEvent(ctx, &api.WatchEventRequest{Peer: &api.WatchEventRequest_Peer{}}, func(r *api.WatchEventResponse) {
		state := r.GetPeer().GetPeer().GetState()
		if state.GetSessionState() != api.PeerState_ESTABLISHED || up[state.GetNeighborAddress()] {
			return
		}
		up[state.GetNeighborAddress()] = true
		if len(up) == len(cfg.Peers) {
			close(done)
		}
	}))
	for _, p := range cfg.Peers {
		check(s.AddPeer(ctx, &api.AddPeerRequest{Peer: &api.Peer{
			Conf:      &api.PeerConf{NeighborAddress: p.Remote, PeerAsn: p.Asn},
			Transport: &api.Transport{LocalAddress: p.Local},
			Timers:    &api.Timers{Config: &api.TimersConfig{ConnectRetry: 1, HoldTime: 90, KeepaliveInterval: 30}},
		}}))
	}
	if len(cfg.Peers) > 0 {
		<-done
	}
	fmt.Println("established")
	serve(ctx, s)
}

func serve(ctx context.Context, s *server.BgpServer) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var count int
		if n, _ := fmt.Sscanf(lines.Text(), "announce %d", &count); n == 1 {
			announce(ctx, s, count)
		}
		if strings.HasPrefix(lines.Text(), "withdraw") {
			check(s.DeletePath(ctx, &api.DeletePathRequest{
				TableType: api.TableType_GLOBAL,
				Family:    &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST},
			}))
		}
	}
	if err := lines.Err(); err != nil && err != io.EOF {
		check(err)
	}
}

func announce(ctx context.Context, s *server.BgpServer, count int) {
	origin, err := apb.New(&api.OriginAttribute{Origin: 0})
	check(err)
	next, err := apb.New(&api.NextHopAttribute{NextHop: "0.0.0.0"})
	check(err)
	communities, err := apb.New(&api.CommunitiesAttribute{Communities: []uint32{65000<<16 | 100}})
	check(err)
	attributes := []*apb.Any{origin, next, communities}
	for i := 0; i < count; i++ {
		nlri, err := apb.New(&api.IPAddressPrefix{
			Prefix: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), PrefixLen: 32,
		})
		check(err)
		_, err = s.AddPath(ctx, &api.AddPathRequest{TableType: api.TableType_GLOBAL, Path: &api.Path{
			Family: &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST},
			Nlri:   nlri, Pattrs: attributes,
		}})
		check(err)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
