//! From the text of one argument to its value, and back.

use super::Mistake;
use super::parser::Word;
use crate::filter::{Kind, Parameter, Value};
use crate::refusal::{Passed, RefusalCode};
use crate::spelling;

/// Reads what stands for a parameter.
pub(super) fn read(parameter: &Parameter, word: &Word) -> Result<Value, Mistake> {
    match parameter.kind {
        Kind::Number { min, max } => number(parameter, word, min, max),
        Kind::Integer { min, max } => {
            let value = number(parameter, word, min as f64, max as f64)?;
            match value {
                Value::Number(number) if number.fract() != 0.0 => Err(Mistake {
                    suggestion: Some(number.round().to_string()),
                    ..word.mistake(format!("`{}` is a whole number", parameter.name))
                }),
                whole => Ok(whole),
            }
        }
        Kind::Choice(choices) => {
            if choices.contains(&word.text.as_str()) {
                return Ok(Value::Word(word.text.clone()));
            }
            let message = format!("`{}` is one of: {}", parameter.name, choices.join(", "));
            Err(Mistake {
                suggestion: spelling::nearest(&word.text, choices.iter().copied()),
                ..word.mistake(message)
            })
        }
        Kind::Colour => colour(parameter, word),
        Kind::Numbers { min, max, least, most } => {
            let numbers = numbers(parameter, word, min, max)?;
            if (least..=most).contains(&numbers.len()) {
                return Ok(Value::Numbers(numbers));
            }
            let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("`{}` are {count} numbers, not {}", parameter.name, numbers.len());
            Err(beyond(word.mistake(message), Some(most)))
        }
        Kind::Text { most } => text(parameter, word, most),
        Kind::Equations => Ok(Value::Word(word.text.clone())),
    }
}

fn colour(parameter: &Parameter, word: &Word) -> Result<Value, Mistake> {
    csscolorparser::parse(&word.text).map(|colour| Value::Colour(colour.to_rgba8())).map_err(|_| {
        let message = format!("`{}` is a colour such as #c0ffee, #c0ffee80 or teal", parameter.name);
        let names = csscolorparser::NAMED_COLORS.keys().map(|name| name.as_ref());
        Mistake { suggestion: spelling::nearest(&word.text, names), ..word.mistake(message) }
    })
}

/// Numbers with spaces or colons between them; a mistake points at the number.
fn numbers(parameter: &Parameter, word: &Word, min: f64, max: f64) -> Result<Vec<f64>, Mistake> {
    let mut numbers = Vec::new();
    let mut offset = word.offset;
    for text in word.text.split(|between: char| between == ':' || between.is_whitespace()) {
        let length = text.chars().count();
        if length > 0 {
            let one = Word { text: text.to_owned(), offset, length };
            if let Value::Number(value) = number(parameter, &one, min, max)? {
                numbers.push(value);
            }
        }
        offset += length + 1;
    }
    Ok(numbers)
}

/// A text, with or without quotation marks around it.
fn text(parameter: &Parameter, word: &Word, most: usize) -> Result<Value, Mistake> {
    let text = match word.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => unescaped(quoted),
        None => word.text.clone(),
    };
    if text.chars().count() > most {
        let message = format!("`{}` has at most {most} characters", parameter.name);
        return Err(beyond(word.mistake(message), Some(most)));
    }
    if let Some(control) = text.chars().find(|each| each.is_control() && *each != '\n') {
        let message = format!("`{}` must not hold the control character {control:?}", parameter.name);
        return Err(word.mistake(message));
    }
    Ok(Value::Text(text))
}

fn unescaped(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut escaped = false;
    for each in quoted.chars() {
        if each == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(if escaped && each == 'n' { '\n' } else { each });
            escaped = false;
        }
    }
    text
}

/// A value in its one spelling.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Numbers(numbers) => numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(":"),
        Value::Colour([red, green, blue, 255]) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Value::Colour([red, green, blue, alpha]) => format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}"),
        Value::Word(word) => word.clone(),
        Value::Text(text) => {
            let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
            format!("\"{escaped}\"")
        }
    }
}

fn number(parameter: &Parameter, word: &Word, min: f64, max: f64) -> Result<Value, Mistake> {
    let blank = if parameter.unit.starts_with(char::is_alphabetic) { " " } else { "" };
    let unit = format!("{blank}{}", parameter.unit);
    let plain = word.text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let value = match word.text.parse::<f64>() {
        Ok(value) if value.is_finite() && plain => value,
        _ => {
            // `3px` and `20%` say the unit that is meant anyway.
            let digits = word.text.trim_end_matches(|last: char| last.is_alphabetic() || "%°".contains(last));
            let written = digits.trim().parse::<f64>().ok();
            // Where the whole is 1, `80%` means 0.8.
            let share = word.text.ends_with('%') && max <= 1.0;
            let meant = written.map(|value| if share { value / 100.0 } else { value });
            let suggestion = meant.filter(|value| (min..=max).contains(value)).map(|value| value.to_string());
            let message = format!("`{}` is a plain number from {min} to {max}{unit}", parameter.name);
            return Err(Mistake { suggestion, ..word.mistake(message) });
        }
    };
    if (min..=max).contains(&value) {
        return Ok(Value::Number(value));
    }
    let nearest = value.clamp(min, max);
    let mistake = word.mistake(format!("`{}` goes from {min} to {max}{unit}", parameter.name));
    Err(beyond(Mistake { suggestion: Some(nearest.to_string()), ..mistake }, None))
}

/// The mistake of a value that its parameter's range does not hold; `limit` where it is one whole number.
fn beyond(mistake: Mistake, limit: Option<usize>) -> Mistake {
    let limit = limit.and_then(|limit| u64::try_from(limit).ok());
    let passed = Passed { code: RefusalCode::ParameterOutOfRange, limit };
    Mistake { passed: Some(passed), ..mistake }
}
