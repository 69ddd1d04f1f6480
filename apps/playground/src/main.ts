import "./style.css";
import { linkTo, socketUrl, wishesOf } from "./address.ts";
import { answerOn, byId, copy, nameOf } from "./dom.ts";
import { FramesView } from "./frames-view.ts";
import { ownPublicKey } from "./identity.ts";
import { LogView } from "./log-view.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import { PeersView } from "./peers-view.ts";
import { sampleCode } from "./sample.ts";
import { ServerLine } from "./server-line.ts";
import { StatusView } from "./status-view.ts";
import { refusedWords } from "./words.ts";

const HAS_WEBRTC = typeof RTCPeerConnection !== "undefined";
const TICK_EVERY_MS = 1000;

async function start(): Promise<void> {
  const wishes = wishesOf(location.search);
  const webrtcOff = byId("webrtc-off", HTMLInputElement);
  webrtcOff.checked = wishes.webrtc === "off" || !HAS_WEBRTC;
  webrtcOff.disabled = !HAS_WEBRTC;
  if (!HAS_WEBRTC) byId("webrtc-hint", HTMLElement).textContent = "This browser has no WebRTC.";
  const webrtc = (): "on" | "off" => (webrtcOff.checked ? "off" : "on");

  const url = socketUrl(location.href);
  const line = new ServerLine(url, await ownPublicKey());
  const hood = new Neighbourhood(line, { ...wishes, webrtc: webrtc() });

  const status = new StatusView({ onRetry: () => line.hurry() });
  const frames = new FramesView();
  const log = new LogView();
  const peers = new PeersView({
    onKill: (neighbour) => neighbour.hangUp("closed", "You closed the data channel."),
    onDial: (neighbour) => hood.dial(neighbour),
  });

  line.on("state", (state) => status.show(state));
  line.on("frame", (frame) => frames.add(frame));
  line.on("roundTrip", (ms) => status.roundTrip(ms));
  line.on("heard", (heard) => {
    if (heard.type === "error") status.notice(refusedWords(heard.code, heard.message));
  });
  hood.on("came", (card) => log.note(`${nameOf(card)} has come`));
  hood.on("left", (card) => log.note(`${nameOf(card)} has left`));
  hood.on("chat", ({ from, chat, by }) =>
    log.theirs({ id: chat.id, who: nameOf(from), text: chat.text, by }),
  );
  hood.on("delivery", (delivery) => log.delivery(delivery));
  hood.on("peers", () => peers.show(hood.neighbours, { dial: webrtc() === "on" }));

  webrtcOff.addEventListener("change", () => {
    hood.setWebrtc(webrtc());
    peers.show(hood.neighbours, { dial: webrtc() === "on" });
  });
  furnishNamespace(hood, { url, onMoved: (namespace) => log.note(`You are now in ${namespace}`) });
  furnishComposer(hood, log);

  window.setInterval(() => {
    const nowMs = Date.now();
    line.tick(nowMs);
    hood.tick(nowMs);
    status.tick(nowMs);
  }, TICK_EVERY_MS);
  window.addEventListener("online", () => line.hurry());
  window.addEventListener("pagehide", () => hood.close());
  line.open();
}

/** The namespace field, the link to it, and the sample program that names it. */
function furnishNamespace(
  hood: Neighbourhood,
  { url, onMoved }: { readonly url: string; readonly onMoved: (namespace: string) => void },
): void {
  const field = byId("ns", HTMLInputElement);
  const second = byId("second-tab", HTMLAnchorElement);
  const sample = byId("sample", HTMLElement);
  const show = (): void => {
    const link = linkTo(hood.namespace, location.href);
    field.value = hood.namespace;
    second.href = link;
    sample.textContent = sampleCode(url, hood.namespace);
  };

  byId("ns-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = field.value.trim();
    if (wanted && wanted !== hood.namespace) {
      hood.moveTo(wanted);
      const here = new URL(location.href);
      here.searchParams.set("ns", wanted);
      history.replaceState(null, "", here);
      onMoved(wanted);
    }
    show();
  });
  for (const [id, textOf] of [
    ["copy-link", () => second.href],
    ["copy-sample", () => sample.textContent ?? ""],
  ] as const) {
    const button = byId(id, HTMLButtonElement);
    button.addEventListener("click", async () => {
      answerOn(button, (await copy(textOf())) ? "Copied" : "Not allowed");
    });
  }
  show();
}

function furnishComposer(hood: Neighbourhood, log: LogView): void {
  const text = byId("text", HTMLInputElement);
  const to = byId("to", HTMLSelectElement);
  const send = byId("send", HTMLButtonElement);

  text.addEventListener("input", () => {
    send.disabled = text.value.trim() === "";
  });
  byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (!said) return;
    const whom = to.value === "" ? "" : (to.selectedOptions[0]?.text ?? "");
    hood.say(said, { to: to.value, before: ({ id }) => log.mine({ id, to: whom, text: said }) });
    text.value = "";
    send.disabled = true;
    text.focus();
  });
}

void start();
