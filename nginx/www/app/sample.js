// A picture for those who have none at hand: drawn here, so that it costs nobody a download.

const WIDTH = 1600
const HEIGHT = 1000

const at = (least, most) => least + Math.random() * (most - least)

/** A file with a landscape, another one each time. */
export async function sample() {
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const context = canvas.getContext('2d')
  const hue = at(20, 45)
  sky(context, hue)
  for (let layer = 0; layer < 5; layer += 1) hills(context, layer, hue)
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92))
  return new File([blob], 'landscape.jpg', { type: 'image/jpeg' })
}

function sky(context, hue) {
  const ground = context.createLinearGradient(0, 0, 0, HEIGHT)
  ground.addColorStop(0, `hsl(${hue + 190} 55% 42%)`)
  ground.addColorStop(0.55, `hsl(${hue + 10} 80% 78%)`)
  ground.addColorStop(1, `hsl(${hue} 90% 85%)`)
  context.fillStyle = ground
  context.fillRect(0, 0, WIDTH, HEIGHT)
  const [x, y] = [at(300, 1300), at(330, 480)]
  const glow = context.createRadialGradient(x, y, 60, x, y, 520)
  glow.addColorStop(0, `hsl(${hue + 10} 100% 96%)`)
  glow.addColorStop(0.12, `hsl(${hue + 8} 100% 84% / .55)`)
  glow.addColorStop(1, `hsl(${hue} 100% 80% / 0)`)
  context.fillStyle = glow
  context.fillRect(0, 0, WIDTH, HEIGHT)
}

/** A row of hills, the nearer the darker; three waves of different length make them. */
function hills(context, layer, hue) {
  const waves = [[at(300, 520), 60 - layer * 6], [at(120, 200), 24], [at(30, 60), 5]].map(([length, height]) => ({ length, height, shift: at(0, 6) }))
  const base = 520 + layer * 95
  context.fillStyle = `hsl(${hue + 185 - layer * 12} ${28 + layer * 5}% ${54 - layer * 10}%)`
  context.beginPath()
  context.moveTo(0, HEIGHT)
  for (let x = 0; x <= WIDTH; x += 4) {
    context.lineTo(x, base - waves.reduce((sum, { length, height, shift }) => sum + Math.sin(x / length + shift) * height, 0))
  }
  context.lineTo(WIDTH, HEIGHT)
  context.fill()
}
