// Lets a module of this folder fill in its visit: node visit.mjs MODULE.wasm
// Prints its sizes and how long it took; fails when the module asks its host for anything, or when the
// visit does not come out whole.
import { readFile } from "node:fs/promises";
import { argv, exit } from "node:process";
import { brotliCompressSync } from "node:zlib";

const OUTCOMES = ["finished", "the bytes are no form", "a line is none", "an answer was refused", "something is missing"];

const bytes = await readFile(argv[2]);
const module = await WebAssembly.compile(bytes);
// The archive library of the workbook reader brings wasm-bindgen along. What is marked by its tool is
// resolved when a shipped module goes through that tool, and must not be called here.
const asked = WebAssembly.Module.imports(module);
const foreign = asked.filter((entry) => !entry.module.startsWith("__wbindgen_"));
if (foreign.length > 0) {
  console.error(`the engine asks its host for ${foreign.map(({ module, name }) => `${module}.${name}`).join(", ")}`);
  exit(1);
}
const marks = {};
for (const { module, name } of asked) {
  (marks[module] ??= {})[name] = () => {
    throw new Error(`the engine called ${name}`);
  };
}
const { exports } = await WebAssembly.instantiate(module, marks);
const begun = performance.now();
const outcome = exports.main(0, 0);
const ms = performance.now() - begun;
const memory = exports.memory.buffer.byteLength;
const kb = (length) => `${Math.round(length / 1024)} KB`;
const said = OUTCOMES[outcome] ?? `ended with ${outcome}`;
console.log(`${kb(bytes.length)}, ${kb(brotliCompressSync(bytes).length)} with brotli, ${kb(memory)} of memory, ${ms.toFixed(0)} ms: ${said}`);
exit(outcome === 0 ? 0 : 1);
