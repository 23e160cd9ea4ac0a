// Answers ARP for one address the way MetalLB does: a packet socket of github.com/mdlayher/packet, no filter in the kernel.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"

	"github.com/mdlayher/packet"
)

const (
	etherTypeARP  = 0x0806
	arpFrameBytes = 42
	opRequest     = 1
	opReply       = 2
)

func run(interfaceName, address string) error {
	link, err := net.InterfaceByName(interfaceName)
	if err != nil {
		return err
	}
	owned := net.ParseIP(address).To4()
	if owned == nil {
		return fmt.Errorf("%q is not an IPv4 address", address)
	}
	conn, err := packet.Listen(link, packet.Raw, etherTypeARP, nil)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	frame := make([]byte, link.MTU+14)
	for {
		length, from, err := conn.ReadFrom(frame)
		if err != nil {
			return err
		}
		if length < arpFrameBytes || binary.BigEndian.Uint16(frame[20:]) != opRequest || !bytes.Equal(frame[38:42], owned) {
			continue
		}
		reply := make([]byte, arpFrameBytes)
		copy(reply[0:], frame[6:12])       // to whoever asked
		copy(reply[6:], link.HardwareAddr) // from us
		copy(reply[12:], frame[12:20])     // EtherType, kinds and lengths of the addresses
		binary.BigEndian.PutUint16(reply[20:], opReply)
		copy(reply[22:], link.HardwareAddr) // sender: us, for the address
		copy(reply[28:], owned)
		copy(reply[32:], frame[22:32]) // target: the sender of the request
		if _, err := conn.WriteTo(reply, from); err != nil {
			return err
		}
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go-responder <interface> <address>")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
