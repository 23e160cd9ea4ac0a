module picluster/bench/go-codec

go 1.26.0

require github.com/osrg/gobgp/v3 v3.37.0
