module edgewright/tests/bench/go

go 1.18
