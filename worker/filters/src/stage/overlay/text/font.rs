//! The fonts that words are written in.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use cosmic_text::{Attrs, Family, FontSystem, fontdb};

use crate::assets::{self, Kind, SYSTEM_FONT};
use crate::filter::ArgumentError;

/// The operator's font that is used where none is named.
const DEFAULT: &str = "default";

/// A font's file.
#[derive(Clone)]
pub(super) struct Font(Arc<fontdb::Database>);

impl std::fmt::Debug for Font {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Font").field(&self.attributes().family).finish()
    }
}

impl Font {
    /// The operator's font of this name; without a name the default.
    ///
    /// # Errors
    /// At `font`: there is none.
    pub fn named(name: &str) -> Result<Self, ArgumentError> {
        match name {
            "" if assets::has(Kind::Font, DEFAULT) => Self::of_operator(DEFAULT),
            "" => Self::of_system(),
            name => Self::of_operator(name),
        }
    }

    fn of_operator(name: &str) -> Result<Self, ArgumentError> {
        assets::load(Kind::Font, "font", name, |bytes| Self::read(bytes.to_vec()))
            .map(|font| Self::clone(&font))
    }

    fn of_system() -> Result<Self, ArgumentError> {
        static FONT: OnceLock<Option<Font>> = OnceLock::new();
        let read = || Self::read(fs::read(Path::new(SYSTEM_FONT)).ok()?).ok();
        FONT.get_or_init(read).clone().ok_or_else(|| {
            ArgumentError::new("font", format!("the operator has no font `{DEFAULT}`, and names none else"))
        })
    }

    fn read(bytes: Vec<u8>) -> Result<Self, String> {
        let mut faces = fontdb::Database::new();
        faces.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
        if faces.is_empty() {
            return Err("it is no font".to_owned());
        }
        Ok(Self(Arc::new(faces)))
    }

    /// What lays text out in this font alone: the result must be the same on every machine that has the file.
    pub fn system(&self) -> FontSystem {
        FontSystem::new_with_locale_and_db("en".to_owned(), fontdb::Database::clone(&self.0))
    }

    /// What to ask that system for.
    pub fn attributes(&self) -> Attrs<'_> {
        let attributes = Attrs::new();
        let Some(face) = self.0.faces().next() else { return attributes };
        let family = face.families.first().map_or(Family::SansSerif, |(name, _)| Family::Name(name));
        attributes.family(family).weight(face.weight).style(face.style).stretch(face.stretch)
    }
}
