// Runs real tasks through mesos-go, the Go client of the v1 scheduler API, as its users write it: controller, event
// rules, call rules, acknowledgement by the library.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/user"
	"strings"
	"time"

	mesos "github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/encoding/codecs"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/callrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/controller"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/eventrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/store"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpsched"
	"github.com/mesos/mesos-go/api/v1/lib/resources"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/calls"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/events"
)

type task struct {
	command string
	want    mesos.TaskState
	states  []mesos.TaskState
	uuid    string // Of the update seen last.
}

type run struct {
	caller  calls.Caller
	waiting []string // Not launched yet.
	tasks   map[string]*task
	updates int
	pending int
	stop    context.CancelCauseFunc
}

var (
	errComplete = errors.New("all tasks are terminal")
	wanted      = mesos.Resources{resources.NewCPUs(0.1).Resource, resources.NewMemory(32).Resource}
)

func (r *run) add(id, command string, want mesos.TaskState) {
	r.waiting = append(r.waiting, id)
	r.tasks[id] = &task{command: command, want: want}
	r.pending++
}

func (r *run) offers(ctx context.Context, event *scheduler.Event) error {
	for _, offer := range event.GetOffers().GetOffers() {
		left := mesos.Resources(offer.Resources)
		var launch []mesos.TaskInfo
		// SCH-040: the library compares whole resources; with an allocation_info in the offer it finds none of them.
		for ; len(r.waiting) > 0 && resources.ContainsAll(left.ToUnreserved(), wanted); r.waiting = r.waiting[1:] {
			id, found := r.waiting[0], resources.Find(wanted, left...)
			launch = append(launch, mesos.TaskInfo{Name: id, TaskID: mesos.TaskID{Value: id}, AgentID: offer.AgentID,
				Command: &mesos.CommandInfo{Value: &r.tasks[id].command}, Resources: found})
			left.Subtract(found...)
		}
		call := calls.Decline(offer.ID)
		if len(launch) > 0 {
			call = calls.Accept(calls.OfferOperations{calls.OpLaunch(launch...)}.WithOffers(offer.ID))
		}
		// SCH-007 HTTP-030
		if err := calls.CallNoData(ctx, r.caller, call.With(calls.RefuseSeconds(time.Second))); err != nil {
			return fmt.Errorf("%s: %w", call.GetType(), err)
		}
	}
	return nil
}

func (r *run) update(ctx context.Context, event *scheduler.Event) error {
	status := event.GetUpdate().GetStatus()
	r.updates++
	id, state := status.TaskID.Value, status.GetState()
	task, known := r.tasks[id]
	// SCH-213
	if !known || len(status.UUID) != 16 {
		return fmt.Errorf("update of %q, %s with a uuid of %d bytes: %s", id, state, len(status.UUID), status.GetMessage())
	}
	if string(status.UUID) == task.uuid { // Delivered at least once, with the same uuid.
		return nil
	}
	task.uuid = string(status.UUID)
	task.states = append(task.states, state)
	switch state {
	case mesos.TASK_STARTING, mesos.TASK_KILLING:
	case mesos.TASK_RUNNING:
		if task.want == mesos.TASK_KILLED {
			return calls.CallNoData(ctx, r.caller, calls.Kill(id, ""))
		}
	default:
		// SCH-202 SCH-209 EXE-119
		path := strings.TrimPrefix(fmt.Sprint(task.states), "[TASK_STARTING ") // Other servers leave STARTING out.
		path = strings.Replace(strings.TrimPrefix(path, "["), "TASK_KILLING ", "", 1)
		if path != fmt.Sprintf("TASK_RUNNING %s]", task.want) {
			return fmt.Errorf("task %s: %v, want RUNNING and %s: %s", id, task.states, task.want, status.GetMessage())
		}
		if r.pending--; r.pending == 0 {
			r.stop(errComplete)
		}
	}
	return nil
}

