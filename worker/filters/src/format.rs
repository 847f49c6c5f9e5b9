//! The image formats that are read and written.

use serde::{Deserialize, Serialize};

/// A container format, known by the bytes it begins with, never by a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG (JFIF, Exif), always opaque and still.
    Jpeg,
    /// PNG, still.
    Png,
    /// GIF, may be animated.
    Gif,
    /// WebP, may be animated.
    WebP,
    /// TIFF; of several pages the first.
    Tiff,
    /// Windows bitmap, still.
    Bmp,
    /// AVIF, still; written, but not read.
    Avif,
}

impl Format {
    /// Every format that is written, in the order in which they are listed to people.
    pub const ALL: [Self; 7] =
        [Self::Jpeg, Self::Png, Self::Gif, Self::WebP, Self::Tiff, Self::Bmp, Self::Avif];

    /// The name in options and answers, such as `jpeg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Avif => "avif",
        }
    }

    /// The usual file extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }

    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Avif => "image/avif",
        }
    }

    /// Whether files of this format are read; all are written.
    pub fn is_read(self) -> bool {
        self != Self::Avif
    }

    /// The quality of a lossy format, 1 to 100, if none is asked for: what looks like the 80 of a JPEG.
    pub fn default_quality(self) -> u8 {
        if self == Self::Avif { 60 } else { 80 }
    }

    /// Whether a file of this format can hold more than one frame.
    pub fn animates(self) -> bool {
        matches!(self, Self::Gif | Self::WebP)
    }

    /// Whether pixels of this format can be transparent.
    pub fn has_alpha(self) -> bool {
        self != Self::Jpeg
    }

    /// Whether samples of this format can have 16 bits.
    pub fn has_16_bits(self) -> bool {
        matches!(self, Self::Png | Self::Tiff)
    }

    /// Whether a file of this format is written with the colour profile that it is given.
    pub fn has_profiles(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::WebP | Self::Tiff)
    }

    /// The format of a name as [`Format::name`] writes it; `jpg` and `tif` are understood too.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "jpg" => Some(Self::Jpeg),
            "tif" => Some(Self::Tiff),
            _ => Self::ALL.into_iter().find(|format| format.name() == name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn every_name_is_read_back() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
        assert_eq!(Format::from_name("jpg"), Some(Format::Jpeg));
        assert_eq!(Format::from_name("tif"), Some(Format::Tiff));
        assert_eq!(Format::from_name("tga"), None);
    }
}
