//! The grammar of chains: `name`, `name(argument, parameter = argument)`, joined by `|`.

use super::{Link, Mistake, arguments};
use crate::filter::{Filter, Kind, Step};
use crate::filters::preset;
use crate::limits::{ChainLimits, PresetUse};
use crate::presets;
use crate::refusal::{Passed, RefusalCode};
use crate::registry;
use crate::spelling;

/// An argument as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The parameter it names, and where; `None` for a positional one.
    pub name: Option<Word>,
    /// Its text.
    pub value: Word,
}

/// A piece of text and where it stands, in code points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub text: String,
    pub offset: usize,
    pub length: usize,
}

impl Word {
    pub fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake {
            message: message.into(),
            offset: self.offset,
            length: self.length,
            suggestion: None,
            passed: None,
        }
    }
}

/// The links of a chain, and its text with presets written out, if it has any.
pub(super) fn parse(chain: &str, limits: &ChainLimits) -> Result<(Vec<Link>, Option<String>), Mistake> {
    let text: Vec<char> = chain.chars().collect();
    let mut parser = Parser { text: &text, at: 0, limits, filters: 0, presets: false };
    parser.blanks();
    let (mut links, mut written) = (Vec::new(), Vec::new());
    if parser.peek().is_none() {
        return parser.nothing();
    }
    loop {
        let start = parser.at;
        let link = parser.link()?;
        written.push(parser.written_out(&link, start));
        links.push(link);
        parser.blanks();
        match parser.peek() {
            None => return Ok((links, parser.presets.then(|| written.join("|")))),
            Some('|') => parser.at += 1,
            Some(')') => return Err(parser.here(1, "this parenthesis closes nothing")),
            Some(_) => return Err(parser.here(1, "expected `|` before the next filter")),
        }
    }
}

/// The filter that stands for a chain of the operator's.
const PRESET: &str = preset::FILTER.name;
const ONLY_PRESETS: &str = "here a chain is made of the operator's presets alone, as in `preset(name)`";

fn only_presets(mistake: Mistake) -> Mistake {
    let passed = Passed { code: RefusalCode::PresetsOnly, limit: None };
    Mistake { passed: Some(passed), suggestion: presets::example(), ..mistake }
}

