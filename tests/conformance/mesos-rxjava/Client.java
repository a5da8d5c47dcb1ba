import static org.apache.mesos.v1.Protos.*;

import com.mesosphere.mesos.rx.java.SinkOperation;
import com.mesosphere.mesos.rx.java.SinkOperations;
import com.mesosphere.mesos.rx.java.protobuf.ProtobufMesosClientBuilder;
import com.mesosphere.mesos.rx.java.protobuf.SchedulerCalls;
import com.mesosphere.mesos.rx.java.util.UserAgentEntries;
import java.net.URI;
import java.util.*;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.mesos.v1.scheduler.Protos.Call;
import org.apache.mesos.v1.scheduler.Protos.Event;
import rx.Observable;

/** Runs real tasks through mesos-rxjava, the Java client of the v1 scheduler API; protobuf only. */
public final class Client {
    private final Map<String, String> commands = new LinkedHashMap<>();
    private final Map<String, List<TaskState>> states = new HashMap<>();
    private final Set<Object> seen = new HashSet<>(); // uuids
    private final Deque<String> waiting;
    private final FrameworkID framework = FrameworkID.newBuilder().setValue("conformance-" + UUID.randomUUID()).build();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile String why;
    private volatile int updates;
    private volatile boolean leaving; // TEARDOWN is on its way; the stream may end before its answer comes.
    private int terminal;

    private Client(int finishing) {
        commands.put("kill", "sleep 1000");
        commands.put("fail", "exit 3");
        for (int i = 0; i < finishing; i++) commands.put("finish-" + i, "echo hello; exit 0");
        waiting = new ArrayDeque<>(commands.keySet());
    }

    private static TaskState want(String task) {
        return task.equals("kill") ? TaskState.TASK_KILLED
            : task.equals("fail") ? TaskState.TASK_FAILED : TaskState.TASK_FINISHED;
    }

    private synchronized void finish(String reason) {
        if (why == null) why = reason;
        over.countDown();
    }

    private static Resource scalar(String name, double value) {
        return Resource.newBuilder().setName(name).setType(Value.Type.SCALAR)
            .setScalar(Value.Scalar.newBuilder().setValue(value)).build();
    }

    private static double sum(Offer offer, String name) {
        return offer.getResourcesList().stream().filter(r -> r.getName().equals(name))
            .mapToDouble(r -> r.getScalar().getValue()).sum();
    }

