// The page: a guide whose commands can be run, a terminal, and pictures. All that is known of networks is in the worker.
const $ = (id) => document.getElementById(id);
const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
let asked = 0;

worker.onmessage = ({ data }) => {
  if ("progress" in data) {
    say(data.progress ?? "");
  } else {
    waiting.get(data.id)(data);
    waiting.delete(data.id);
  }
};

// Resolves to the answer; a mistake of the user's is shown, and resolves to undefined.
async function ask(question, ...args) {
  const id = ++asked;
  const reply = await new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, question, args });
  });
  if ("mistake" in reply) say(reply.mistake, true);
  return reply.answer;
}

function say(text, isMistake = false) {
  $("status").textContent = text;
  $("status").classList.toggle("mistake", isMistake);
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// -- the lab ----------------------------------------------------------------------------------------------------------

const lab = { name: "", source: "", html: "", steps: [], done: new Set(), isBusy: true };

const open = (name, source, html) =>
  during(async () => {
    const state = await ask("open", name, source);
    if (!state) return false;
    Object.assign(lab, { name, source, html, steps: state.steps, done: new Set() });
    $("output").textContent = "";
    showGuide();
    show(state);
    await showPicture("topology");
    say(`${name}: ${state.steps.length} commands in the guide. Run them, or type your own.`);
    return true;
  });

// Runs one thing at a time; everything that would start another is disabled meanwhile.
async function during(work) {
  lab.isBusy = true;
  showButtons();
  try {
    return await work();
  } finally {
    lab.isBusy = false;
    showButtons();
  }
}

// -- the guide --------------------------------------------------------------------------------------------------------

function showGuide() {
  $("text").innerHTML = lab.html;
  const blocks = new Map(Array.from($("text").querySelectorAll("[data-block]"), (one) => [+one.dataset.block, one]));
  for (const step of lab.steps) {
    if (!blocks.has(step.block)) blocks.set(step.block, $("text").appendChild(element("div")));
    const block = blocks.get(step.block);
    block.className = "commands";
    const prompt = element("span", { className: "prompt", textContent: `${step.prompt} ` });
    const button = element("button", { title: "Run this command" }, prompt, step.command);
    button.dataset.step = step.number;
    button.onclick = () => during(() => play([step.number]));
    block.append(button);
  }
  $("text").scrollTop = 0;
}

const nextStep = () => lab.steps.findIndex((step) => !lab.done.has(step.number));

async function play(numbers) {
  for (const number of numbers) {
    const state = await ask("play", number);
    if (!state) return;
    lab.done.add(number);
    show(state);
    showButtons();
  }
  await showPicture();
}

function showButtons() {
  const next = nextStep();
  $("next").disabled = $("all").disabled = lab.isBusy || next < 0;
  $("input").disabled = !lab.name; // who types on while something runs keeps the keyboard: Ctrl-C has to reach it
  for (const id of ["again", "save", "edit", "labs"]) $(id).disabled = lab.isBusy;
  $("progress").textContent = lab.steps.length ? `${lab.done.size} of ${lab.steps.length}` : "";
  for (const button of $("text").querySelectorAll("[data-step]")) {
    button.disabled = lab.isBusy;
    button.classList.toggle("done", lab.done.has(+button.dataset.step));
    button.classList.toggle("next", +button.dataset.step === next);
  }
}

$("next").onclick = () => during(() => play([nextStep()]));
$("all").onclick = () => during(() => play(lab.steps.map((step) => step.number).filter((n) => !lab.done.has(n))));
$("again").onclick = () => open(lab.name, lab.source, lab.html);

// -- the terminal -----------------------------------------------------------------------------------------------------

const AT_ONCE = 20; // simulated seconds that a command takes at once; from then on it goes as slowly as yours
const history = [];
let recalled = 0;
let isRunning = false;

function show(state) {
  $("output").textContent += state.output;
  isRunning = state.running;
  $("prompt").textContent = isRunning ? "" : state.prompt;
  $("nodes").replaceChildren(
    ...state.nodes.map((node) => {
      const button = element("button", { textContent: node, className: node === state.node ? "chosen" : "" });
      button.title = `Sit down at ${node}`;
      button.onclick = () => type(`@${node}`);
      return button;
    }),
    element("span", { className: "clock", textContent: `${state.time.toFixed(6)} s simulated` }),
  );
  $("screen").scrollTop = $("screen").scrollHeight;
}

async function type(text) {
  if (lab.isBusy) return;
  if (text.trim() && history.at(-1) !== text) history.push(text);
  recalled = history.length;
  $("input").value = "";
  await during(async () => {
    let state = await ask("begin", text);
    const began = state?.time;
    while (state?.running) {
      show(state);
      showButtons();
      await new Promise((resolve) => setTimeout(resolve, state.time - began > AT_ONCE ? 1000 : 0));
      state = await ask("advance");
    }
    if (state) show(state);
    await showPicture();
  });
  $("input").focus();
}

async function complete() {
  const before = $("input").value;
  const words = await ask("complete", before);
  const start = Math.max(before.lastIndexOf(" "), before.lastIndexOf("\t")) + 1;
  if (!words?.length) return;
  let common = words[0];
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1);
  $("input").value = before.slice(0, start) + common + (words.length === 1 && !/[/=]$/.test(common) ? " " : "");
  if (words.length > 1) say(words.slice(0, 40).join("  "));
}

