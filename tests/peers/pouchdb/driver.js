// Households in PouchDB on one device, replicated to a server and from there to another device.
// node driver.js households.jsonl folder: prints one JSON object.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { fork } = require("node:child_process");

const EDITS = 100;

const PouchDB = require("pouchdb-core")
  .plugin(require("pouchdb-adapter-leveldb"))
  .plugin(require("pouchdb-adapter-http"))
  .plugin(require("pouchdb-mapreduce"))
  .plugin(require("pouchdb-replication"));

/** The server, a process of its own: databases on the disk, and what went over its sockets, counted. */
function serve(folder) {
  const express = require("express");
  const Stored = PouchDB.defaults({ prefix: folder + path.sep, adapter: "leveldb" });
  const app = express();
  const options = { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: path.join(folder, "log.txt") };
  app.use("/", require("express-pouchdb")(Stored, options));
  const sockets = new Set();
  const server = http.createServer(app).on("connection", (socket) => sockets.add(socket));
  process.on("message", () => {
    let [up, down] = [0, 0];
    sockets.forEach((socket) => {
      up += socket.bytesRead;
      down += socket.bytesWritten;
    });
    process.send({ up, down });
  });
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
}

async function measure(households, folder) {
  const cases = fs.readFileSync(households, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const server = fork(__filename, ["serve", path.join(folder, "server")], { stdio: "ignore" });
  const answer = () => new Promise((resolve) => server.once("message", resolve));
  const { port } = await answer();
  const counted = async (act) => {
    const ask = () => (server.send("count"), answer());
    const before = await ask();
    const began = process.hrtime.bigint();
    await act();
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const after = await ask();
    return { up: after.up - before.up, down: after.down - before.down, seconds };
  };
  const remote = `http://127.0.0.1:${port}/households`;
  const open = (name) => new PouchDB(path.join(folder, name), { adapter: "leveldb" });
  const all = { batch_size: cases.length, batches_limit: 2 };

  const writer = open("writer");
  await writer.bulkDocs(cases.map((household) => ({ _id: household.case_id, ...household })));
  const up = await counted(() => writer.replicate.to(remote, all));
  const reader = open("reader");
  const down = await counted(() => reader.replicate.from(remote, all));
  const { doc_count } = await reader.info();
  if (doc_count !== cases.length) throw new Error(`${doc_count} of ${cases.length} households came`);

  for (const { case_id } of cases.slice(0, EDITS)) {
    const household = await writer.get(case_id);
    household.visit.remark = `corrected ${case_id.slice(0, 4)}`;
    await writer.put(household);
  }
  const edits = await counted(() => writer.replicate.to(remote, all));
  server.kill();
  const version = require("pouchdb-core/package.json").version;
  process.stdout.write(JSON.stringify({ version, up, down, edits }) + "\n", () => process.exit(0));
}

const [first, second] = process.argv.slice(2);
if (first === "serve") {
  fs.mkdirSync(second, { recursive: true });
  serve(second);
} else {
  fs.mkdirSync(second, { recursive: true });
  measure(first, second).catch((error) => {
    process.stderr.write(`${error.stack}\n`, () => process.exit(1));
  });
}
