// node chromium.mjs URL SCREENSHOT: a person opens the page, plays experiment 3, turns forwarding off, asks why.
import { createRequire } from "node:module";

const { chromium } = createRequire(process.env.NODE_MODULES_AT)("playwright-core");
const [url, screenshot] = process.argv.slice(2);
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const troubles = [];
page.on("pageerror", (error) => troubles.push(error.message));
page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
page.on("request", (request) => request.url().startsWith(new URL(url).origin) || request.url().startsWith("blob:") || request.url().startsWith("data:") || troubles.push(request.url()));

const idle = () => page.waitForSelector("#again:not(:disabled)", { timeout: 60_000 });
const type = async (line) => {
  await idle();
  await page.fill("#input", line);
  await page.press("#input", "Enter");
  await page.waitForTimeout(50);
  await idle();
};
const see = async (view) => {
  await idle();
  await page.click(`[data-view=${view}]`);
  await page.waitForTimeout(50);
  await idle();
  return page.evaluate(() => document.querySelector("#picture").innerText || document.querySelector("#picture svg").textContent);
};

await page.goto(`${url}#exp3_router.md`);
await page.waitForSelector("#text button[data-step]");
await idle();
await page.click("#all");
await idle();
const output = await page.textContent("#output");
const topology = await see("topology");
await type("@host3");
await type("sysctl -w net.ipv4.ip_forward=1");
await type("@host1");
await type("docker exec d1 ping -c 1 172.16.20.10");
const answered = await see("why");
await type("@host3");
await type("sysctl -w net.ipv4.ip_forward=0");
await type("@host1");
await type("docker exec d1 ping -c 1 172.16.20.10");
const lost = await see("why");
const animation = await see("animation");
await page.screenshot({ path: screenshot });
await page.click("#input");
await page.keyboard.type("docker exec d1 ping 172.16.20.1");
await page.keyboard.press("Enter");
await page.waitForTimeout(500);
await page.keyboard.press("Control+c");
await idle();
const stopped = (await page.textContent("#output")).split("ping 172.16.20.1\n").at(-1);
await page.click("#edit");
await page.fill("#source", "---\nname: broken\ntopology: {nodes: {h1: {kind: toaster}}}\n---\n");
await page.click("#editor .primary");
await page.waitForSelector("#status.mistake");
const mistake = await page.textContent("#status");
await browser.close();
console.log(JSON.stringify({ output, topology, answered, lost, animation, stopped, mistake, troubles }));