    private Call answer(Offer offer) {
        Offer.Operation.Launch.Builder launch = Offer.Operation.Launch.newBuilder();
        double cpus = sum(offer, "cpus");
        double mem = sum(offer, "mem");
        for (; !waiting.isEmpty() && cpus >= 0.1 && mem >= 32; cpus -= 0.1, mem -= 32) {
            String id = waiting.poll();
            launch.addTaskInfos(TaskInfo.newBuilder().setName(id).setTaskId(TaskID.newBuilder().setValue(id))
                .setAgentId(offer.getAgentId()).setCommand(CommandInfo.newBuilder().setValue(commands.get(id)))
                .addResources(scalar("cpus", 0.1)).addResources(scalar("mem", 32)));
        }
        if (launch.getTaskInfosCount() == 0) return SchedulerCalls.decline(framework, List.of(offer.getId()));
        return Call.newBuilder().setType(Call.Type.ACCEPT).setFrameworkId(framework)
            .setAccept(Call.Accept.newBuilder().addOfferIds(offer.getId())
                .setFilters(Filters.newBuilder().setRefuseSeconds(1))
                .addOperations(Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH).setLaunch(launch)))
            .build();
    }

    private List<Call> onUpdate(TaskStatus status) {
        updates++;
        String id = status.getTaskId().getValue();
        // SCH-213 HTTP-180
        if (!commands.containsKey(id) || status.getUuid().size() != 16) finish("unexpected update " + status);
        List<Call> calls = new ArrayList<>();
        // SCH-220: were acknowledging refused, no second update of any task would come.
        calls.add(SchedulerCalls.ackUpdate(framework, status.getUuid(), status.getAgentId(), status.getTaskId()));
        if (!seen.add(status.getUuid())) return calls; // Delivered at least once, with the same uuid.
        List<TaskState> path = states.computeIfAbsent(id, any -> new ArrayList<>());
        path.add(status.getState());
        switch (status.getState()) {
            case TASK_RUNNING:
                if (id.equals("kill")) {
                    calls.add(Call.newBuilder().setType(Call.Type.KILL).setFrameworkId(framework)
                        .setKill(Call.Kill.newBuilder().setTaskId(status.getTaskId())).build());
                }
                return calls;
            case TASK_STARTING:
            case TASK_KILLING:
                return calls;
            default:
        }
        path.remove(TaskState.TASK_KILLING);
        if (path.get(0) == TaskState.TASK_STARTING) path.remove(0); // Other servers leave it out.
        // SCH-202 SCH-209 EXE-119
        if (!path.equals(List.of(TaskState.TASK_RUNNING, want(id)))) finish("task " + id + ": " + path + " " + status.getMessage());
        if (++terminal == commands.size()) {
            leaving = true;
            calls.add(Call.newBuilder().setType(Call.Type.TEARDOWN).setFrameworkId(framework).build());
        }
        return calls;
    }

    private SinkOperation<Call> sink(Call call) {
        // SCH-007 HTTP-030: the library takes nothing but 202 for success.
        return SinkOperations.sink(call,
            () -> { if (call.getType() == Call.Type.TEARDOWN) finish(""); },
            error -> finish(call.getType() + ": " + error));
    }

    private Observable<Optional<SinkOperation<Call>>> onEvent(Event event) {
        List<Call> calls = new ArrayList<>();
        switch (event.getType()) {
            case SUBSCRIBED:
                // HTTP-201 SCH-026: the library wants its user to choose the framework's id.
                if (!event.getSubscribed().getFrameworkId().equals(framework)) finish("another id: " + event);
                break;
            case OFFERS:
                for (Offer offer : event.getOffers().getOffersList()) calls.add(answer(offer));
                break;
            case UPDATE:
                calls.addAll(onUpdate(event.getUpdate().getStatus()));
                break;
            case ERROR:
                finish("ERROR: " + event.getError().getMessage());
                break;
            default:
        }
        return Observable.from(calls).map(call -> Optional.of(sink(call)));
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of("--tasks", "5", "--timeout", "60"));
        for (int i = 0; i + 1 < arguments.length; i += 2) options.put(arguments[i], arguments[i + 1]);
        Client client = new Client(Integer.parseInt(options.get("--tasks")));
        // Before anything else the library asks /redirect for the leader, with its whole URL as request target.
        // HTTP-078: it gives up if the type of the stream is not exactly the one asked for.
        Thread stream = new Thread(() -> {
            try {
                ProtobufMesosClientBuilder.schedulerUsingProtos()
                    .mesosUri(URI.create("http://" + options.get("--master") + "/api/v1/scheduler"))
                    .applicationUserAgentEntry(UserAgentEntries.literal("conformance", "1.0"))
                    .subscribe(SchedulerCalls.subscribe(client.framework, System.getProperty("user.name"), "conformance-mesos-rxjava", 0))
                    .processStream(events -> events.concatMap(client::onEvent))
                    .build().openStream().await();
                client.finish(client.leaving ? "" : "the event stream ended");
            } catch (Throwable error) {
                client.finish(client.leaving ? "" : "the library gave up: " + error);
            }
        });
        stream.setDaemon(true);
        stream.start();
        if (!client.over.await(Long.parseLong(options.get("--timeout")), TimeUnit.SECONDS)) client.finish("timeout");
        System.out.printf("{\"client\":\"mesos-rxjava\",\"encoding\":\"protobuf\",\"tasks\":%s,\"updates\":%d,\"ok\":%b,\"why\":\"%s\"}%n",
            options.get("--tasks"), client.updates, client.why.isEmpty(),
            client.why.replaceAll("[\"\\\\\\p{Cntrl}]", " "));
        System.exit(client.why.isEmpty() ? 0 : 1);
    }
}
