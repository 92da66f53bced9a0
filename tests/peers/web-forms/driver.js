// @getodk/xforms-engine under the clock: the commands and the output that ../README.md describes.

import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

const { process } = globalThis;

// The engine is made for pages: jsdom gives it one, as its own tests under node do, and what it
// takes for a sign of node (where its bundled parser of expressions cannot load) is out of sight.
const page = new JSDOM('');
globalThis.window = page.window;
globalThis.document = page.window.document;
for (const name of Object.getOwnPropertyNames(page.window)) {
  if (/^[A-Z]/.test(name)) globalThis[name] ??= page.window[name];
}
globalThis.process = undefined;
const engine = await import('@getodk/xforms-engine');

/** The longest round, in seconds. */
const LONGEST = 150;

/** From the file to a form that takes answers. */
async function ready(file) {
  const created = await engine.createInstance(readFileSync(file, 'utf8'), {
    instance: { stateFactory: (state) => state },
  });
  return created.root;
}

async function load(file, times) {
  const all = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    const root = await ready(file);
    all.push(performance.now() - began);
    if (root.nodeType !== 'root') throw new Error('no form');
  }
  const first = all[0];
  return { first_ms: first, median_ms: all.sort((a, b) => a - b)[Math.floor(times / 2)] };
}

/**
 * One round to warm up, then as many as fit, at least one. A round that takes longer than all the
 * time that is given is measured as it is; after LONGEST it is cut off, and the result says where.
 */
async function play(file, script, seconds) {
  const { steps } = JSON.parse(readFileSync(script, 'utf8'));
  const first = new Round(await ready(file));
  const { done, ms } = first.play(steps, LONGEST);
  if (done < steps.length) return { ...first.times.tell(), rounds: 0, done, of: steps.length };
  if (ms > seconds * 1_000) return { ...first.times.tell(), rounds: 1, state: first.state() };
  const times = new Times();
  let rounds = 0;
  const ends = performance.now() + seconds * 1_000;
  while (rounds === 0 || performance.now() + ms < ends) {
    new Round(await ready(file), times).play(steps, Infinity);
    rounds += 1;
  }
  return { ...times.tell(), rounds, refused: first.refused, state: first.state() };
}

async function memory(file, script) {
  const { steps } = JSON.parse(readFileSync(script, 'utf8'));
  const round = new Round(await ready(file));
  round.play(steps, LONGEST / 3);
  const told = idle();
  if (round.refused < 0) throw new Error('no form');
  return told;
}

function idle() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const told = { peak_kb: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) };
  globalThis.gc?.();
  return { ...told, live_kb: Math.round(process.memoryUsage().heapUsed / 1024) };
}

/** One session, played from its beginning to its end. */
class Round {
  constructor(root, times = new Times()) {
    this.root = root;
    this.times = times;
    this.refused = 0;
    this.findNodes();
  }

  /** What a person stands before, by its path; not part of any measured time. */
  findNodes() {
    this.nodes = new Map();
    this.repeats = new Map();
    const visit = (node) => {
      const { reference, children } = node.currentState;
      if (node.nodeType.startsWith('repeat-range')) this.repeats.set(generic(reference), node);
      if (children == null) this.nodes.set(reference, node);
      for (const child of children ?? []) visit(child);
    };
    visit(this.root);
  }

  /** Plays until the end or, between two steps, until the time is over. */
  play(steps, seconds) {
    const began = performance.now();
    let grown = false;
    let done = 0;
    for (const step of steps) {
      if (performance.now() - began > seconds * 1_000) break;
      done += 1;
      if (step.op === 'add') {
        this.add(step);
        grown = true;
        continue;
      }
      if (grown) this.findNodes();
      grown = false;
      this.set(step);
    }
    return { done, ms: performance.now() - began };
  }

  add({ repeat, count }) {
    const range = this.repeats.get(repeat);
    if (range == null) throw new Error(`no repeat ${repeat}`);
    const began = performance.now();
    // All at once: one by one it would take minutes.
    range.addInstances(undefined, count);
    this.times.adds.push(performance.now() - began);
  }

  set({ path, value, measured, offers, count }) {
    const node = this.nodes.get(path);
    if (node == null) throw new Error(`no question ${path}`);
    const offering = offers == null ? null : this.nodes.get(offers);
    const answer = prepared(node, value);
    const began = performance.now();
    answer();
    // Reading it is what makes the engine work it out.
    const valid = node.validationState.violation == null;
    const offered = offering == null ? null : labelled(offering);
    const time = performance.now() - began;
    if (!valid) this.refused += 1;
    if (offered != null && offered !== count) throw new Error(`${offers} offers ${offered}`);
    if (measured) this.times.set(offers ?? '', time);
  }

  state() {
    const state = {};
    const visit = (node) => {
      const { reference, children, relevant, instanceValue } = node.currentState;
      if (!relevant) return;
      if (children == null && instanceValue) state[reference] = instanceValue;
      for (const child of children ?? []) visit(child);
    };
    visit(this.root);
    return state;
  }
}

/** The call that answers, ready to be made. */
function prepared(node, value) {
  switch (node.nodeType) {
    case 'select':
      return () => node.selectValues(value === '' ? [] : value.split(' '));
    case 'rank':
      return () => node.setValues(value === '' ? [] : value.split(' '));
    case 'trigger':
      return () => node.setValue(value === 'OK');
    default:
      return () => node.setValue(value);
  }
}

/** The choices with their labels. */
function labelled(select) {
  return select.currentState.valueOptions.filter((item) => item.label.asString !== '').length;
}

function generic(reference) {
  return reference.replaceAll(/\[\d+\]/g, '');
}

class Times {
  adds = [];
  sets = new Map();

  set(select, time) {
    if (!this.sets.has(select)) this.sets.set(select, []);
    this.sets.get(select).push(time);
  }

  tell() {
    const sets = Object.fromEntries([...this.sets].map(([select, times]) => [select, spread(times)]));
    return { adds: spread(this.adds), sets };
  }
}

function spread(times) {
  if (times.length === 0) return null;
  times.sort((a, b) => a - b);
  const at = (percent) => times[Math.min(Math.floor((times.length * percent) / 100), times.length - 1)] * 1_000;
  const mean = (times.reduce((sum, time) => sum + time, 0) / times.length) * 1_000;
  return { count: times.length, p50_us: at(50), p99_us: at(99), max_us: at(100), mean_us: mean };
}

const [command, ...rest] = process.argv.slice(2);
const commands = {
  load: () => load(rest[0], Number(rest[1])),
  play: () => play(rest[0], rest[1], Number(rest[2])),
  memory: () => memory(rest[0], rest[1]),
  idle: async () => idle(),
};
console.log(JSON.stringify(await commands[command]()));
