module github.com/seccomp-notifyd/seccomp-notifyd/bench/agent

go 1.26.0

require (
	github.com/seccomp/libseccomp-golang v0.11.1
	golang.org/x/sys v0.50.0
)
