// sharp: `node sharp.mjs CHAIN PICTURE ROUNDS SECONDS`, run beside an installed sharp. Exit status 3: it has no such filter.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const sharp = createRequire(`${process.cwd()}/`)("sharp");
const [chain, picture, rounds, seconds] = process.argv.slice(2);

const LUMA = [0.2126, 0.7152, 0.0722];
const towardsLuma = (amount) =>
  [0, 1, 2].map((row) => LUMA.map((share, column) => (1 - amount) * share + (row === column ? amount : 0)));
const FILTERS = {
  grayscale: (image) => image.grayscale(),
  sepia: (image) => image.recomb([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]),
  invert: (image) => image.negate({ alpha: false }),
  "brightness(10)": (image) => image.linear(1, 25.5),
  "contrast(20)": (image) => image.linear(1.2, -25.5),
  "saturation(25)": (image) => image.recomb(towardsLuma(1.25)),
  "gamma(1.2)": (image) => image.gamma(1.2),
  "hue(30)": (image) => image.modulate({ hue: 30 }),
  "blur(3)": (image) => image.blur(3),
  "blur(20)": (image) => image.blur(20),
  sharpen: (image) => image.sharpen({ sigma: 1 }),
  "median(2)": (image) => image.median(5),
  "resize(width=800)": (image) => image.resize(800),
  "crop(800, 600)": (image) => image.extract({ left: 0, top: 0, width: 800, height: 600 }),
  "rotate(90)": (image) => image.rotate(90),
  flip: (image) => image.flop(),
};

const names = chain.split("|").filter(Boolean);
// sharp runs its operations in an order of its own; a chain that needs ours goes through raw pixels once a step.
if (names.some((name) => !(name in FILTERS))) process.exit(3);
sharp.cache(false);
if (process.env.VIPS_CONCURRENCY) sharp.concurrency(Number(process.env.VIPS_CONCURRENCY));
const data = readFileSync(picture);
const format = { jpg: "jpeg", png: "png", webp: "webp", gif: "gif" }[picture.split(".").pop()];

async function once() {
  let image = sharp(data, { animated: format === "gif" });
  for (const [index, name] of names.entries()) {
    image = FILTERS[name](image);
    if (index < names.length - 1) {
      const { data: pixels, info } = await image.raw().toBuffer({ resolveWithObject: true });
      image = sharp(pixels, { raw: { width: info.width, height: info.height, channels: info.channels } });
    }
  }
  return (await image.toFormat(format, format === "jpeg" || format === "webp" ? { quality: 80 } : {}).toBuffer()).length;
}

const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const before = process.resourceUsage().maxRSS / 1024;
const [walls, processors] = [[], []];
const begin = performance.now();
let bytes = 0;
while (walls.length < Number(rounds) && (walls.length < 2 || performance.now() - begin < Number(seconds) * 1e3)) {
  const [wall, used] = [performance.now(), process.cpuUsage()];
  bytes = await once();
  walls.push(performance.now() - wall);
  const { user, system } = process.cpuUsage(used);
  processors.push((user + system) / 1e3);
}
const peak = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({
  wall_ms: middle(walls), cpu_ms: middle(processors), peak_mib: peak, grown_mib: peak - before, bytes, rounds: walls.length,
}));
