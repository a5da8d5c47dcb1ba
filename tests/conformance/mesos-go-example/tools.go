//go:build tools

// Pins what the programs of mesos-go are built of; there is no code of ours in them.
package tools

import (
	_ "github.com/mesos/mesos-go/api/v1/cmd/example-executor"
	_ "github.com/mesos/mesos-go/api/v1/cmd/example-scheduler"
)
