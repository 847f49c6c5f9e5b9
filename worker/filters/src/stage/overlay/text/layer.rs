//! From words to a layer of pixels.

use cosmic_text::{
    Align, Buffer, FontSystem, LayoutGlyph, LayoutRun, Metrics, Shaping, SwashCache, SwashContent,
    SwashImage, Wrap,
};

use super::font::Font;
use crate::context::Context;
use crate::frame::{Frame, Samples};
use crate::refusal::Refusal;

/// From one line to the next, in heights of a letter.
const LINE: f32 = 1.2;
/// Around the words, in heights of a letter: room for what reaches out of its line, more on a background.
const MARGIN: f32 = 0.1;
const MARGIN_ON_BACKGROUND: f32 = 0.3;

/// Words and how they are written.
pub(super) struct Words<'a> {
    pub text: &'a str,
    pub font: &'a Font,
    /// Height of a letter in pixels, from 1.
    pub size: f32,
    /// Red, green, blue and alpha.
    pub colour: [u8; 4],
    pub background: [u8; 4],
    pub align: Align,
    /// Pixels that there are across and down; lines are broken to the one and cut at the other.
    pub room: (u32, u32),
}

/// The first characters that the font cannot show.
pub(super) fn missing<'a>(text: &'a str, font: &Font) -> Option<&'a str> {
    let mut system = font.system();
    let buffer = laid_out(&mut system, (text, font), 16.0, None);
    let lines: Vec<&str> = text.split('\n').collect();
    buffer.layout_runs().find_map(|run| {
        let glyph = run.glyphs.iter().find(|glyph| glyph.glyph_id == 0)?;
        lines.get(run.line_i)?.get(glyph.start..glyph.end)
    })
}

/// Words in lines of `line` pixels at most, with how they are aligned in it.
fn laid_out(
    system: &mut FontSystem,
    (text, font): (&str, &Font),
    size: f32,
    line: Option<(f32, Align)>,
) -> Buffer {
    let mut buffer = Buffer::new(system, Metrics::new(size, size * LINE));
    buffer.set_wrap(Wrap::WordOrGlyph);
    buffer.set_size(line.map(|(width, _)| width), None);
    buffer.set_text(text, &font.attributes(), Shaping::Advanced, line.map(|(_, align)| align));
    buffer.shape_until_scroll(system, false);
    buffer
}

impl Words<'_> {
    /// The words on their background.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub fn drawn(&self, context: &Context<'_>) -> Result<Frame, Refusal> {
        let mut system = self.font.system();
        let margin = if self.background[3] > 0 { MARGIN_ON_BACKGROUND } else { MARGIN } * self.size;
        let room = (self.room.0 as f32 - 2.0 * margin).max(1.0);
        let content = (self.text, self.font);
        let loose = laid_out(&mut system, content, self.size, Some((room, Align::Left)));
        context.check()?;
        let widest = loose.layout_runs().map(|run| run.line_w).fold(1.0, f32::max);
        // Lines are aligned within the widest of them.
        let line = (widest.ceil() + 1.0).min(room);
        let buffer = laid_out(&mut system, content, self.size, Some((line, self.align)));
        let height = buffer.layout_runs().map(|run| run.line_top + run.line_height).fold(1.0, f32::max);
        let pixels = |length: f32, most: u32| ((length + 2.0 * margin).ceil() as u32).clamp(1, most.max(1));
        let mut canvas =
            Canvas::new((pixels(line, self.room.0), pixels(height, self.room.1)), self.background);
        let mut cache = SwashCache::new();
        for run in buffer.layout_runs() {
            for glyph in run.glyphs {
                context.check()?;
                canvas.draw(&mut system, &mut cache, &run, (glyph, margin), self.colour);
            }
        }
        Ok(canvas.frame())
    }
}

/// Pixels that glyphs are drawn on.
struct Canvas {
    width: u32,
    height: u32,
    samples: Vec<u8>,
}

impl Canvas {
    fn new((width, height): (u32, u32), background: [u8; 4]) -> Self {
        Self { width, height, samples: background.repeat(width as usize * height as usize) }
    }

    fn frame(self) -> Frame {
        let Self { width, height, samples } = self;
        Frame { width, height, alpha: true, samples: Samples::U8(samples) }
    }

    fn draw(
        &mut self,
        system: &mut FontSystem,
        cache: &mut SwashCache,
        run: &LayoutRun<'_>,
        (glyph, margin): (&LayoutGlyph, f32),
        colour: [u8; 4],
    ) {
        let placed = glyph.physical((margin, margin + run.line_y), 1.0);
        // Not cached: letters may be large, and texts have few of a kind.
        let Some(image) = cache.get_image_uncached(system, placed.cache_key) else { return };
        let left = i64::from(placed.x) + i64::from(image.placement.left);
        let top = i64::from(placed.y) - i64::from(image.placement.top);
        let width = image.placement.width as usize;
        for (y, row) in (top..).zip(rows(&image, width)) {
            for (x, drawn) in (left..).zip(row.chunks_exact(channels(&image))) {
                let Some(pixel) = self.pixel(x, y) else { continue };
                let above = match drawn {
                    [coverage] => [colour[0], colour[1], colour[2], scaled(colour[3], *coverage)],
                    [red, green, blue, alpha] => [*red, *green, *blue, scaled(colour[3], *alpha)],
                    _ => continue,
                };
                lay(pixel, above);
            }
        }
    }

    fn pixel(&mut self, x: i64, y: i64) -> Option<&mut [u8; 4]> {
        let inside = |at: i64, length: u32| usize::try_from(at).ok().filter(|at| *at < length as usize);
        let (x, y) = (inside(x, self.width)?, inside(y, self.height)?);
        self.samples.as_chunks_mut::<4>().0.get_mut(y * self.width as usize + x)
    }
}

/// Samples of a glyph's pixel: how much it covers, or a colour of its own.
fn channels(image: &SwashImage) -> usize {
    if image.content == SwashContent::Mask { 1 } else { 4 }
}

fn rows(image: &SwashImage, width: usize) -> impl Iterator<Item = &[u8]> {
    image.data.chunks_exact((width * channels(image)).max(1))
}

fn scaled(value: u8, by: u8) -> u8 {
    ((u32::from(value) * u32::from(by) + 127) / 255) as u8
}

/// Lays a colour over a pixel, neither multiplied by its alpha.
fn lay(pixel: &mut [u8; 4], above: [u8; 4]) {
    let (over, under) = (u32::from(above[3]), u32::from(pixel[3]) * (255 - u32::from(above[3])));
    let total = over * 255 + under;
    if over == 0 || total == 0 {
        return;
    }
    for (sample, above) in pixel.iter_mut().zip(above).take(3) {
        *sample = ((u32::from(above) * over * 255 + u32::from(*sample) * under + total / 2) / total) as u8;
    }
    pixel[3] = ((total + 127) / 255) as u8;
}