func client(master, encoding string) calls.Caller {
	codec := codecs.ByMediaType[codecs.MediaTypeProtobuf]
	if encoding == "json" {
		codec = codecs.ByMediaType[codecs.MediaTypeJSON]
	}
	options := append([]httpcli.ConfigOpt{}, httpcli.DefaultConfigOpt...)
	if strings.HasPrefix(master, "[") {
		// The library's own dialer binds to 0.0.0.0, so reaching an IPv6 master takes its option for the transport.
		options = append(options, httpcli.Transport(func(t *http.Transport) { t.Dial = (&net.Dialer{}).Dial }))
	}
	return httpsched.NewCaller(httpcli.New(httpcli.Endpoint("http://"+master+"/api/v1/scheduler"), httpcli.Codec(codec),
		httpcli.Do(httpcli.With(options...))))
}

func (r *run) perform(name string, timeout time.Duration) error {
	ctx, stop := context.WithCancelCause(context.Background())
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r.stop = stop
	id := store.NewInMemorySingleton()
	r.caller = callrules.New(callrules.WithFrameworkID(store.GetIgnoreErrors(id))).Caller(r.caller)
	// HTTP-078 HTTP-098 HTTP-120: the library ends the stream if its type is not exactly the one asked for, if it has no
	// id, or if (in JSON) the 64-bit numbers of an offer's ports come as strings.
	ended := controller.Run(ctx, &mesos.FrameworkInfo{
		User: name, Name: "conformance-mesos-go",
		Capabilities: []mesos.FrameworkInfo_Capability{{Type: mesos.FrameworkInfo_Capability_RESERVATION_REFINEMENT}},
	}, r.caller,
		controller.WithFrameworkID(store.GetIgnoreErrors(id)),
		controller.WithSubscriptionTerminated(stop), // A stream that ends, or a handler that fails, fails the run.
		controller.WithEventHandler(eventrules.New(controller.LiftErrors()).Handle(events.Handlers{
			scheduler.Event_SUBSCRIBED: controller.TrackSubscription(id, 0),
			scheduler.Event_OFFERS:     events.HandlerFunc(r.offers),
			// SCH-220: unacknowledged, no further update of the task would come.
			scheduler.Event_UPDATE: controller.AckStatusUpdates(r.caller).AndThen().HandleF(r.update),
		}.Otherwise(func(_ context.Context, _ *scheduler.Event) error { return nil }))))
	if cause := context.Cause(ctx); cause != errComplete {
		return fmt.Errorf("%v (%v), %d of %d tasks not terminal", cause, ended, r.pending, len(r.tasks))
	}
	return nil
}

func main() {
	master := flag.String("master", "127.0.0.1:5050", "HOST:PORT")
	count := flag.Int("tasks", 5, "tasks that finish; one that fails and one to be killed come on top")
	encoding := flag.String("encoding", "protobuf", "json or protobuf")
	timeout := flag.Duration("timeout", time.Minute, "give up after this")
	flag.Parse()
	r := &run{caller: client(*master, *encoding), tasks: map[string]*task{}}
	r.add("kill", "sleep 1000", mesos.TASK_KILLED)
	r.add("fail", "exit 3", mesos.TASK_FAILED)
	for i := 0; i < *count; i++ {
		r.add(fmt.Sprintf("finish-%d", i), "echo hello; exit 0", mesos.TASK_FINISHED)
	}
	why, exit := "", 0
	if me, err := user.Current(); err != nil {
		why, exit = err.Error(), 1
	} else if err := r.perform(me.Username, *timeout); err != nil {
		why, exit = err.Error(), 1
	}
	line, _ := json.Marshal(map[string]any{"client": "mesos-go", "encoding": *encoding, "tasks": *count,
		"updates": r.updates, "ok": exit == 0, "why": why})
	fmt.Println(string(line))
	os.Exit(exit)
}
