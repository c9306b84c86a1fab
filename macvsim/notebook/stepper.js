// Steps through the hops of a packet: buttons and arrow keys, the place on the picture, and the fields of the frame.
const SVG = "http://www.w3.org/2000/svg";

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const picture = make("div", { className: "macvsim-picture" });
  picture.innerHTML = model.get("svg");
  const ring = document.createElementNS(SVG, "rect");
  ring.setAttribute("rx", "6");
  ring.setAttribute("class", "macvsim-here");
  picture.querySelector("svg").append(ring);

  const go = (to) => {
    model.set("at", Math.max(0, Math.min(model.get("hops").length - 1, to)));
    model.save_changes();
  };
  const button = (text, title, step) => make("button", { textContent: text, title, onclick: step });
  const slider = make("input", { type: "range", min: 0, oninput: () => go(+slider.value) });
  const bar = make(
    "div",
    { className: "macvsim-bar" },
    button("|◀", "First hop", () => go(0)),
    button("◀", "One hop back", () => go(model.get("at") - 1)),
    button("▶", "One hop on", () => go(model.get("at") + 1)),
    button("▶|", "Last hop", () => go(model.get("hops").length - 1)),
    slider,
  );
  const said = make("div", { className: "macvsim-said" });
  const fields = make("div", { className: "macvsim-fields" });
  const box = make("div", { className: "macvsim-stepper", tabIndex: 0 }, picture, bar, said, fields);
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && event.target !== slider) {
      go(model.get("at") + step);
      event.preventDefault();
    }
  };

  function show() {
    const hops = model.get("hops");
    const at = model.get("at");
    const hop = hops[at];
    slider.max = hops.length - 1;
    slider.value = at;
    if (!hop) return;
    ring.style.display = hop.area ? "" : "none";
    ring.classList.toggle("macvsim-ended", hop.ended);
    if (hop.area) {
      const [x, y, width, height] = hop.area;
      for (const [name, value] of Object.entries({ x: x - 3, y: y - 3, width: width + 6, height: height + 6 })) {
        ring.setAttribute(name, value);
      }
    }
    said.replaceChildren(
      make("span", { className: "macvsim-count", textContent: `${at + 1} of ${hops.length}` }),
      make("b", { textContent: hop.where }),
      make("span", { className: hop.ended ? "macvsim-ended" : "", textContent: ` ${hop.what}` }),
      make("span", { className: "macvsim-packet", textContent: hop.packet }),
      make("span", { className: "macvsim-count", textContent: hop.time }),
    );
    fields.replaceChildren(
      ...hop.layers.map((layer) =>
        make(
          "table",
          {},
          make("caption", { textContent: layer.name }),
          ...layer.fields.map(([name, value]) =>
            make("tr", {}, make("td", { textContent: name }), make("td", { textContent: value })),
          ),
        ),
      ),
    );
  }
  model.on("change:at", show);
  model.on("change:hops", show);
  el.append(box);
  show();
}

export default { render };
