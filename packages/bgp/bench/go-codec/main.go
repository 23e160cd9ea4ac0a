// Decodes and encodes the messages of a file with GoBGP's packet library, and prints what each round of each took of the CPUs, in microseconds.
//
//	go-codec <file> <rounds>
package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"strconv"
	"syscall"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"
)

// One goroutine, as in a session.
func main() {
	bytes, err := os.ReadFile(os.Args[1])
	must(err)
	rounds, err := strconv.Atoi(os.Args[2])
	must(err)
	var raw [][]byte
	for at := 0; at < len(bytes); {
		length := int(binary.BigEndian.Uint16(bytes[at+16:]))
		raw = append(raw, bytes[at:at+length])
		at += length
	}
	options := &bgp.MarshallingOption{}
	messages := make([]*bgp.BGPMessage, len(raw))
	took := map[string][]int64{}
	for round := 0; round < rounds; round++ {
		start := cpu()
		for at, one := range raw {
			messages[at], err = bgp.ParseBGPMessage(one, options)
			must(err)
		}
		took["decode"] = append(took["decode"], cpu()-start)
		start = cpu()
		for at, message := range messages {
			// What it remembers of the lengths would spare it half the work.
			message.Header.Len = 0
			written, err := message.Serialize(options)
			must(err)
			if len(written) != len(raw[at]) {
				panic("other bytes than it was read from")
			}
		}
		took["encode"] = append(took["encode"], cpu()-start)
	}
	must(json.NewEncoder(os.Stdout).Encode(took))
}

// What this process has had of all CPUs, the garbage collector's share included.
func cpu() int64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return syscall.TimevalToNsec(usage.Utime)/1000 + syscall.TimevalToNsec(usage.Stime)/1000
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
