// Runs real tasks through mesos-framework, the Node.js scheduler: JSON only. The library matches offers, launches,
// declines and acknowledges by itself; this program says what to run and judges what comes of it.
"use strict";

const os = require("os");
const path = require("path");
const { parseArgs } = require("util");
const { Scheduler, Mesos } = require("mesos-framework");

const { values: options } = parseArgs({ options: {
  master: { type: "string" },
  tasks: { type: "string", default: "5" },
  timeout: { type: "string", default: "60" },
} });
const count = Number(options.tasks);
const [, host, port] = options.master.match(/^\[?(.*?)\]?:(\d+)$/);
const { CommandInfo } = Mesos.getMesos();
const wanted = { kill: "TASK_KILLED", fail: "TASK_FAILED", finish: "TASK_FINISHED" };

function group(command, instances) {
  return {
    instances,
    commandInfo: new CommandInfo(null, null, true, command, null, null),
    resources: { cpus: 0.1, mem: 32, ports: 0, disk: 0 },
  };
}

const states = new Map(); // By task id, which the library invents: <framework>.<group>-<n>.<uuid>
const seen = new Set(); // uuids
let updates = 0;
let ended = 0;

function finish(why) {
  console.log(JSON.stringify({ client: "mesos-framework", encoding: "json", tasks: count, updates, ok: !why, why }));
  process.exit(why ? 1 : 0);
}

setTimeout(() => finish(`${ended} of ${count + 2} tasks terminal after ${options.timeout} s`), options.timeout * 1000);

// HTTP-023 HTTP-072 HTTP-086 HTTP-207: the library takes one chunk for one record, sends its calls chunked and without
// Accept, and null for whatever it does not set.
const scheduler = new Scheduler({
  masterUrl: host,
  port,
  user: os.userInfo().username,
  frameworkName: "conformance-mesos-framework",
  frameworkFailoverTimeout: 1,
  masterConnectionTimeout: 30, // Its default of 10 s is less than the time between two heartbeats.
  restartStates: [],
  logging: { path: os.tmpdir(), fileName: `conformance-mesos-framework-${process.pid}.log`, level: "none" },
  tasks: {
    kill: group("sleep 1000", 1),
    fail: group("exit 3", 1),
    finish: group("echo hello; exit 0", count),
  },
});

// SCH-007 HTTP-030 HTTP-098: the library reports every answer but 202 to a call, and a stream without an id, here.
scheduler.on("error", (error) => finish(`error: ${error.message || error}`));

scheduler.on("ready", () => scheduler.subscribe());

// SCH-220: the library acknowledged before this; were that refused, no second update of a task would come.
scheduler.on("update", ({ status }) => {
  updates += 1;
  const id = status.task_id.value;
  const want = wanted[id.split(".")[1].replace(/-\d+$/, "")];
  // SCH-213 HTTP-180: 16 bytes are 24 characters of base64.
  if (!want || !status.uuid || status.uuid.length !== 24) {
    finish(`update of ${id}: ${status.state}, uuid ${status.uuid}, ${status.message}`);
  }
  if (seen.has(status.uuid)) return; // Delivered at least once, with the same uuid.
  seen.add(status.uuid);
  const path = [...(states.get(id) || []), status.state];
  states.set(id, path);
  if (status.state === "TASK_RUNNING" && want === "TASK_KILLED") scheduler.kill(id, status.agent_id.value);
  if (["TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"].includes(status.state)) return;
  ended += 1;
  // SCH-202 SCH-209 EXE-119: other servers leave STARTING out.
  const short = path.filter((state, at) => state !== "TASK_KILLING" && !(state === "TASK_STARTING" && at === 0));
  if (short.join() !== `TASK_RUNNING,${want}`) {
    finish(`task ${id}: ${path}, want RUNNING and ${want}: ${status.message}`);
  }
  if (ended === count + 2) setTimeout(() => scheduler.teardown(), 200); // Behind the last acknowledgement.
});

// SCH-007
scheduler.on("sent_teardown", () => finish(""));
