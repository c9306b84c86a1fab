// node node.mjs PAGE_FOLDER LAB_FOLDER: plays labs on the Python of the page, from local files; prints what came out as JSON.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [page, labs] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${page}/pyodide/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${page}/pyodide/` });
const { wheels } = JSON.parse(fs.readFileSync(`${page}/manifest.json`));
for (const wheel of wheels) python.unpackArchive(new Uint8Array(fs.readFileSync(`${page}/wheels/${wheel}`)), "wheel");
const setUp = fs.readFileSync(`${page}/worker.js`, "utf8").match(/SET_UP = `([^`]*)`/)[1];
const desk = python.runPython(setUp);
const ask = (question, ...args) => JSON.parse(desk.ask(question, JSON.stringify(args)));

const played = {};
for (const name of fs.readdirSync(labs).filter((one) => one.endsWith(".md"))) {
  const opened = ask("open", name, fs.readFileSync(`${labs}/${name}`, "utf8"));
  const outputs = (opened.answer?.steps ?? []).map((step) => ask("play", step.number));
  played[name] = [opened, ...outputs];
}
const modules = python.runPython("import sys; ' '.join(m for m in ('numpy', 'matplotlib', 'prompt_toolkit') if m in sys.modules)");
const ipv6 = python.runPython(`
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
IPv6(bytes(IPv6(src="fd00::1", dst="fd00::2") / ICMPv6EchoRequest(id=1, seq=1))).summary()
`);
console.log(JSON.stringify({ played, modules, ipv6 }));