struct Parser<'a> {
    text: &'a [char],
    at: usize,
    limits: &'a ChainLimits,
    /// How many filters there are so far.
    filters: usize,
    /// Whether there is a preset among them.
    presets: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn here(&self, length: usize, message: impl Into<String>) -> Mistake {
        Mistake { message: message.into(), offset: self.at, length, suggestion: None, passed: None }
    }

    /// The text from `start` to here, without blanks at its end.
    fn word(&self, start: usize) -> Word {
        let text: String = self.text[start..self.at].iter().collect();
        let text = text.trim_end().to_owned();
        Word { length: text.chars().count(), offset: start, text }
    }

    fn link(&mut self) -> Result<Link, Mistake> {
        self.blanks();
        let start = self.at;
        while self.peek().is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '-')) {
            self.at += 1;
        }
        let name = self.word(start);
        if name.text.is_empty() {
            let length = usize::from(self.peek().is_some());
            return Err(self.here(length, "expected the name of a filter"));
        }
        let filter = registry::find(&name.text).ok_or_else(|| Mistake {
            suggestion: registry::meant(&name.text),
            ..name.mistake(format!("there is no filter `{}`", name.text))
        })?;
        self.allow(filter, &name)?;
        self.blanks();
        let written = if self.peek() == Some('(') { self.parentheses(filter)? } else { Vec::new() };
        let link = arguments::link(filter, &name, &written, self.limits)?;
        self.filters += link.filters();
        let most = self.limits.max_filters;
        if self.filters > most {
            let passed = Some(Passed::new(RefusalCode::TooManyChainFilters, most));
            return Err(Mistake {
                passed,
                ..name.mistake(format!("a chain may have at most {most} filters"))
            });
        }
        Ok(link)
    }

    /// Whether a filter may stand here.
    fn allow(&self, filter: &Filter, name: &Word) -> Result<(), Mistake> {
        let is_preset = filter.name == PRESET;
        match self.limits.presets {
            PresetUse::Only if !is_preset => Err(only_presets(name.mistake(ONLY_PRESETS))),
            PresetUse::Forbidden if is_preset => Err(name.mistake("a preset cannot be made of presets")),
            _ => Ok(()),
        }
    }

    /// An empty chain.
    fn nothing(&self) -> Result<(Vec<Link>, Option<String>), Mistake> {
        match self.limits.presets {
            PresetUse::Only => Err(only_presets(self.here(0, ONLY_PRESETS))),
            _ => Ok((Vec::new(), None)),
        }
    }

    /// What a link that began at `start` does without presets.
    fn written_out(&mut self, link: &Link, start: usize) -> String {
        match &link.step {
            Step::Chain(links) if link.filter.name == PRESET => {
                self.presets = true;
                links.iter().map(|link| link.canonical.as_str()).collect::<Vec<_>>().join("|")
            }
            _ => self.word(start).text,
        }
    }

    fn parentheses(&mut self, filter: &Filter) -> Result<Vec<Written>, Mistake> {
        let open = self.at;
        self.at += 1;
        if matches!(filter.parameters, [only] if matches!(only.kind, Kind::Equations)) {
            return self.equations(open);
        }
        let mut written = Vec::new();
        self.blanks();
        if self.peek() == Some(')') {
            self.at += 1;
            return Ok(written);
        }
        loop {
            written.push(self.argument()?);
            match self.peek() {
                Some(',') => self.at += 1,
                Some(')') => {
                    self.at += 1;
                    return Ok(written);
                }
                Some(_) => return Err(self.here(1, "expected a comma or `)`")),
                None => {
                    self.at = open;
                    return Err(self.here(1, "this parenthesis is never closed"));
                }
            }
        }
    }

    /// The text up to the parenthesis that closes the one at `open`: equations have a grammar of their own.
    fn equations(&mut self, open: usize) -> Result<Vec<Written>, Mistake> {
        self.blanks();
        let start = self.at;
        let mut depth = 1usize;
        while let Some(next) = self.peek() {
            match next {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let value = self.word(start);
                self.at += 1;
                return Ok(vec![Written { name: None, value }]);
            }
            self.at += 1;
        }
        self.at = open;
        Err(self.here(1, "this parenthesis is never closed"))
    }

    fn argument(&mut self) -> Result<Written, Mistake> {
        let first = self.value()?;
        if self.peek() != Some('=') {
            return Ok(Written { name: None, value: first });
        }
        self.at += 1;
        let value = self.value()?;
        Ok(Written { name: Some(first), value })
    }

    /// Passes over a text in quotation marks.
    fn quoted(&mut self) -> Result<(), Mistake> {
        let open = self.at;
        self.at += 1;
        let mut escaped = false;
        while let Some(next) = self.peek() {
            self.at += 1;
            if next == '"' && !escaped {
                return Ok(());
            }
            escaped = next == '\\' && !escaped;
        }
        self.at = open;
        Err(self.here(1, "this quotation mark is never closed"))
    }

    fn value(&mut self) -> Result<Word, Mistake> {
        self.blanks();
        let start = self.at;
        if self.peek() == Some('"') {
            self.quoted()?;
            let word = self.word(start);
            self.blanks();
            return Ok(word);
        }
        while self.peek().is_some_and(|next| !matches!(next, ',' | ')' | '(' | '=' | '|')) {
            self.at += 1;
        }
        let word = self.word(start);
        if word.text.is_empty() {
            let length = usize::from(self.peek().is_some());
            return Err(self.here(length, "expected a value"));
        }
        Ok(word)
    }
}

/// The parameter of a name, or the mistake of one that is not known.
pub(super) fn unknown_parameter(filter: &Filter, name: &Word) -> Mistake {
    let known = || filter.parameters.iter().map(|parameter| parameter.name);
    let list = known().collect::<Vec<_>>().join(", ");
    let message = if list.is_empty() {
        format!("`{}` takes no arguments", filter.name)
    } else {
        format!("`{}` has no parameter `{}`; it has: {list}", filter.name, name.text)
    };
    Mistake { suggestion: spelling::nearest(&name.text, known()), ..name.mistake(message) }
}
