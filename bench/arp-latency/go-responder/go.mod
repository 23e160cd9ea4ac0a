module picluster/bench/go-responder

go 1.26.0

require github.com/mdlayher/packet v1.2.0

require (
	github.com/mdlayher/socket v0.7.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)