$("input").onkeydown = (event) => {
  const key = (event.ctrlKey ? "Ctrl-" : "") + event.key;
  if (key === "Enter") type($("input").value);
  else if (key === "Tab") complete();
  else if (key === "ArrowUp") $("input").value = history[(recalled = Math.max(recalled - 1, 0))] ?? "";
  else if (key === "ArrowDown") $("input").value = history[(recalled = Math.min(recalled + 1, history.length))] ?? "";
  else if (key === "Ctrl-c" && isRunning) ask("interrupt");
  else if (key === "Ctrl-c" && !getSelection().toString()) $("input").value = "";
  else if (key === "Ctrl-l") $("output").textContent = "";
  else return;
  event.preventDefault();
};
$("input").onpaste = (event) => {
  const text = event.clipboardData.getData("text");
  if (!text.includes("\n")) return;
  event.preventDefault();
  type($("input").value + text.replace(/\n$/, ""));
};
$("screen").onclick = () => getSelection().toString() || $("input").focus();

// -- pictures ---------------------------------------------------------------------------------------------------------

let view = "topology";

async function showPicture(wanted = view) {
  view = wanted;
  for (const button of $("views").children) button.classList.toggle("chosen", button.dataset.view === view);
  const seen = await ask(view);
  if (seen === undefined) return;
  $("picture").replaceChildren();
  if (seen.svg) $("picture").innerHTML = seen.svg;
  else if (seen.sentence) $("picture").append(why(seen));
  else $("picture").append(element("p", { className: "hint", textContent: seen.hint }));
}

function why(found) {
  const words = element("div", { className: "words" });
  words.append(element("p", { className: `verdict ${found.verdict}`, textContent: found.sentence }));
  found.fixes.forEach(({ edits }, number) => {
    words.append(element("p", { className: "tried", textContent: `${number ? "or" : "Tried on a copy, and it works:"}` }));
    for (const { on, do: commands } of edits) {
      words.append(element("div", { className: "fix" }, `on ${on}:`, element("code", { textContent: commands })));
    }
  });
  words.append(element("pre", { textContent: found.text }));
  return words;
}

for (const button of $("views").children) button.onclick = () => during(() => showPicture(button.dataset.view));

// -- choosing, writing and keeping labs -------------------------------------------------------------------------------

function edit(isOpen) {
  $("editor").hidden = !isOpen;
  $("text").hidden = isOpen;
  if (isOpen) $("source").value = lab.source;
}

$("edit").onclick = () => edit($("editor").hidden);
$("cancel").onclick = () => edit(false);
$("editor").onsubmit = async (event) => {
  event.preventDefault();
  if (await open(lab.name, $("source").value, "")) edit(false);
};
$("save").onclick = async () => {
  const text = await ask("document");
  if (text === undefined) return;
  const link = element("a", { href: URL.createObjectURL(new Blob([text])), download: "session.md" });
  link.click();
  URL.revokeObjectURL(link.href);
};

const manifest = await (await fetch("manifest.json")).json();
for (const one of manifest.labs) $("labs").append(element("option", { value: one.name, textContent: one.title }));
const choose = async (name) => {
  const { title, html } = manifest.labs.find((one) => one.name === name);
  document.title = `${title} – macvsim`;
  window.history.replaceState(null, "", `#${name}`);
  edit(false);
  await open(name, await (await fetch(`labs/${name}`)).text(), html);
};
$("labs").onchange = () => choose($("labs").value);
const first = decodeURIComponent(location.hash.slice(1));
$("labs").value = manifest.labs.some((one) => one.name === first) ? first : manifest.labs[0].name;
await choose($("labs").value);
