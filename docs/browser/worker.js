// Python in a worker: Pyodide, the wheels that manifest.json lists, and macvsim.browser.Desk, which is asked in JSON.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const SET_UP = `
import logging, socket
if not socket.has_ipv6:  # Pyodide's CPython is built without IPv6; scapy has converters of its own
    socket.has_ipv6 = True
    del socket.inet_pton, socket.inet_ntop
logging.getLogger("scapy").setLevel(logging.CRITICAL + 1)  # "does not support emscripten": nothing here does I/O
from macvsim.browser import Desk
Desk()
`;

async function start() {
  const say = (text) => postMessage({ progress: text });
  say("Loading Python …");
  const [python, manifest] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href }),
    fetch("./manifest.json").then((answer) => answer.json()),
  ]);
  say("Loading macvsim …");
  const wheels = await Promise.all(
    manifest.wheels.map((name) => fetch(`./wheels/${name}`).then((answer) => answer.arrayBuffer())),
  );
  for (const wheel of wheels) python.unpackArchive(new Uint8Array(wheel), "wheel");
  const desk = python.runPython(SET_UP);
  say(null);
  return (question, args) => JSON.parse(desk.ask(question, JSON.stringify(args)));
}

const ready = start();
ready.catch((error) => postMessage({ progress: `Python did not start: ${error.message}` }));

onmessage = async ({ data: { id, question, args } }) => {
  const ask = await ready;
  try {
    postMessage({ id, ...ask(question, args) });
  } catch (error) {
    postMessage({ id, mistake: `macvsim failed, which it should not: ${error.message}` });
  }
};
